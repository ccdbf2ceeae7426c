import DyadModel
import DyadReplicator

/// A mistake planted on purpose, between the machine and the world.
enum EventSabotage: String, CaseIterable {
    case lostFailure, stoppedTooLate, lostLetters, checkpointAhead, childBeforeParent
}

/// A stream, a function that fails as it likes, one machine, and a scheduler that draws everything from one seed.
struct EventWorld: ~Copyable {
    private enum Action {
        case event(ReplicationEvent, life: Int)
        case execute(ReplicationEffect, life: Int)
        case write, split, crash, stop, calm
    }

    private static let link = ReplicationLink(
        sourceRegion: "cn-north-1", sourceTable: "tlog", streamARN: "stream", targetRegion: "cn-north-1",
        targetTable: "function", targetID: "mapping")

    private var random: SeededRandom
    private let sabotage: EventSabotage?
    private var calendar = Calendar<Action>(from: Timestamp(milliseconds: 1_000_000))
    private var now: Timestamp { calendar.now }
    private(set) var source = SimulatedSource()
    private(set) var function = SimulatedFunction()
    private var durable: Checkpoint?
    private var machine: ReplicationMachine
    private var options = ReplicationOptions()
    private var life = 0
    private var isCalm = false
    private var isOver = false
    private var lastReads: [ShardID: SequenceNumber] = [:]
    private(set) var journal: Journal
    private(set) var ending: ReplicationEnding?
    private(set) var complaints: [String] = []
    private let keyCount: Int
    private let reportsItemFailures: Bool
    /// Records of some keys always fail.
    private let hasPoison: Bool

    init(seed: UInt64, sabotage: EventSabotage? = nil, keepsJournal: Bool = false) {
        random = SeededRandom(seed: seed)
        journal = Journal(keepsLines: keepsJournal)
        self.sabotage = sabotage
        var events = EventBatching()
        events.recordsMax = Int.random(in: 1...12, using: &random)
        events.window = Int64.random(in: 0...2, using: &random) * 150
        events.bisects = Bool.random(using: &random)
        options.events = events
        options.lanesPerShard = Int.random(in: 1...4, using: &random)
        options.parallelism = 1000
        options.onError = .skipToDeadLetter
        hasPoison = Int.random(in: 0..<3, using: &random) == 0
        if hasPoison || Bool.random(using: &random) { options.attemptsMax = Int.random(in: 1...4, using: &random) }
        options.bufferedRecordsMax = Int.random(in: 1000...4000, using: &random)
        options.listInterval = 2000
        options.emptyPagesAtTip = 3
        options.saveInterval = Int64.random(in: 0...300, using: &random)
        reportsItemFailures = Bool.random(using: &random)
        keyCount = Int.random(in: 1...24, using: &random)
        machine = ReplicationMachine(link: Self.link, options: options, resume: nil, seed: seed, now: calendar.now)
        plan()
    }

    private mutating func plan() {
        let span: Int64 = 6000
        for _ in 0..<Int.random(in: 10...120, using: &random) { at(in: 0...span, .write) }
        for _ in 0..<Int.random(in: 0...5, using: &random) { at(in: 0...span, .split) }
        for _ in 0..<Int.random(in: 0...5, using: &random) { at(in: 0...span + 2000, .crash) }
        if Bool.random(using: &random) { at(in: 0...span, .stop) }
        schedule(.calm, after: span + 2500)
        schedule(.event(.tick, life: 0), after: 0)
    }

    private mutating func at(in range: ClosedRange<Int64>, _ action: Action) {
        calendar.schedule(action, in: range, using: &random)
    }

    private mutating func schedule(_ action: Action, after delay: Int64) { calendar.schedule(action, after: delay) }

    /// Runs to the end of the story: writes, faults and crashes, then calm, then caught up.
    mutating func run() {
        let stepsMax = 100_000
        for _ in 0..<stepsMax {
            guard !isOver else { return }
            let deadline = machine.deadline(after: now)
            if let deadline, calendar.next.map({ deadline < $0 }) ?? true {
                calendar.pass(to: deadline)
                handle(.tick)
            } else if let action = calendar.takeNext() {
                perform(action)
            } else {
                return complaints.append("nothing left to do, and no end")
            }
        }
        complaints.append("no end after \(stepsMax) steps")
    }

    private mutating func perform(_ action: Action) {
        switch action {
        case .event(let event, let life): if life == self.life { handle(event) }
        case .execute(let effect, let life): if life == self.life { execute(effect) }
        case .write:
            let number = Int.random(in: 0..<keyCount, using: &random)
            source.write(number, isDelete: Int.random(in: 0..<4, using: &random) == 0, at: now)
        case .split:
            let choice = Int.random(in: 0..<1000, using: &random)
            source.split(choice, intoTwo: Bool.random(using: &random), at: now)
        case .crash: begin("crash")
        case .stop: handle(.stop("asked"))
        case .calm:
            isCalm = true
            options.untilCaughtUp = true
            begin("calm")
        }
    }

    /// A process dies, with all that it was waiting for; another begins from what is on disk.
    private mutating func begin(_ reason: String) {
        journal.note(reason, at: now)
        life += 1
        lastReads = [:]
        function.beginLife(from: durable)
        machine = ReplicationMachine(
            link: Self.link, options: options, resume: durable, seed: random.next(), now: now)
        schedule(.event(.tick, life: life), after: 1)
    }

    private mutating func handle(_ event: ReplicationEvent) {
        for effect in machine.handle(event, at: now) {
            switch effect {
            case .announce: break
            case .end(let ending): end(ending)
            default:
                if case .apply(let lane, let batch) = effect {
                    journal.note("\(lane.index) \(batch.writes.map { $0.sequence?.text ?? "" })", at: now)
                }
                schedule(.execute(effect, life: life), after: isCalm ? 1 : Int64.random(in: 0...60, using: &random))
            }
        }
    }

    private mutating func end(_ ending: ReplicationEnding) {
        switch ending {
        case .stopped:
            life += 1
            schedule(.crash, after: 20)
        case .caughtUp, .failed:
            self.ending = ending
            isOver = true
        }
    }

    private mutating func reply(_ event: ReplicationEvent) {
        schedule(.event(event, life: life), after: isCalm ? 1 : Int64.random(in: 0...60, using: &random))
    }

    private mutating func happens(oneIn count: Int) -> Bool {
        !isCalm && Int.random(in: 0..<count, using: &random) == 0
    }

    private mutating func fault() -> PortError? {
        happens(oneIn: 12) ? PortError(.unavailable, "connection reset") : nil
    }
}

// What the stream, the function and the disk do when they are asked.
extension EventWorld {
    private mutating func execute(_ effect: ReplicationEffect) {
        switch effect {
        case .list:
            if let fault = fault() { return reply(.failed(.list, fault)) }
            var listed = source.descriptions()
            if sabotage == .childBeforeParent { for index in listed.indices { listed[index].parent = nil } }
            reply(.listed(StreamListing(listed)))
        case .open(let id, let position):
            if let fault = fault() { return reply(.failed(.open(id), fault)) }
            do throws(PortError) {
                reply(.opened(id, ShardIterator(String(try source.index(id, at: position)))))
            } catch { reply(.failed(.open(id), error)) }
        case .read(let id, let iterator, _): read(id, iterator)
        case .apply(let lane, let batch): invoke(lane, batch.writes)
        case .bury(let lane, let letters):
            if happens(oneIn: 10) { return reply(.failed(.bury(lane), PortError(.unavailable, "disk full"))) }
            if sabotage != .lostLetters { function.keep(letters) }
            if happens(oneIn: 12) { return reply(.failed(.bury(lane), PortError(.unavailable, "lost"))) }
            reply(.buried(lane))
        case .save(let checkpoint): save(checkpoint)
        case .scan, .seal, .forget, .lease, .spool, .fetch, .forgetSpooled, .discardSpool, .announce, .end: break
        }
    }

    private mutating func read(_ id: ShardID, _ iterator: ShardIterator) {
        if let fault = fault() { return reply(.failed(.read(id), fault)) }
        if happens(oneIn: 20) { return reply(.failed(.read(id), PortError(.expiredIterator, "expired"))) }
        do throws(PortError) {
            let limit = Int.random(in: 1...10, using: &random)
            let (records, next) = try source.page(id, from: Int(iterator.token) ?? 0, limit: limit)
            if let last = records.last { lastReads[id] = last.sequence }
            let events = records.map { record in
                var record = record
                let isWanted = record.isWanted
                record.event = isWanted ? StreamEvent(Array(record.sequence.text.utf8)) : .unwanted
                return record
            }
            reply(.read(id, RecordPage(events, next: next.map { ShardIterator(String($0)) })))
        } catch { reply(.failed(.read(id), error)) }
    }

    private mutating func invoke(_ lane: LaneID, _ batch: [ReplicaWrite]) {
        if let most = options.events?.recordsMax, batch.count > most { complaints.append("\(batch.count) records") }
        if happens(oneIn: 10) { return reply(.failed(.apply(lane), PortError(.throttled, "busy"))) }
        if happens(oneIn: 25) {
            // What is too old is given up by its place alone.
            return reply(.applied(lane, ReplicaOutcome(.tooOld(Int.random(in: 1...batch.count, using: &random)))))
        }
        function.invoke(batch, source: source)
        let failure = EventFailure(requestID: "r", functionError: "Unhandled", message: "raised")
        let poisoned = hasPoison ? batch.firstIndex { $0.isPoison } : nil
        var broken = poisoned
        if broken == nil, happens(oneIn: 4) { broken = Int.random(in: 0..<batch.count, using: &random) }
        guard var place = broken else {
            function.handled(batch)
            return reply(.applied(lane, ReplicaOutcome(.handled)))
        }
        if sabotage == .lostFailure { return reply(.applied(lane, ReplicaOutcome(.handled))) }
        guard reportsItemFailures else { return reply(.applied(lane, ReplicaOutcome(.failed(failure)))) }
        function.handled(Array(batch.prefix(place)))
        if sabotage == .stoppedTooLate, place + 1 < batch.count { place += 1 }
        guard let number = batch[place].sequence else { return complaints.append("an event without a number") }
        reply(.applied(lane, ReplicaOutcome(.stopped(at: number, failure))))
    }

    private mutating func save(_ checkpoint: Checkpoint) {
        if happens(oneIn: 10) { return reply(.failed(.save, PortError(.unavailable, "disk full"))) }
        var checkpoint = checkpoint
        if sabotage == .checkpointAhead {
            for (id, sequence) in lastReads where checkpoint.shards[id].map({ !$0.isFinished }) ?? false {
                checkpoint.shards[id] = .after(sequence)
            }
        }
        durable = checkpoint
        function.check(checkpoint, source: source)
        if happens(oneIn: 12) { return reply(.failed(.save, PortError(.unavailable, "lost"))) }
        reply(.saved)
    }

    /// All that is wrong with how the story went; empty when nothing is.
    func verdict() -> [String] {
        var found = complaints + function.violations
        if ending != .caughtUp { found.append("ended with \(ending.map { "\($0)" } ?? "nothing")") }
        for change in source.changes.values where change.isWanted && !function.isDone(change.sequence) {
            found.append("\(change.sequence) was neither handled nor kept")
        }
        return found.sorted()
    }
}

extension ReplicaWrite {
    /// Every third record of every fifth item.
    fileprivate var isPoison: Bool {
        guard let number = key.number("id"), let sequence, let count = Int(sequence.text.suffix(15)) else {
            return false
        }
        return number % 5 == 0 && count % 3 == 0
    }
}

extension StreamRecord {
    fileprivate var isWanted: Bool { SimulatedFunction.isWanted(sequence) }
}

extension SimulatedSource.Change {
    var isWanted: Bool { SimulatedFunction.isWanted(sequence) }
}

import DyadModel
import DyadReplicator

/// A mistake planted on purpose, between the machine and the world.
enum Sabotage: String, CaseIterable {
    case checkpointBeforeApply, lostUnprocessed, skippedDelete, childBeforeParent, shardEndAtEmptyPage, lostDeadLetters
    case spoolAcknowledgedBeforeDurable, gapBetweenSpoolAndStream, spoolForgottenBeforeCheckpoint, spoolWithoutParents

    var needsSpool: Bool {
        switch self {
        case .spoolAcknowledgedBeforeDurable, .gapBetweenSpoolAndStream, .spoolForgottenBeforeCheckpoint,
            .spoolWithoutParents:
            true
        default: false
        }
    }
}

/// What happens besides what is drawn.
enum Plot: String {
    /// The process dies around the moment at which the scan's end is to be saved, and the disk is full now and then: a
    /// restart scans again, and must not find that the replay had begun already.
    case killedBehindScan
}

/// Two regions, one machine, and a scheduler that draws every delay and every fault from one seed.
struct World: ~Copyable {
    private enum Action {
        case event(ReplicationEvent, life: Int)
        case execute(ReplicationEffect, life: Int)
        case write, split, crash, stop, calm, trim
    }

    private static let link = ReplicationLink(
        sourceRegion: "cn-north-1", sourceTable: "tlog", streamARN: "stream", targetRegion: "cn-northwest-1",
        targetTable: "tlog_replica", targetID: "id")

    private var random: SeededRandom
    private let sabotage: Sabotage?
    private let plot: Plot?
    private var calendar = Calendar<Action>(from: Timestamp(milliseconds: 1_000_000))
    private var now: Timestamp { calendar.now }
    private(set) var source = SimulatedSource()
    private(set) var replica = SimulatedReplica()
    private var durable: Checkpoint?
    private var machine: ReplicationMachine
    private var options = ReplicationOptions()
    private var life = 0
    private var isCalm = false
    private var isOver = false
    private var lastReads: [ShardID: SequenceNumber] = [:]
    /// Empty pages in a row.
    private var emptyPages: [ShardID: Int] = [:]
    /// Every event and effect.
    private(set) var journal: Journal
    private(set) var ending: ReplicationEnding?
    private(set) var complaints: [String] = []
    private let keyCount: Int
    /// The target refuses some writes: `ReplicaWrite.isPoison`.
    private let hasPoison: Bool
    /// Versions that are kept instead of being applied, by item.
    private var deadLetters: [Int: Set<Int>] = [:]

    /// The stream forgets what is older than `streamAge`, which is less than a scan takes; a spool keeps it.
    private let hasSpool: Bool
    private static let streamAge: Int64 = 4000
    private var spool: SimulatedSpool?
    private var spoolsMade = 0
    /// Shards whose last page came from the spool.
    private var fetched: Set<ShardID> = []

    init(
        seed: UInt64, hasSpool: Bool = false, sabotage: Sabotage? = nil, plot: Plot? = nil, keepsJournal: Bool = false
    ) {
        random = SeededRandom(seed: seed)
        self.sabotage = sabotage
        self.plot = plot
        self.hasSpool = hasSpool
        journal = Journal(keepsLines: keepsJournal)
        options.batchSize = Int.random(in: 1...12, using: &random)
        options.parallelism = Int.random(in: 1...4, using: &random)
        options.backfill = hasSpool ? true : Bool.random(using: &random) || plot == .killedBehindScan
        options.bufferedRecordsMax = Int.random(in: 1000...4000, using: &random)
        options.listInterval = 2000
        options.emptyPagesAtTip = 3
        options.propagationDelay = 400
        options.saveInterval = Int64.random(in: 0...300, using: &random)
        hasPoison = Int.random(in: 0..<4, using: &random) == 0
        if hasPoison { options.onError = .skipToDeadLetter }
        keyCount = Int.random(in: 1...24, using: &random)
        if options.backfill { for number in 0..<keyCount where number % 3 != 0 { source.seed(number) } }
        if hasSpool {
            options.retryPause = 20...200
            // Now and then it is full for a while; the stream then rests, and keeps all.
            if Int.random(in: 0..<4, using: &random) == 0 {
                options.spoolBytesMax = Int.random(in: 200...2000, using: &random)
            }
            spool = SimulatedSpool(id: "0", link: Self.link)
        }
        machine = ReplicationMachine(
            link: Self.link, options: options, resume: nil, spool: spool?.contents, seed: seed,
            now: calendar.now)
        plan()
    }

    private mutating func plan() {
        let span: Int64 = 6000
        for _ in 0..<Int.random(in: 10...120, using: &random) { at(in: 0...span, .write) }
        for _ in 0..<Int.random(in: 0...5, using: &random) { at(in: 0...span, .split) }
        for _ in 0..<Int.random(in: 0...5, using: &random) { at(in: 0...span + 2000, .crash) }
        if Bool.random(using: &random) { at(in: 0...span, .stop) }
        schedule(.calm, after: span + 2500)
        if hasSpool, options.spoolBytesMax == nil { schedule(.trim, after: Self.streamAge) }
        schedule(.event(.tick, life: 0), after: 0)
    }

    private mutating func at(in range: ClosedRange<Int64>, _ action: Action) {
        calendar.schedule(action, in: range, using: &random)
    }

    private mutating func schedule(_ action: Action, after delay: Int64) { calendar.schedule(action, after: delay) }

    private mutating func note(_ mark: Mark) { journal.note(mark, at: now) }

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
            let isDelete = Int.random(in: 0..<4, using: &random) == 0
            note(Mark(isDelete ? "delete" : "write", number))
            source.write(number, isDelete: isDelete, at: now)
        case .split:
            let choice = Int.random(in: 0..<1000, using: &random)
            source.split(choice, intoTwo: Bool.random(using: &random), at: now)
        case .crash: begin("crash")
        case .stop: handle(.stop("asked"))
        case .trim:
            source.trim(before: now.advanced(by: -Self.streamAge))
            schedule(.trim, after: 100)
        case .calm:
            isCalm = true
            options.untilCaughtUp = true
            begin("calm")
        }
    }

    /// A process dies, with all that it was waiting for; another begins from what is on disk.
    private mutating func begin(_ reason: String) {
        note(Mark(reason))
        life += 1
        lastReads = [:]
        replica.beginLife(from: durable)
        machine = ReplicationMachine(
            link: Self.link, options: options, resume: durable, spool: openSpool(), seed: random.next(), now: now)
        schedule(.event(.tick, life: life), after: 1)
    }

    /// As a session does.
    private mutating func openSpool() -> SpoolContents? {
        guard hasSpool else { return nil }
        fetched = []
        if sabotage == .spoolAcknowledgedBeforeDurable { spool?.loseNewest() }
        let decision = SpoolDecision(
            resume: durable, checkpointName: "the checkpoint", found: spool?.contents, spoolName: "the spool",
            link: Self.link, backfill: true)
        switch decision {
        case .none(let discards):
            if discards { spool = nil }
            return nil
        case .goOn(var contents):
            guard sabotage == .spoolWithoutParents else { return contents }
            for id in contents.shards.keys { contents.shards[id]?.parent = nil }
            return contents
        case .create:
            spoolsMade += 1
            spool = SimulatedSpool(id: String(spoolsMade), link: Self.link)
            return spool?.contents
        case .beginAnew(let reason), .refuse(let reason):
            complaints.append(reason)
            isOver = true
            // What the checkpoint asks for, so that the machine can be made; nothing runs it.
            return durable?.spool.map { SpoolContents(id: $0, link: Self.link) }
        }
    }

    private mutating func handle(_ event: ReplicationEvent) {
        note(event.mark)
        for effect in machine.handle(event, at: now) {
            note(effect.mark)
            switch effect {
            case .announce(.scanFinished) where plot == .killedBehindScan && !isCalm: at(in: 0...200, .crash)
            case .announce: break
            case .end(let ending): end(ending)
            default:
                schedule(.execute(effect, life: life), after: isCalm ? 1 : Int64.random(in: 0...60, using: &random))
            }
        }
        let buffered = machine.bufferedRecords
        if buffered > max(options.bufferedRecordsMax, ReplicationOptions.pageRecordsMax) {
            complaints.append("\(buffered) records are buffered")
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

    /// A fault instead of an answer: the request may or may not have been carried out.
    private mutating func fault() -> PortError? {
        if happens(oneIn: 12) { return PortError(.unavailable, "connection reset") }
        if happens(oneIn: 15) { return PortError(.throttled, "slow down") }
        return nil
    }
}

// What the two regions and the disk do when they are asked.
extension World {
    private mutating func execute(_ effect: ReplicationEffect) {
        switch effect {
        case .list:
            if let fault = fault() { return reply(.failed(.list, fault)) }
            var listed = source.descriptions().filter { shard in
                // Once in a while a shard that is done is no longer listed.
                !(durable?.shards[shard.id]?.isFinished ?? false) || !happens(oneIn: 3)
            }
            if sabotage == .childBeforeParent { for index in listed.indices { listed[index].parent = nil } }
            reply(.listed(StreamListing(listed)))
        case .open(let id, let position):
            if let fault = fault() { return reply(.failed(.open(id), fault)) }
            do throws(PortError) {
                let index = try source.index(id, at: position)
                reply(.opened(id, ShardIterator(String(index))))
            } catch { reply(.failed(.open(id), error)) }
        case .read(let id, let iterator, _): read(id, iterator)
        case .scan(let segment, let count, let after): scan(segment, count, after)
        case .apply(let lane, let batch): apply(lane, batch.writes)
        case .bury(let lane, let letters): bury(lane, letters)
        case .seal: reply(.sealed)
        case .forget(let id): reply(.forgot(id))
        case .save(let checkpoint): save(checkpoint)
        case .spool, .fetch, .forgetSpooled, .discardSpool: executeOnSpool(effect)
        case .lease, .announce, .end: break
        }
    }

    private mutating func read(_ id: ShardID, _ iterator: ShardIterator) {
        if let fault = fault() { return reply(.failed(.read(id), fault)) }
        if happens(oneIn: 20) { return reply(.failed(.read(id), PortError(.expiredIterator, "expired"))) }
        do throws(PortError) {
            let start = Int(iterator.token) ?? 0
            // An empty page before the tip, as AWS sends now and then, but not as many as the machine takes for the tip.
            let isBehind = emptyPages[id, default: 0] < options.emptyPagesAtTip - 1 && happens(oneIn: 6)
            let limit = isBehind ? 0 : Int.random(in: 1...10, using: &random)
            var (records, next) = try source.page(id, from: start, limit: limit)
            // A record may take its time to be seen.
            if let first = records.first, first.createdAt > now.advanced(by: -options.propagationDelay),
                happens(oneIn: 3)
            {
                (records, next) = ([], start)
            }
            emptyPages[id] = records.isEmpty ? emptyPages[id, default: 0] + 1 : 0
            if happens(oneIn: 10) { records += records }
            if sabotage == .shardEndAtEmptyPage, records.isEmpty { next = nil }
            if let last = records.last { lastReads[id] = last.sequence }
            if sabotage == .gapBetweenSpoolAndStream, !records.isEmpty, fetched.remove(id) != nil {
                records.removeFirst()
            }
            reply(.read(id, RecordPage(records, next: next.map { ShardIterator(String($0)) })))
        } catch { reply(.failed(.read(id), error)) }
    }

    private mutating func scan(_ segment: Int, _ count: Int, _ after: ItemBytes?) {
        if let fault = fault() { return reply(.failed(.scan(segment: segment), fault)) }
        let floor = after.flatMap { $0.simulatedNumber } ?? -1
        let found = source.items.filter { $0.key % count == segment && $0.key > floor }.sorted { $0.key < $1.key }
        let page = found.prefix(Int.random(in: 1...4, using: &random))
        let items = page.map {
            SnapshotItem(key: SimulatedSource.key($0.key), item: SimulatedSource.item($0.key, version: $0.value))
        }
        let isLast = page.count == found.count
        let scanned = SnapshotPage(items, lastKey: isLast ? nil : items.last?.key)
        guard hasSpool, !isCalm else { return reply(.scanned(segment: segment, scanned)) }
        // The page is of now, and its answer is slow.
        let delay = Int64.random(in: 300...2000, using: &random)
        schedule(.event(.scanned(segment: segment, scanned), life: life), after: delay)
    }

    private mutating func apply(_ lane: LaneID, _ writes: [ReplicaWrite]) {
        var isReplay = true
        if case .segment = lane.owner { isReplay = false }
        if hasPoison, writes.contains(where: \.isPoison) {
            return reply(.failed(.apply(lane), PortError(.refused, "item too large")))
        }
        let fault = fault()
        var undone: [ItemBytes] = []
        for write in writes.shuffled(using: &random) {
            // A fault leaves any part of a batch done, a busy target any part undone.
            if happens(oneIn: fault == nil ? 8 : 2) {
                undone.append(write.key)
                continue
            }
            if sabotage == .skippedDelete, write.change == .delete { continue }
            replica.apply(write, isReplay: isReplay, source: source)
            if happens(oneIn: 10) { replica.apply(write, isReplay: isReplay, source: source) }
        }
        if let fault { return reply(.failed(.apply(lane), fault)) }
        reply(.applied(lane, ReplicaOutcome(unprocessed: sabotage == .lostUnprocessed ? [] : undone)))
    }

    private mutating func bury(_ lane: LaneID, _ letters: [DeadLetter]) {
        if happens(oneIn: 10) { return reply(.failed(.bury(lane), PortError(.unavailable, "disk full"))) }
        for letter in letters {
            guard let number = letter.write.key.simulatedNumber else { continue }
            guard case .put(let item) = letter.write.change, let version = item.simulatedVersion else {
                complaints.append("a delete of item \(number) was taken for refused")
                continue
            }
            deadLetters[number, default: []].insert(version)
        }
        if happens(oneIn: 12) { return reply(.failed(.bury(lane), PortError(.unavailable, "lost"))) }
        if sabotage == .lostDeadLetters { deadLetters = [:] }
        reply(.buried(lane))
    }

    private mutating func executeOnSpool(_ effect: ReplicationEffect) {
        let isFull = happens(oneIn: 15)
        // The answer may be lost though the disk has it.
        let isLost = happens(oneIn: 15)
        let fault = PortError(.unavailable, isFull ? "disk full" : "lost")
        switch effect {
        case .spool(let pages):
            if isFull { return reply(.failed(.spool, fault)) }
            guard let totals = spool?.append(pages) else { return complaints.append("pages without a spool") }
            reply(isLost ? .failed(.spool, fault) : .spooled(totals))
        case .fetch(let shard, let after, let limit):
            if isFull || isLost { return reply(.failed(.fetch(shard), fault)) }
            let count = min(limit, Int.random(in: 1...10, using: &random))
            fetched.insert(shard)
            reply(.fetched(shard, spool?.records(of: shard, after: after, limit: count) ?? []))
        case .forgetSpooled(let progress):
            if isFull { return reply(.failed(.forgetSpooled, fault)) }
            if sabotage == .spoolForgottenBeforeCheckpoint { spool?.loseAllRecords() }
            guard let totals = spool?.forget(progress) else { return complaints.append("nothing to forget") }
            reply(isLost ? .failed(.forgetSpooled, fault) : .forgotSpooled(totals))
        case .discardSpool:
            if durable?.spool != nil { complaints.append("the spool is removed, and the checkpoint counts on it") }
            spool = nil
            reply(.spoolDiscarded)
        default: break
        }
    }

    private mutating func save(_ checkpoint: Checkpoint) {
        if happens(oneIn: 10) { return reply(.failed(.save, PortError(.unavailable, "disk full"))) }
        if plot == .killedBehindScan, case .replaying = checkpoint.backfill, happens(oneIn: 2) {
            return reply(.failed(.save, PortError(.unavailable, "disk full")))
        }
        var checkpoint = checkpoint
        if sabotage == .checkpointBeforeApply {
            for (id, sequence) in lastReads where checkpoint.shards[id].map({ !$0.isFinished }) ?? false {
                checkpoint.shards[id] = .after(sequence)
            }
        }
        durable = checkpoint
        replica.check(checkpoint, source: source, deadLetters: deadLetters)
        // The answer may be lost though the disk has it.
        if happens(oneIn: 12) { return reply(.failed(.save, PortError(.unavailable, "lost"))) }
        reply(.saved)
    }

    /// All that is wrong with how the story went; empty when nothing is.
    func verdict() -> [String] {
        var found = complaints + replica.violations
        if spool != nil, ending == .caughtUp { found.append("the spool is left") }
        if ending != .caughtUp { found.append("ended with \(ending.map { "\($0)" } ?? "nothing")") }
        for number in 0..<keyCount where replica.items[number] != source.items[number] {
            if let version = source.items[number], deadLetters[number]?.contains(version) ?? false { continue }
            found.append("the replica differs from the source in item \(number)")
        }
        return found
    }
}

extension ReplicaWrite {
    /// Every third version of every fifth item.
    fileprivate var isPoison: Bool {
        guard let number = key.simulatedNumber, number % 5 == 0, case .put(let item) = change else { return false }
        return (item.simulatedVersion ?? 0) % 3 == 0
    }
}

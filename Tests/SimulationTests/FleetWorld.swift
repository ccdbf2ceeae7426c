import DyadModel
import DyadReplicator

/// A mistake planted on purpose, where several workers share a replication.
enum FleetSabotage: String, CaseIterable {
    /// The target carries out a batch though its lane's position has moved: two writers after a lease was lost.
    case unguardedWrites
    /// A scan is over without being sealed.
    case unsealedScan
    /// A worker that lost its lease may still say how far the shard came.
    case unconditionalLeases
}

/// One process of the fleet, and what it knows.
final class FleetWorker {
    var worker: ReplicationWorker
    let name: String
    /// Of its steady clock: how far it is off, and how fast it runs, in hundredths.
    let offset: Int64
    let rate: Int64
    var guards: [String: LaneGuard] = [:]
    var pausedUntil: Timestamp?
    var isDone = false
    /// When it wants to be told that time has passed.
    var alarm: Timestamp?

    init(_ worker: consuming ReplicationWorker, name: String, offset: Int64, rate: Int64) {
        self.worker = worker
        self.name = name
        self.offset = offset
        self.rate = rate
    }

    func local(_ time: Timestamp) -> Timestamp {
        Timestamp(milliseconds: (time.milliseconds - Self.dawn) * rate / 100 + Self.dawn + offset)
    }

    /// The first moment at which its clock shows that time, or a later one.
    func world(_ time: Timestamp) -> Timestamp {
        let passed = time.milliseconds - offset - Self.dawn
        return Timestamp(milliseconds: (passed * 100 + rate - 1) / rate + Self.dawn)
    }

    static let offsetMax: Int64 = 2000
    static let driftMax: Int64 = 10

    /// When the story begins, and the clocks are not further apart than their offsets.
    static let dawn: Int64 = 1_000_000
}

/// Two regions, a coordination table and several workers with clocks of their own, which pause, die and come back.
///
/// Every delay and every fault is drawn from one seed. A write may land long after its sender was told that it timed
/// out, or after its sender died.
struct FleetWorld {
    private enum Action {
        case event(ReplicationEvent, worker: String)
        case execute(ReplicationEffect, worker: String)
        case arrive(ReplicaBatch, LaneID, from: LanePosition, to: LanePosition, worker: String, isAwaited: Bool)
        case write, split, kill, pause, stop, calm
        case start(seat: Int)
    }

    private static let link = ReplicationLink(
        sourceRegion: "cn-north-1", sourceTable: "tlog", streamARN: "stream", targetRegion: "cn-northwest-1",
        targetTable: "tlog_replica", targetID: "id")

    private var random: SeededRandom
    private let sabotage: FleetSabotage?
    private var calendar = Calendar<Action>(from: Timestamp(milliseconds: FleetWorker.dawn))
    private var now: Timestamp { calendar.now }
    private var source = SimulatedSource()
    private var replica = SimulatedReplica()
    private var positions: [String: LanePosition] = [:]
    private var leases: [LeaseID: Lease] = [:]
    private var options = ReplicationOptions()
    private var leaseOptions = LeaseOptions()
    private let beginning: Checkpoint
    /// Who sits where now.
    private var seats: [FleetWorker?]
    private var nameCount = 0
    private var isCalm = false
    private var emptyPages: [String: Int] = [:]
    private(set) var journal: Journal
    private(set) var complaints: [String] = []
    private let keyCount: Int
    /// Few items, soon deleted, and a scan whose workers die while its writes are late.
    private let isScanStory: Bool
    /// How often a lease changed hands.
    private(set) var handovers = 0

    init(seed: UInt64, sabotage: FleetSabotage? = nil, keepsJournal: Bool = false) {
        random = SeededRandom(seed: seed &+ 0x1ea5e)
        self.sabotage = sabotage
        journal = Journal(keepsLines: keepsJournal)
        options.batchSize = Int.random(in: 1...12, using: &random)
        options.lanesPerShard = Int.random(in: 1...3, using: &random)
        options.bufferedRecordsMax = 2000
        options.listInterval = 1000
        options.emptyPagesAtTip = 3
        options.propagationDelay = 400
        options.saveInterval = Int64.random(in: 0...300, using: &random)
        leaseOptions.duration = Int64.random(in: 400...1200, using: &random)
        isScanStory = Int.random(in: 0..<4, using: &random) == 0
        keyCount = Int.random(in: 1...(isScanStory ? 4 : 16), using: &random)
        let hasBackfill = isScanStory || Bool.random(using: &random)
        if hasBackfill { for number in 0..<keyCount where number % 3 != 0 { source.seed(number) } }
        beginning = Checkpoint(
            link: Self.link, StreamListing(source.descriptions()), from: .trimHorizon,
            segments: hasBackfill ? Int.random(in: 1...3, using: &random) : nil, now: calendar.now)
        seats = Array(repeating: nil, count: Int.random(in: 2...3, using: &random))
        plan()
    }

    private mutating func plan() {
        let span: Int64 = 6000
        for seat in seats.indices { at(in: 0...1500, .start(seat: seat)) }
        for _ in 0..<Int.random(in: 20...90, using: &random) { at(in: 0...span, .write) }
        for _ in 0..<Int.random(in: 0...4, using: &random) { at(in: 0...span, .split) }
        if isScanStory { for _ in 0..<4 { at(in: 300...2000, .kill) } }
        for _ in 0..<Int.random(in: 0...3, using: &random) { at(in: 500...span + 1000, .kill) }
        for _ in 0..<Int.random(in: 0...4, using: &random) { at(in: 500...span, .pause) }
        for _ in 0..<Int.random(in: 0...2, using: &random) { at(in: 500...span, .stop) }
        schedule(.calm, after: span + 2500)
    }

    private mutating func at(in range: ClosedRange<Int64>, _ action: Action) {
        calendar.schedule(action, in: range, using: &random)
    }

    private mutating func schedule(_ action: Action, after delay: Int64) { calendar.schedule(action, after: delay) }

    private mutating func note(_ line: String) { journal.note(line, at: now) }

    private func worker(_ name: String) -> FleetWorker? { seats.lazy.compactMap { $0 }.first { $0.name == name } }

    // MARK: The story

    mutating func run() {
        let stepsMax = 200_000
        for _ in 0..<stepsMax {
            if isCalm, seats.allSatisfy({ $0?.isDone ?? false }) { return }
            var due: (time: Timestamp, worker: FleetWorker)?
            for worker in seats.lazy.compactMap({ $0 }) where !worker.isDone && worker.pausedUntil == nil {
                guard let time = worker.alarm else { continue }
                if due.map({ time < $0.time }) ?? true { due = (time, worker) }
            }
            if let due, calendar.next.map({ due.time < $0 }) ?? true {
                calendar.pass(to: due.time)
                due.worker.alarm = nil
                handle(.tick, due.worker)
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
        case .event(let event, let name):
            guard let worker = worker(name) else { return }
            if sleeps(worker, action) { return }
            handle(event, worker)
        case .execute(let effect, let name):
            guard let worker = worker(name) else { return }
            if sleeps(worker, action) { return }
            execute(effect, worker)
        case .arrive(let batch, let lane, let from, let to, let name, let isAwaited):
            arrive(batch, lane, from, to, name, isAwaited)
        case .write:
            let number = Int.random(in: 0..<keyCount, using: &random)
            let isDelete = Int.random(in: 0..<(isScanStory ? 2 : 4), using: &random) == 0
            note("write \(number) \(isDelete)")
            source.write(number, isDelete: isDelete, at: now)
        case .split:
            source.split(
                Int.random(in: 0..<1000, using: &random), intoTwo: Bool.random(using: &random), at: now)
        case .kill: kill(Int.random(in: seats.indices, using: &random))
        case .pause: pause(Int.random(in: seats.indices, using: &random))
        case .stop:
            if let worker = seats[Int.random(in: seats.indices, using: &random)], worker.pausedUntil == nil {
                handle(.stop("asked"), worker)
            }
        case .start(let seat): start(seat)
        case .calm:
            isCalm = true
            options.untilCaughtUp = true
            for seat in seats.indices { start(seat) }
        }
    }

    /// What is to happen to a worker that stands still happens when it goes on.
    private mutating func sleeps(_ worker: FleetWorker, _ action: Action) -> Bool {
        guard let until = worker.pausedUntil else { return false }
        if until <= now {
            worker.pausedUntil = nil
            return false
        }
        schedule(action, after: until.milliseconds - now.milliseconds)
        return true
    }

    /// A process begins, in the place of another if there is one, which dies.
    private mutating func start(_ seat: Int) {
        nameCount += 1
        let (offset, rate) = (
            Int64.random(in: -FleetWorker.offsetMax...FleetWorker.offsetMax, using: &random),
            Int64.random(in: 100 - FleetWorker.driftMax...100 + FleetWorker.driftMax, using: &random)
        )
        var options = options
        options.parallelism = Int.random(in: 1...4, using: &random)
        let name = "w\(nameCount)"
        let start = Timestamp(
            milliseconds: (now.milliseconds - FleetWorker.dawn) * rate / 100 + FleetWorker.dawn + offset)
        let sharing = ReplicationWorker.Sharing(worker: name, options: leaseOptions, beginning: beginning)
        seats[seat] = FleetWorker(
            ReplicationWorker(
                link: Self.link, options: options, resume: nil, sharing: sharing, seed: random.next(), now: start),
            name: name, offset: offset, rate: rate)
        note("start \(name)")
        schedule(.event(.tick, worker: name), after: 1)
    }

    private mutating func kill(_ seat: Int) {
        guard let worker = seats[seat] else { return }
        note("kill \(worker.name)")
        seats[seat] = nil
        at(in: 20...leaseOptions.duration * 2, .start(seat: seat))
    }

    private mutating func pause(_ seat: Int) {
        guard let worker = seats[seat], worker.pausedUntil == nil, !worker.isDone else { return }
        let length = Int64.random(in: 50...leaseOptions.duration * 3, using: &random)
        note("pause \(worker.name) \(length)")
        worker.pausedUntil = now.advanced(by: length)
        // It wakes with all that was said to it meanwhile, in the order in which it was said.
        schedule(.event(.tick, worker: worker.name), after: length)
    }

    private mutating func handle(_ event: ReplicationEvent, _ worker: FleetWorker) {
        guard !worker.isDone else { return }
        journal.note(event.mark, by: worker.name, at: now)
        for effect in worker.worker.handle(event, at: worker.local(now)) {
            journal.note(effect.mark, by: worker.name, at: now)
            switch effect {
            case .announce: break
            case .end(let ending): end(ending, worker)
            default:
                let delay = isCalm ? 1 : Int64.random(in: 0...60, using: &random)
                schedule(.execute(effect, worker: worker.name), after: delay)
            }
        }
        worker.alarm = worker.worker.deadline(after: worker.local(now)).map { worker.world($0) }
    }

    private mutating func end(_ ending: ReplicationEnding, _ worker: FleetWorker) {
        worker.isDone = true
        switch ending {
        case .stopped:
            guard let seat = seats.firstIndex(where: { $0 === worker }) else { return }
            if !isCalm { at(in: 20...600, .start(seat: seat)) }
        case .caughtUp: if !isCalm { complaints.append("\(worker.name) ended before the end") }
        case .failed(let failure): complaints.append("\(worker.name) failed: \(failure)")
        }
    }

    private mutating func reply(_ event: ReplicationEvent, _ name: String) {
        schedule(.event(event, worker: name), after: isCalm ? 1 : Int64.random(in: 0...60, using: &random))
    }

    private mutating func happens(oneIn count: Int) -> Bool {
        !isCalm && Int.random(in: 0..<count, using: &random) == 0
    }

    private mutating func fault() -> PortError? {
        if happens(oneIn: 15) { return PortError(.unavailable, "connection reset") }
        return nil
    }

    /// All that is wrong with how the story went; empty when nothing is.
    func verdict() -> [String] {
        var found = complaints + replica.violations
        for number in 0..<keyCount where replica.items[number] != source.items[number] {
            found.append("the replica differs from the source in item \(number)")
        }
        return found
    }
}

// What the source does when it is asked.
extension FleetWorld {
    private mutating func execute(_ effect: ReplicationEffect, _ worker: FleetWorker) {
        let name = worker.name
        switch effect {
        case .list:
            if let fault = fault() { return reply(.failed(.list, fault), name) }
            reply(.listed(StreamListing(source.descriptions())), name)
        case .open(let id, let position):
            if let fault = fault() { return reply(.failed(.open(id), fault), name) }
            do throws(PortError) {
                reply(.opened(id, ShardIterator(String(try source.index(id, at: position)))), name)
            } catch { reply(.failed(.open(id), error), name) }
        case .read(let id, let iterator, _): read(id, iterator, name)
        case .scan(let segment, let count, let after): scan(segment, count, after, name)
        case .apply(let lane, let batch): apply(lane, batch, worker)
        case .seal(let scan):
            if let fault = fault() { return reply(.failed(.seal, fault), name) }
            if sabotage != .unsealedScan {
                for index in 0..<scan.segments { positions["segment-\(index)"] = .sealed }
            }
            reply(.sealed, name)
        case .lease(let effect): lease(effect, name)
        case .bury, .save, .forget, .announce, .end, .spool, .fetch, .forgetSpooled, .discardSpool:
            complaints.append("a fleet does not \(effect.mark)")
        }
    }

    private mutating func read(_ id: ShardID, _ iterator: ShardIterator, _ name: String) {
        if let fault = fault() { return reply(.failed(.read(id), fault), name) }
        if happens(oneIn: 25) { return reply(.failed(.read(id), PortError(.expiredIterator, "expired")), name) }
        let place = "\(name)/\(id)"
        do throws(PortError) {
            let start = Int(iterator.token) ?? 0
            let isBehind = emptyPages[place, default: 0] < options.emptyPagesAtTip - 1 && happens(oneIn: 6)
            let limit = isBehind ? 0 : Int.random(in: 1...10, using: &random)
            var (records, next) = try source.page(id, from: start, limit: limit)
            if let first = records.first, first.createdAt > now.advanced(by: -options.propagationDelay / 2),
                happens(oneIn: 3)
            {
                (records, next) = ([], start)
            }
            emptyPages[place] = records.isEmpty ? emptyPages[place, default: 0] + 1 : 0
            reply(.read(id, RecordPage(records, next: next.map { ShardIterator(String($0)) })), name)
        } catch { reply(.failed(.read(id), error), name) }
    }

    private mutating func scan(_ segment: Int, _ count: Int, _ after: ItemBytes?, _ name: String) {
        if let fault = fault() { return reply(.failed(.scan(segment: segment), fault), name) }
        let floor = after.flatMap { $0.number("id") } ?? -1
        let found = source.items.filter { $0.key % count == segment && $0.key > floor }.sorted { $0.key < $1.key }
        let page = found.prefix(Int.random(in: 1...3, using: &random))
        let items = page.map {
            SnapshotItem(key: SimulatedSource.key($0.key), item: SimulatedSource.item($0.key, version: $0.value))
        }
        let isLast = page.count == found.count
        reply(.scanned(segment: segment, SnapshotPage(items, lastKey: isLast ? nil : items.last?.key)), name)
    }
}

// The target and the coordination table.
extension FleetWorld {
    private func place(_ lane: LaneID) -> String {
        switch lane.owner {
        case .shard(let id): "\(id)/\(lane.index)"
        case .segment(let index): "segment-\(index)"
        }
    }

    /// As `GuardedReplicaTarget`, in which the row is read at once and the write takes its time.
    private mutating func apply(_ lane: LaneID, _ batch: ReplicaBatch, _ worker: FleetWorker) {
        let place = place(lane)
        for _ in 0..<3 {
            switch worker.guards[place, default: LaneGuard()].step(for: batch) {
            case .done: return reply(.applied(lane, ReplicaOutcome()), worker.name)
            case .read:
                let position = positions[place] ?? .beginning
                if worker.guards[place, default: LaneGuard()].found(position) {
                    return reply(.applied(lane, ReplicaOutcome()), worker.name)
                }
            case .write(let from, let to):
                if let fault = fault() { return reply(.failed(.apply(lane), fault), worker.name) }
                let isLate = happens(oneIn: isScanStory && lane.shard == nil ? 2 : 8)
                if isLate { reply(.failed(.apply(lane), PortError(.unavailable, "timeout")), worker.name) }
                let longest = isLate ? leaseOptions.duration * 4 : 60
                let delay = isCalm ? 1 : Int64.random(in: 0...longest, using: &random)
                return schedule(
                    .arrive(batch, lane, from: from, to: to, worker: worker.name, isAwaited: !isLate), after: delay)
            }
        }
        complaints.append("a guard that never writes")
    }

    private mutating func arrive(
        _ batch: ReplicaBatch, _ lane: LaneID, _ from: LanePosition, _ to: LanePosition, _ name: String,
        _ isAwaited: Bool
    ) {
        let place = place(lane)
        let isNext = (positions[place] ?? .beginning) == from
        note("arrive \(place) \(from.text) \(to.text) \(isNext)")
        if isNext || sabotage == .unguardedWrites {
            var isReplay = true
            if case .segment = lane.owner { isReplay = false }
            for write in batch.writes { replica.apply(write, isReplay: isReplay, source: source) }
            positions[place] = to
        }
        guard isAwaited, let worker = worker(name), !worker.isDone else { return }
        if isNext || sabotage == .unguardedWrites {
            worker.guards[place]?.wrote(to: to)
            reply(.applied(lane, ReplicaOutcome()), name)
        } else {
            worker.guards[place]?.missed(to: to)
            schedule(.execute(.apply(lane, batch), worker: name), after: 1)
        }
    }

    private mutating func lease(_ effect: LeaseEffect, _ name: String) {
        let task: LeaseTask =
            switch effect {
            case .list: .list
            case .add(let lease): .add(lease.id)
            case .replace(let former, _): .replace(former.id)
            case .remove(let lease): .remove(lease.id)
            }
        if let fault = fault() { return reply(.lease(.failed(task, fault)), name) }
        let event: LeaseEvent
        switch effect {
        case .list: event = .listed(leases.values.sorted { "\($0.id)" < "\($1.id)" })
        case .add(let lease):
            if leases[lease.id] == nil { leases[lease.id] = lease }
            event = .added(lease.id)
        case .replace(let former, let lease): event = .replied(former.id, replace(former, with: lease))
        case .remove(let lease):
            complaints.append("\(lease.id) was removed")
            event = .removed(lease.id)
        }
        // The answer may be lost though the table has it.
        if happens(oneIn: 20) { return reply(.lease(.failed(task, PortError(.unavailable, "lost"))), name) }
        reply(.lease(event), name)
    }

    private mutating func replace(_ former: Lease, with lease: Lease) -> LeaseReply {
        guard let row = leases[former.id] else { return .overtaken(nil) }
        guard row.owner == former.owner && row.counter == former.counter || sabotage == .unconditionalLeases else {
            return .overtaken(row)
        }
        if lease.progress.isBehindForTests(row.progress) { complaints.append("the lease of \(lease.id) went back") }
        if lease.switches > row.switches { handovers += 1 }
        leases[lease.id] = lease
        check()
        return .written
    }

    /// Whatever the rows claim to be applied is in the replica. Watermarks come from clocks that are off here, and are
    /// believed as far as these can be.
    private mutating func check() {
        var claimed = SharedProgress.checkpoint(
            beginning: beginning, leases: Array(leases.values), shards: source.descriptions(), now: now)
        let doubt = FleetWorker.offsetMax + (now.milliseconds - FleetWorker.dawn) * FleetWorker.driftMax / 100
        claimed.appliedThrough = claimed.appliedThrough?.advanced(by: -doubt)
        replica.check(claimed, source: source, deadLetters: [:])
    }
}

extension ShardProgress {
    fileprivate func isBehindForTests(_ other: ShardProgress) -> Bool {
        switch (self, other) {
        case (.after(let sequence), .after(let former)): sequence < former
        case (.trimHorizon, .after), (.trimHorizon, .finished), (.after, .finished): true
        default: false
        }
    }
}

extension LeaseEvent {
    var line: String {
        switch self {
        case .listed(let leases): "listed \(leases.count)"
        case .added(let id): "added \(id)"
        case .replied(let id, .written): "written \(id)"
        case .replied(let id, .overtaken): "overtaken \(id)"
        case .removed(let id): "removed \(id)"
        case .failed(_, let error): "failed \(error.message)"
        }
    }
}

extension LeaseEffect {
    var line: String {
        switch self {
        case .list: "list"
        case .add(let lease): "add \(lease.id)"
        case .replace(_, let lease): "replace \(lease.id) \(lease.owner ?? "nobody") \(lease.counter)"
        case .remove(let lease): "remove \(lease.id)"
        }
    }
}

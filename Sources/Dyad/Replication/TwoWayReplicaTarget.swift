import DyadModel
import DyadReplicator
import Synchronization

/// How many requests of either direction may have written items: whoever saw a stream's tip while this stood still has
/// seen all of them.
final class TwoWayActivity: Sendable {
    private let events = Atomic(0)

    var count: Int { events.load(ordering: .acquiring) }
    func note() { events.add(1, ordering: .acquiringAndReleasing) }
}

/// The other side of one direction of a two-way replication: takes a change there by way of both sides' registers.
final class TwoWayReplicaTarget: ReplicaTarget {
    /// Times that a key's commit may come too late before the key waits like an unprocessed one.
    static let collisionsMax = 4
    /// Writes of one key whose records were not seen yet. A register must fit an item.
    static let appliedMax = 1000

    private struct State {
        var ledger = ConflictLedger()
        var counts = TwoWayCounts()
    }

    private let origin: TwoWaySide
    private let destination: TwoWaySide
    /// A scan's items go only where there is none.
    private let yields: Bool
    private let activity: TwoWayActivity
    private let log: ConflictLog?
    private let clock: any WallClock
    private let state = Mutex(State())

    init(
        from origin: TwoWaySide, to destination: TwoWaySide, yields: Bool, activity: TwoWayActivity, log: ConflictLog?,
        clock: any WallClock
    ) {
        self.origin = origin
        self.destination = destination
        self.yields = yields
        self.activity = activity
        self.log = log
        self.clock = clock
    }

    private func side(_ side: Passage.Side) -> TwoWaySide { side == .origin ? origin : destination }

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        let now = clock.now
        let names = Passage.Names(origin: origin.name, destination: destination.name)
        var passages = batch.writes.map { Passage($0, names, yields: yields, now: now) }
        var collisions = Array(repeating: 0, count: passages.count)
        var held: Set<Int> = []
        while true {
            let open = passages.indices.filter { passages[$0].ask != nil && !held.contains($0) }
            if open.isEmpty { break }
            for side in [Passage.Side.origin, .destination] {
                try await readRegisters(side, open, &passages)
                try await readItems(side, open, &passages)
            }
            for side in [Passage.Side.origin, .destination] {
                try await commit(side, open, &passages, &collisions, &held)
            }
        }
        let counts = state.withLock { state in
            for index in passages.indices where passages[index].ask == nil {
                if passages[index].isEcho { state.counts.echoes += 1 }
                if state.ledger.settle(passages[index]) != nil { state.counts.conflicts += 1 }
            }
            defer { state.counts = TwoWayCounts() }
            return state.counts
        }
        return ReplicaOutcome(unprocessed: held.sorted().map { batch.writes[$0].key }, twoWay: counts)
    }

    private func readRegisters(
        _ wanted: Passage.Side, _ open: [Int], _ passages: inout [Passage]
    ) async throws(PortError) {
        let asking = open.filter { passages[$0].ask == .register(wanted) }
        guard !asking.isEmpty else { return }
        let found = try await side(wanted).registers(asking.map { passages[$0].write.key })
        for index in asking { passages[index].found(found[passages[index].write.key] ?? KeyRegister()) }
    }

    private func readItems(_ wanted: Passage.Side, _ open: [Int], _ passages: inout [Passage]) async throws(PortError) {
        let asking = open.filter { passages[$0].ask == .item(wanted) }
        guard !asking.isEmpty else { return }
        let found = try await side(wanted).items.items(asking.map { passages[$0].write.key })
        for index in asking { passages[index].found(item: found[passages[index].write.key]) }
    }

    private func commit(
        _ wanted: Passage.Side, _ open: [Int], _ passages: inout [Passage], _ collisions: inout [Int],
        _ held: inout Set<Int>
    ) async throws(PortError) {
        var asking: [(index: Int, key: ItemBytes, commit: Passage.Commit)] = []
        for index in open {
            guard case .commit(let commit) = passages[index].ask, commit.side == wanted else { continue }
            // The other direction must see its records first.
            if wanted == .destination, commit.register.applied.count > Self.appliedMax {
                held.insert(index)
            } else {
                asking.append((index, passages[index].write.key, commit))
            }
        }
        guard !asking.isEmpty else { return }
        try await keep(asking.compactMap { passages[$0.index].conflict })
        let written = asking.count { $0.commit.change != nil }
        if written > 0 { activity.note() }
        defer { if written > 0 { activity.note() } }
        let outcomes = try await side(wanted).commit(asking.map { ($0.key, $0.commit) })
        for (one, outcome) in zip(asking, outcomes) {
            switch outcome {
            case .done:
                passages[one.index].committed()
                if one.commit.change != nil { state.withLock { $0.counts.itemsWritten += 1 } }
            case .collided:
                passages[one.index].collided()
                collisions[one.index] += 1
                if collisions[one.index] > Self.collisionsMax { held.insert(one.index) }
            case .busy: held.insert(one.index)
            }
        }
    }

    /// Has the conflicts on disk before what loses is written over.
    private func keep(_ conflicts: [WriteConflict]) async throws(PortError) {
        guard !conflicts.isEmpty else { return }
        let news = state.withLock { state in conflicts.filter { state.ledger.isNews($0) } }
        try await log?.add(news, foundAt: clock.now)
    }
}

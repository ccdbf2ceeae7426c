import DyadModel
import DyadReplicator
import Synchronization

/// Leases as rows of a coordination table. See `CoordinatedLink` for what a generation is.
final class LeaseTable: LeaseStore {
    private struct State {
        /// The row `link` as it was read last.
        var link: CoordinatedLink.State?
        var entered: CoordinatedLink.State?
    }

    private let link: CoordinatedLink
    private let replicated: ReplicationLink
    private let target: GuardedReplicaTarget
    private let state = Mutex(State())

    /// - Parameter target: writes for the generation that is entered.
    init(link: CoordinatedLink, replicated: ReplicationLink, target: GuardedReplicaTarget) {
        self.link = link
        self.replicated = replicated
        self.target = target
    }

    // MARK: The beginning

    func beginning() async throws(PortError) -> Checkpoint? {
        try await link.table.open()
        let found = try await link.load()
        state.withLock { $0.link = found }
        guard let found else { return nil }
        return try Checkpoint(text: found.beginning)
    }

    func begin(_ checkpoint: Checkpoint, laneCount: Int) async throws(PortError) -> Bool {
        let former = state.withLock { $0.link }
        let next = CoordinatedLink.State(
            generation: (former?.generation ?? 0) + 1, cleared: former?.cleared ?? 0, lanes: laneCount,
            beginning: checkpoint.text)
        guard try await link.write(next, over: former) else { return false }
        state.withLock { $0.link = next }
        return true
    }

    func enter() async throws(PortError) -> Int {
        let entered = try await link.enter(isNew: false, lanes: 1, beginning: "")
        // Between reading the beginning and now another may have begun anew; then this worker knows the wrong one.
        guard entered.generation == state.withLock({ $0.link?.generation }) else {
            throw CoordinatedLink.isOver(link.name)
        }
        state.withLock { $0.entered = entered }
        target.enter(entered)
        return entered.lanes
    }

    private var generation: Int64 {
        get throws(PortError) {
            guard let generation = state.withLock({ $0.entered?.generation }) else {
                throw PortError(.fatal, "a lease before the first generation")
            }
            return generation
        }
    }

    // MARK: Rows

    private func key(_ id: LeaseID) throws(PortError) -> CoordinationTable.Key {
        let prefix = CoordinatedLink.leasePrefix(try generation)
        return switch id {
        case .backfill: .init(link: link.name, row: "\(prefix)backfill")
        case .shard(let shard): .init(link: link.name, row: "\(prefix)shard/\(shard.rawValue)")
        }
    }

    func leases() async throws(PortError) -> [Lease] {
        let prefix = CoordinatedLink.leasePrefix(try generation)
        var leases: [Lease] = []
        for row in try await link.table.query(link.name, rowsFrom: prefix) {
            leases.append(try LeaseRow.read(row, behind: prefix))
        }
        return leases
    }

    func add(_ lease: Lease) async throws(PortError) {
        _ = try await link.table.put(try key(lease.id), LeaseRow.attributes(lease, of: replicated), if: .isAbsent)
    }

    func replace(_ former: Lease, with lease: Lease) async throws(PortError) -> LeaseReply {
        let key = try key(lease.id)
        if try await link.table.put(key, LeaseRow.attributes(lease, of: replicated), if: condition(former)) {
            return .written
        }
        let row = try await link.table.get(key)
        guard let row else { return .overtaken(nil) }
        return .overtaken(try LeaseRow.read(row, behind: CoordinatedLink.leasePrefix(try generation)))
    }

    func remove(_ lease: Lease) async throws(PortError) {
        if case .shard(let shard) = lease.id { try await target.forget(shard) }
        _ = try await link.table.delete(try key(lease.id), if: condition(lease))
    }

    private func condition(_ lease: Lease) -> CoordinationTable.Condition {
        var condition = CoordinationTable.Condition(
            expression: "#c = :c AND ", names: [("#c", "counter"), ("#o", "owner")],
            values: [(":c", .number(lease.counter))])
        if let owner = lease.owner {
            condition.expression += "#o = :o"
            condition.values.append((":o", .text(owner)))
        } else {
            condition.expression += "attribute_not_exists(#o)"
        }
        return condition
    }
}

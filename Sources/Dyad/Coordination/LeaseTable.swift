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
            leases.append(try read(row, behind: prefix))
        }
        return leases
    }

    func add(_ lease: Lease) async throws(PortError) {
        _ = try await link.table.put(try key(lease.id), attributes(lease), if: .isAbsent)
    }

    func replace(_ former: Lease, with lease: Lease) async throws(PortError) -> LeaseReply {
        let key = try key(lease.id)
        if try await link.table.put(key, attributes(lease), if: condition(former)) { return .written }
        let row = try await link.table.get(key)
        guard let row else { return .overtaken(nil) }
        return .overtaken(try read(row, behind: CoordinatedLink.leasePrefix(try generation)))
    }

    func remove(_ lease: Lease) async throws(PortError) {
        if case .shard(let shard) = lease.id {
            let positions = "\(link.prefix(try generation))\(shard.rawValue)"
            for row in try await link.table.query(positions, rowsFrom: "lane-") {
                _ = try await link.table.delete(row.key)
            }
        }
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

    private func attributes(_ lease: Lease) -> CoordinationTable.Attributes {
        var attributes: CoordinationTable.Attributes = [
            ("counter", .number(lease.counter)), ("switches", .number(lease.switches)),
            ("promised", .number(lease.isPromised ? 1 : 0)),
        ]
        if let owner = lease.owner { attributes.append(("owner", .text(owner))) }
        if let parent = lease.parent { attributes.append(("parent", .text(parent.rawValue))) }
        if let through = lease.appliedThrough {
            attributes.append(("appliedThrough", .number(through.milliseconds)))
        }
        if let time = lease.tipAt { attributes.append(("tipAt", .number(time.milliseconds))) }
        if let time = lease.writtenAt { attributes.append(("writtenAt", .number(time.milliseconds))) }
        switch lease.id {
        case .shard: attributes.append(("checkpoint", .text(lease.progress.text)))
        case .backfill:
            let progress = Checkpoint(link: replicated, backfill: lease.backfill, savedAt: Timestamp(milliseconds: 0))
            attributes.append(("checkpoint", .text(progress.text)))
        }
        return attributes
    }

    private func read(_ row: CoordinationTable.Row, behind prefix: String) throws(PortError) -> Lease {
        let name = row.key.row.dropFirst(prefix.count)
        guard let counter = row.number("counter"), let switches = row.number("switches"),
            let checkpoint = row.text("checkpoint")
        else { throw unreadable(row) }
        var lease = Lease(
            .backfill, owner: row.text("owner"), counter: counter, switches: switches,
            parent: row.text("parent").map { ShardID($0) },
            appliedThrough: row.number("appliedThrough").map { Timestamp(milliseconds: $0) },
            isPromised: row.number("promised") != 0)
        lease.tipAt = row.number("tipAt").map { Timestamp(milliseconds: $0) }
        lease.writtenAt = row.number("writtenAt").map { Timestamp(milliseconds: $0) }
        if name == "backfill" {
            lease.backfill = try Checkpoint(text: checkpoint).backfill
            return lease
        }
        guard name.hasPrefix("shard/"), let progress = ShardProgress(checkpoint) else { throw unreadable(row) }
        lease.id = .shard(ShardID(String(name.dropFirst(6))))
        lease.progress = progress
        return lease
    }

    private func unreadable(_ row: CoordinationTable.Row) -> PortError {
        PortError(.fatal, "the lease \(row.key.row) of \(link.name) in \(link.table.table) cannot be read")
    }
}

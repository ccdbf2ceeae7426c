import DyadModel
import DyadReplicator

/// A lease as the attributes of a row, beside its key.
enum LeaseRow {
    static func attributes(_ lease: Lease, of replicated: ReplicationLink) -> CoordinationTable.Attributes {
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

    /// - Parameter prefix: of the generation: see `CoordinatedLink.leasePrefix`.
    static func read(_ row: CoordinationTable.Row, behind prefix: String) throws(PortError) -> Lease {
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

    private static func unreadable(_ row: CoordinationTable.Row) -> PortError {
        PortError(.fatal, "the lease \(row.key.row) of \(row.key.link) cannot be read")
    }
}

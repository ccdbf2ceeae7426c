package import DyadModel

/// What all workers of a replication have applied together, as the rows of their leases tell.
package enum SharedProgress {
    /// - Parameters:
    ///   - beginning: how the replication began.
    ///   - leases: all rows.
    ///   - shards: those of the stream. The watermark covers every change that was made before they were listed, so rows
    ///     that are read later may be put beside the same listing.
    /// - Returns: a checkpoint as one process would have it; without a watermark while some shard has none, or while a
    ///   backfill is not consistent.
    package static func checkpoint(
        beginning: Checkpoint, leases: [Lease], shards: [ShardDescription], now: Timestamp
    ) -> Checkpoint {
        var rows: [ShardID: Lease] = [:]
        var backfill = beginning.backfill
        for lease in leases {
            switch lease.id {
            case .shard(let id): rows[id] = lease
            case .backfill: backfill = lease.backfill
            }
        }
        return Checkpoint(
            link: beginning.link, shards: rows.mapValues(\.progress), backfill: backfill,
            appliedThrough: watermark(rows, shards, backfill), savedAt: now)
    }

    /// See `ReplicationMachine.moveWatermark`.
    private static func watermark(
        _ rows: [ShardID: Lease], _ shards: [ShardDescription], _ backfill: BackfillProgress?
    ) -> Timestamp? {
        switch backfill {
        case .scanning, .replaying: return nil
        case .consistent, nil: break
        }
        var parents: [ShardID: ShardID] = [:]
        for (id, lease) in rows { parents[id] = lease.parent }
        for shard in shards { parents[shard.id] = shard.parent ?? parents[shard.id] }
        var earliest: Timestamp?
        let open = Set(rows.keys).union(shards.map(\.id)).filter { rows[$0]?.isFinished != true }
        for id in open {
            guard let through = rows[id]?.appliedThrough else {
                // Not begun: its parent, whose changes are older, makes the watermark wait already.
                if let parent = parents[id], open.contains(parent) { continue }
                return nil
            }
            earliest = earliest.map { min($0, through) } ?? through
        }
        return earliest
    }
}

package import DyadModel

/// What was done since the machine began.
package struct ReplicationCounts: Sendable, Equatable {
    package var recordsRead = 0
    package var recordsApplied = 0
    package var puts = 0
    package var deletes = 0
    package var itemsScanned = 0
    package var itemsCopied = 0
    /// Writes that the target left over and that were sent again.
    package var unprocessed = 0
    package var failures = 0
    /// Changes that the target did not take and that were kept elsewhere.
    package var deadLetters = 0
    package var recordsSpooled = 0
    /// Milliseconds between a change's making and its applying, of the change applied last.
    package var lag: Int64 = 0
    /// What a two-way target found; nil from others.
    package var twoWay: TwoWayCounts?

    package init() {}
}

/// Where a replication stands, for people to read.
package struct ReplicationStatus: Sendable, Equatable {
    package enum Stage: Sendable, Equatable {
        case listing
        case scanning(finished: Int, of: Int)
        case replaying
        case following
    }

    package var stage: Stage
    package var counts: ReplicationCounts
    package var shardsOpen: Int
    package var shardsFinished: Int
    /// Records read and not yet applied.
    package var buffered: Int
    /// Age in milliseconds of the oldest change that is read and not applied; nil when there is none.
    package var oldestWaiting: Int64?
    package var saved: [ShardID: ShardProgress]
    /// Every change that the source made before this is applied; nil while that is not known.
    package var watermark: Timestamp?
    package var shards: [ShardStatus] = []
    /// What the spool holds; nil when there is none, or none any more.
    package var spool: SpoolTotals?
    /// Where the work is shared.
    package var leases: LeaseStatus?
    package var takenAt: Timestamp

    /// How far the replica is behind, in milliseconds; nil while that is not known.
    package var lag: Int64? { watermark.map { max(0, takenAt.milliseconds - $0.milliseconds) } }
}

/// Where one shard stands.
package struct ShardStatus: Sendable, Equatable {
    package var id: ShardID
    package var isFinished: Bool
    /// Since the machine began.
    package var recordsRead: Int
    /// Read and not yet applied.
    package var buffered: Int
    /// Failed readings in a row.
    package var failures: Int
    /// As `ReplicationStatus.watermark`, of this shard's changes alone.
    package var watermark: Timestamp?
}

extension ReplicationMachine {
    /// Records read and not yet applied.
    package var bufferedRecords: Int { buffered.records }

    /// See `Checkpoint.appliedThrough`.
    package var watermark: Timestamp? { appliedThrough }

    package func status(at now: Timestamp) -> ReplicationStatus {
        let stage: ReplicationStatus.Stage =
            switch backfill {
            case .scanning(_, let progress): .scanning(finished: progress.count { $0 == .finished }, of: progress.count)
            case .replaying: .replaying
            case .consistent, nil: listCount == 0 ? .listing : .following
            }
        var oldest: Timestamp?
        var saved: [ShardID: ShardProgress] = [:]
        for shard in shards {
            saved[shard.id] = shard.saved
            for lane in shard.lanes {
                guard let created = lane.oldest?.createdAt else { continue }
                if oldest.map({ created < $0 }) ?? true { oldest = created }
            }
        }
        return ReplicationStatus(
            stage: stage, counts: counts, shardsOpen: shards.count { $0.finishedAt == nil },
            shardsFinished: shards.count { $0.finishedAt != nil }, buffered: buffered.records,
            oldestWaiting: oldest.map { max(0, now.milliseconds - $0.milliseconds) }, saved: saved,
            watermark: appliedThrough, shards: shards.map(\.status), spool: spool?.totals, takenAt: now)
    }
}

extension ShardState {
    fileprivate var status: ShardStatus {
        ShardStatus(
            id: id, isFinished: finishedAt != nil, recordsRead: recordsRead,
            buffered: lanes.reduce(0) { $0 + $1.entryCount }, failures: failures, watermark: appliedThrough)
    }
}

package import DyadModel

/// A serial queue of writes: a part of a shard's keys, or a segment of the scan.
package struct LaneID: Sendable, Hashable {
    package enum Owner: Sendable, Hashable {
        case shard(ShardID)
        case segment(Int)
    }

    package var owner: Owner
    package var index: Int

    package init(_ owner: Owner, _ index: Int = 0) {
        self.owner = owner
        self.index = index
    }

    /// Nil for a segment of the scan.
    package var shard: ShardID? { if case .shard(let shard) = owner { shard } else { nil } }
}

/// What the shell was asked to do, named when it failed.
package enum ReplicationTask: Sendable, Hashable {
    case list
    case open(ShardID)
    case read(ShardID)
    case scan(segment: Int)
    case apply(LaneID)
    case bury(LaneID)
    case seal
    case forget(ShardID)
    case save
    case spool
    case fetch(ShardID)
    case forgetSpooled
    case discardSpool
    case lease(LeaseTask)

    package var side: ReplicationSide {
        switch self {
        case .list, .open, .read, .scan: .source
        case .apply, .seal, .forget: .target
        case .bury: .deadLetters
        case .save: .checkpoint
        case .spool, .fetch, .forgetSpooled, .discardSpool: .spool
        case .lease: .coordination
        }
    }
}

package enum ReplicationSide: String, Sendable, CaseIterable {
    case source, target, checkpoint, spool
    case coordination = "coordination table"
    case deadLetters = "dead-letter file"
}

/// What happened, told to the machine.
package enum ReplicationEvent: Sendable {
    case listed(StreamListing)
    case opened(ShardID, ShardIterator)
    case read(ShardID, RecordPage)
    case scanned(segment: Int, SnapshotPage)
    case applied(LaneID, ReplicaOutcome)
    /// The lane's dead letters are kept.
    case buried(LaneID)
    /// Nothing of the scan can come late any more.
    case sealed
    /// The target keeps nothing of the shard any more.
    case forgot(ShardID)
    case saved
    /// The pages are kept, and that is how much there is now.
    case spooled(SpoolTotals)
    /// What the spool has of a shard.
    case fetched(ShardID, [StreamRecord])
    case forgotSpooled(SpoolTotals)
    case spoolDiscarded
    case failed(ReplicationTask, PortError)
    /// Another worker's part, or this one's from now on.
    case granted(Lease)
    /// No longer this worker's.
    case revoked(LeaseID)
    /// What others hold, or nobody, and which of these shards have caught up since this worker is there.
    case observed([Lease], caughtUp: Set<ShardID> = [])
    /// For the lease machine beside this one.
    case lease(LeaseEvent)
    /// Time passed.
    case tick
    /// Someone asked to end, and why.
    case stop(String)
}

/// What shall be done, told by the machine.
package enum ReplicationEffect: Sendable, Equatable {
    case list
    case open(ShardID, StreamPosition)
    case read(ShardID, ShardIterator, limit: Int)
    case scan(segment: Int, of: Int, after: ItemBytes?)
    case apply(LaneID, ReplicaBatch)
    /// Keep what the target does not take; the lane waits for it.
    case bury(LaneID, [DeadLetter])
    /// See `ReplicaTarget.seal`.
    case seal(ScanID)
    /// See `ReplicaTarget.forget`.
    case forget(ShardID)
    case save(Checkpoint)
    /// Keep these pages in the spool, all or none.
    case spool([SpoolPage])
    /// The next records that the spool has of a shard.
    case fetch(ShardID, after: SequenceNumber?, limit: Int)
    /// Forget what is applied and checkpointed.
    case forgetSpooled([ShardID: ShardProgress])
    /// Nothing in the spool is needed any more.
    case discardSpool
    /// By the lease machine beside this one.
    case lease(LeaseEffect)
    case announce(Announcement)
    /// Nothing follows. Whatever is still under way may be dropped.
    case end(ReplicationEnding)
}

/// Why a replication ended.
package enum ReplicationEnding: Sendable, Equatable {
    case caughtUp
    case stopped(String)
    case failed(ReplicationFailure)
}

package enum ReplicationFailure: Error, Sendable, Equatable {
    /// The stream no longer keeps what comes after the checkpoint.
    case trimmed(ShardID, after: SequenceNumber?, String)
    /// The target refuses this record.
    case refused(ShardID, SequenceNumber, key: ItemBytes, String)
    /// The target refuses this item of the scan.
    case refusedItem(key: ItemBytes, String)
    /// The target refuses everything; these are the shard and the record that wait.
    case target(ShardID?, SequenceNumber?, key: ItemBytes?, String)
    case source(ReplicationTask, String)
    case checkpoint(String)
    /// What the target does not take cannot be kept either.
    case deadLetters(String)
    /// The target has failed with this record too often, or for too long.
    case exhausted(ShardID?, SequenceNumber?, key: ItemBytes, attempts: Int, String)
    /// The stream was disabled, and all that it held is applied.
    case streamDisabled
    case gaveUp(ReplicationSide, after: Int64, String)
    /// The scan took longer than the stream keeps the changes that were made meanwhile.
    case backfillOutlived(Int64)
    /// The scan goes on, and the spool has been full for almost as long as the stream keeps changes.
    case spoolOutlived(Int64)
    /// What the stream tells cannot be kept, or what was kept cannot be read.
    case spool(String)
    /// The spool no longer has a shard's records up to here, and did.
    case spoolDamaged(ShardID, through: SequenceNumber?)
}

/// A record as people find it again.
package struct RecordName: Sendable, Equatable {
    /// Nil for an item of a scan.
    package var sequence: SequenceNumber?
    /// Nil where only a place in the stream is meant.
    package var key: ItemBytes?

    package init(_ sequence: SequenceNumber?, key: ItemBytes?) {
        self.sequence = sequence
        self.key = key
    }
}

/// What people should know.
package enum Announcement: Sendable, Equatable {
    case started(StreamPosition, shards: Int)
    case resumed(shards: Int, savedAt: Timestamp)
    /// The checkpoint is older than what the stream keeps.
    case checkpointIsOld(milliseconds: Int64)
    case shardStarted(ShardID, StreamPosition)
    /// With the sequence number of its last record; nil when it had none that this process read.
    case shardFinished(ShardID, last: SequenceNumber?)
    case iteratorReplaced(ShardID, StreamPosition)
    /// LATEST cannot be returned to: the shard is read from its trim horizon.
    case latestLost(ShardID)
    case backfillStarted(segments: Int)
    case backfillResumed(finished: Int, of: Int)
    case scanFinished(items: Int)
    case spoolResumed(SpoolTotals)
    /// The spool is as large as it may be: the stream is not read until there is room.
    case spoolFull(bytes: Int)
    case spoolHasRoom
    /// All that was spooled is applied, and the spool is gone.
    case spoolDrained
    /// The same, but it could not be removed.
    case spoolLeft(String)
    case consistent(afterScan: Int64)
    /// The record is the one that waits for it.
    case failing(ReplicationTask, String, record: RecordName?, since: Int64, failures: Int)
    case recovered(ReplicationSide, after: Int64, failures: Int)
    /// A batch was refused, whose first record is named; it is halved until the record is found that is to blame.
    case narrowing(LaneID, to: Int, record: RecordName, String)
    case buried(LaneID, count: Int, SequenceNumber?, key: ItemBytes, String)
    /// What the target keeps of a shard that is gone for good could not be removed.
    case positionsLeft(ShardID, String)
    /// Held from now on; the worker that had it, if it was taken from one.
    case leaseTaken(LeaseID, from: String?)
    /// Held no longer, and why.
    case leaseLost(LeaseID, String)
}

package import DyadModel

/// What one worker at a time has to do.
package enum LeaseID: Sendable, Hashable, CustomStringConvertible {
    /// Copying the table, and saying when the replica is consistent.
    case backfill
    case shard(ShardID)

    package var description: String {
        switch self {
        case .backfill: "backfill"
        case .shard(let shard): "shard \(shard)"
        }
    }

    /// An order that is the same everywhere.
    var order: String { if case .shard(let shard) = self { shard.rawValue } else { "" } }
}

/// A row that says who holds something, and how far it came. Each change of it raises the counter.
package struct Lease: Sendable, Equatable {
    package var id: LeaseID
    /// The worker; nil when it was let go of.
    package var owner: String?
    package var counter: Int64
    /// How often it changed hands.
    package var switches: Int64
    package var parent: ShardID?
    /// Of a shard.
    package var progress: ShardProgress
    /// Of a shard: every change that was made before this is applied.
    package var appliedThrough: Timestamp?
    /// Of a shard: when its holder last found nothing more to read, all that was read being applied. Both this and
    /// `writtenAt` are by the holder's clock, and are compared with each other alone.
    package var tipAt: Timestamp?
    package var writtenAt: Timestamp?
    /// See `ShardState.isPromised`.
    package var isPromised: Bool
    /// Of the backfill.
    package var backfill: BackfillProgress?

    package init(
        _ id: LeaseID, owner: String? = nil, counter: Int64 = 0, switches: Int64 = 0, parent: ShardID? = nil,
        progress: ShardProgress = .trimHorizon, appliedThrough: Timestamp? = nil, isPromised: Bool = true,
        backfill: BackfillProgress? = nil
    ) {
        self.id = id
        self.owner = owner
        self.counter = counter
        self.switches = switches
        self.parent = parent
        self.progress = progress
        self.appliedThrough = appliedThrough
        self.isPromised = isPromised
        self.backfill = backfill
    }

    /// There is nothing left to do.
    package var isFinished: Bool {
        guard id == .backfill else { return progress.isFinished }
        if case .consistent = backfill { return true }
        return backfill == nil
    }
}

package enum LeaseReply: Sendable, Equatable {
    case written
    /// Owner or counter were not as expected; this is the row, nil when it is gone.
    case overtaken(Lease?)
}

/// Where the workers of one replication meet.
package protocol LeaseStore: Sendable {
    /// How the replication began; nil when it never did.
    func beginning() async throws(PortError) -> Checkpoint?
    /// Begins it, unless another worker has since `beginning` was asked for: false then.
    func begin(_ checkpoint: Checkpoint, laneCount: Int) async throws(PortError) -> Bool
    /// Called before anything else is done, and after one of the above said that it has begun.
    ///
    /// - Returns: lanes of a shard, for all workers.
    func enter() async throws(PortError) -> Int

    /// All rows, read strongly.
    func leases() async throws(PortError) -> [Lease]
    /// Adds a row, if there is none yet.
    func add(_ lease: Lease) async throws(PortError)
    /// Writes the row if owner and counter are still those of `former`.
    func replace(_ former: Lease, with lease: Lease) async throws(PortError) -> LeaseReply
    /// Removes the row of a shard that is long gone, and its lanes' positions.
    func remove(_ lease: Lease) async throws(PortError)
}

package struct LeaseOptions: Sendable {
    /// Milliseconds without a change of the row after which another worker may take it, and its holder gives it up.
    package var duration: Int64 = 10_000
    var renewInterval: Int64 { max(duration / 3, 1) }
    /// Between two looks at all rows.
    var pollInterval: Int64 { max(min(duration / 5, 2000), 1) }
    /// How long letting go is waited for at the end.
    package var releaseGrace: Int64 = 3000
    /// How long a finished shard's row is kept: as long as a listing may still show it, and longer.
    package var retention: Int64 = 48 * 3_600_000

    package init() {}
}

/// What happened to rows, told to the lease machine.
package enum LeaseEvent: Sendable {
    case listed([Lease])
    case added(LeaseID)
    case replied(LeaseID, LeaseReply)
    case removed(LeaseID)
    case failed(LeaseTask, PortError)
}

package enum LeaseTask: Sendable, Hashable {
    case list
    case add(LeaseID)
    case replace(LeaseID)
    case remove(LeaseID)
}

package enum LeaseEffect: Sendable, Equatable {
    case list
    case add(Lease)
    case replace(Lease, with: Lease)
    case remove(Lease)
}

/// What the lease machine tells the replication machine.
package enum LeaseNews: Sendable, Equatable {
    case granted(Lease)
    case revoked(LeaseID)
    /// Of what this worker does not hold, as it was seen last, and which of these shards have caught up.
    case observed([Lease], caughtUp: Set<ShardID>)
}

/// Of the leases that are not finished.
package struct LeaseStatus: Sendable, Equatable {
    package var held: Int
    package var all: Int
    /// Whoever holds one, and this one.
    package var workers: Int
}

package import DyadModel

/// A change that the target did not take, kept for people to look at and to apply later.
package struct DeadLetter: Sendable, Equatable {
    /// The shard that it came from; nil for an item of a backfill's scan.
    package var shard: ShardID?
    package var write: ReplicaWrite
    /// When the change was made, by the source's clock; of a scan's item when it was read.
    package var createdAt: Timestamp
    /// In the words of whoever refused.
    package var error: String
    /// Times that it was sent.
    package var attempts: Int
    package var rejectedAt: Timestamp
    /// Why the batch was given up that this record came in; nil for writes.
    package var failure: EventFailure?

    package init(
        shard: ShardID?, _ write: ReplicaWrite, createdAt: Timestamp, error: String, attempts: Int,
        rejectedAt: Timestamp
    ) {
        self.shard = shard
        self.write = write
        self.createdAt = createdAt
        self.error = error
        self.attempts = attempts
        self.rejectedAt = rejectedAt
    }
}

/// Where changes go that the target does not take.
package protocol DeadLetterStore: Sendable {
    /// Adds them; when it returns, a power cut no longer undoes it.
    ///
    /// After an error some may have been added, and all of them come again.
    func add(_ letters: [DeadLetter], of link: ReplicationLink) async throws(PortError)
}

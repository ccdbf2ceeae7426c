package import DyadModel

/// One item as the replica shall have it.
package struct ReplicaWrite: Sendable, Equatable {
    package var key: ItemBytes
    package var change: ItemChange
    /// The record that it comes from, the newest when several became one; nil for an item of the scan.
    package var sequence: SequenceNumber?
    /// When that record was made, by the source's clock; nil unless `ReplicationOptions.keepsEveryChange`, or the record
    /// itself is handed on.
    package var createdAt: Timestamp?
    /// The record itself, JSON, where records are handed on as events; nil where they come down to writes.
    package var event: [UInt8]?

    package init(
        key: ItemBytes, _ change: ItemChange, sequence: SequenceNumber? = nil, createdAt: Timestamp? = nil,
        event: [UInt8]? = nil
    ) {
        self.key = key
        self.change = change
        self.sequence = sequence
        self.createdAt = createdAt
        self.event = event
    }
}

/// Writes that a lane's next changes come down to.
package struct ReplicaBatch: Sendable, Equatable {
    /// A key stands in it once, and their order does not matter; events are all there, in their order.
    package var writes: [ReplicaWrite]
    /// All of the lane's changes up to here were applied before, as the target confirmed; nil before its first answer.
    package var after: SequenceNumber?
    /// With this batch all of the lane's changes up to here are applied; nil for a scan's items.
    package var through: SequenceNumber?
    /// The scan whose items these are; told to targets alone that keep what of it is done.
    package var scan: ScanID?

    package init(
        writes: [ReplicaWrite], after: SequenceNumber? = nil, through: SequenceNumber? = nil, scan: ScanID? = nil
    ) {
        self.writes = writes
        self.after = after
        self.through = through
        self.scan = scan
    }
}

/// One copying of a whole table.
package struct ScanID: Sendable, Hashable {
    /// When it was begun.
    package var since: Timestamp
    package var segments: Int

    package init(since: Timestamp, segments: Int) {
        self.since = since
        self.segments = segments
    }
}

/// What a target made of a batch.
package struct ReplicaOutcome: Sendable, Equatable {
    /// Keys of writes that were not done and shall be sent again.
    package var unprocessed: [ItemBytes]
    /// What a two-way target found; nil from others.
    package var twoWay: TwoWayCounts?
    /// What became of a batch of events; nil from targets that are written to.
    package var events: EventOutcome?

    package init(unprocessed: [ItemBytes] = [], twoWay: TwoWayCounts? = nil) {
        self.unprocessed = unprocessed
        self.twoWay = twoWay
    }

    package init(_ events: EventOutcome) {
        unprocessed = []
        self.events = events
    }
}

/// The table that is written to.
package protocol ReplicaTarget: Sendable {
    /// Applies a lane's next batch. A lane has one under way at a time.
    ///
    /// Applying is repeatable: after an error any part of the batch may have been applied, and all of it comes again.
    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome

    /// Called before the first batch.
    ///
    /// - Parameters:
    ///   - isNew: the replication begins; what an earlier one applied, or may yet, counts no more.
    ///   - laneCount: lanes of a shard, as this process would have them.
    /// - Returns: how many there are to be: a target that keeps where lanes stand keeps their number as well.
    func prepare(isNew: Bool, laneCount: Int) async throws(PortError) -> Int

    /// Nothing of that scan is applied from now on, however late it arrives. Asked for where `isGuarded`.
    func seal(_ scan: ScanID) async throws(PortError)

    /// Nothing of that shard is read or applied any more, by anybody: what is kept of it can go. Asked for where
    /// `isGuarded`.
    func forget(_ shard: ShardID) async throws(PortError)
}

extension ReplicaTarget {
    package func prepare(isNew: Bool, laneCount: Int) async throws(PortError) -> Int { laneCount }
    package func seal(_ scan: ScanID) async throws(PortError) {}
    package func forget(_ shard: ShardID) async throws(PortError) {}
}

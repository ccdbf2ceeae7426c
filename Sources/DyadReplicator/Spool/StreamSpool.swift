package import DyadModel

/// What was read of a shard at a time, to be kept in the spool.
package struct SpoolPage: Sendable, Equatable {
    package var shard: ShardID
    /// Once it is spooled it is known for good, though the stream may list it no longer.
    package var parent: ShardID?
    /// Behind all that the spool has of the shard; none notes the shard, or when it was read last.
    package var records: [StreamRecord]
    /// The shard is closed and this was the last of it.
    package var isEnd: Bool
    /// When the source was asked: a shard's changes of before are in the spool, if its tip was seen or no record of it.
    package var askedAt: Timestamp

    package init(
        _ shard: ShardID, parent: ShardID? = nil, _ records: [StreamRecord] = [], isEnd: Bool = false,
        askedAt: Timestamp
    ) {
        self.shard = shard
        self.parent = parent
        self.records = records
        self.isEnd = isEnd
        self.askedAt = askedAt
    }
}

/// How far a shard is spooled.
package struct SpooledShard: Sendable, Equatable {
    package var parent: ShardID?
    /// The last record that was ever spooled of it, whether it is still there or was forgotten since.
    package var through: SequenceNumber?
    package var isEnded: Bool
    /// Of its last page.
    package var askedAt: Timestamp

    package init(
        parent: ShardID? = nil, through: SequenceNumber? = nil, isEnded: Bool = false, askedAt: Timestamp
    ) {
        self.parent = parent
        self.through = through
        self.isEnded = isEnded
        self.askedAt = askedAt
    }

    /// What is known of the shard once `page` is kept.
    package mutating func add(_ page: SpoolPage) {
        parent = page.parent ?? parent
        through = page.records.last?.sequence ?? through
        isEnded = isEnded || page.isEnd
        askedAt = max(askedAt, page.askedAt)
    }
}

/// How much a spool holds at present.
package struct SpoolTotals: Sendable, Equatable {
    package var records: Int
    /// What they take of the disk.
    package var bytes: Int

    package init(records: Int = 0, bytes: Int = 0) {
        self.records = records
        self.bytes = bytes
    }
}

/// All that a machine must know of a spool to go on with it.
package struct SpoolContents: Sendable, Equatable {
    /// Drawn at random for one backfill, and named in its checkpoints: another one's spool does not serve.
    package var id: String
    package var link: ReplicationLink
    package var shards: [ShardID: SpooledShard]
    package var totals: SpoolTotals

    package init(
        id: String, link: ReplicationLink, shards: [ShardID: SpooledShard] = [:], totals: SpoolTotals = SpoolTotals()
    ) {
        self.id = id
        self.link = link
        self.shards = shards
        self.totals = totals
    }
}

/// Keeps what the stream tells while a backfill scans, for longer than the stream does.
///
/// Nothing is ever the spool's alone to decide: what goes in, what comes out and what is forgotten, the machine says.
package protocol StreamSpool: Sendable {
    /// What it is kept in, for people.
    var name: String { get }

    /// What an earlier process left; nil when there is nothing.
    ///
    /// - Throws: `.fatal` when what is there is no spool.
    func load() async throws(PortError) -> SpoolContents?

    /// Begins an empty one in the place of what is there. When it returns, a power cut no longer undoes it.
    func create(_ id: String, for link: ReplicationLink) async throws(PortError)

    /// Keeps all of the pages or nothing. When it returns, a power cut no longer undoes it.
    ///
    /// Repeatable: after an error all may be kept, and all comes again.
    func append(_ pages: [SpoolPage]) async throws(PortError) -> SpoolTotals

    /// The oldest records of a shard behind `sequence`: at least one if there is any, at most `limit` and about 1 MB.
    func records(
        of shard: ShardID, after sequence: SequenceNumber?, limit: Int
    ) async throws(PortError) -> [StreamRecord]

    /// Forgets the records that are applied and checkpointed, and shards that are finished.
    func forget(_ progress: [ShardID: ShardProgress]) async throws(PortError) -> SpoolTotals

    /// Removes all of it; that nothing is there is no error.
    func discard() async throws(PortError)
}

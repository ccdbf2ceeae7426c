import DyadModel

/// The spool as the machine sees it: where the stream goes while the table is copied.
struct SpoolState {
    let id: String
    var totals: SpoolTotals
    /// Pages with records that are being read, or that wait to be kept: the bound on memory.
    var pagesHeld = 0
    /// Shards whose page waits to be kept, or is being kept.
    var waiting = 0
    var isAppending = false
    var isForgetting = false
    /// What it was last told to forget.
    var forgotten: [ShardID: ShardProgress] = [:]
    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)
    /// It is as large as it may be: the stream is not read.
    var fullSince: Timestamp?
    /// All that it held is applied and checkpointed, and no shard is spooled any more.
    var isDone = false
    var isDiscarding = false

    static let pagesHeldMax = 16
}

/// A shard whose records go to the spool first, and from there to its lanes.
struct ShardSpool {
    /// The last record that is kept, or that needs no keeping.
    var through: SequenceNumber?
    /// The page that was read and is not kept yet; nothing more is read meanwhile.
    var page: SpoolPage?
    var isAppending = false
    /// The last of a closed shard is kept.
    var isEnded = false
    /// When it was last seen to have no more to tell, as the disk knows it.
    var notedAt: Timestamp
    var isFetching = false
    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)
    /// The replay has come to the end of what is kept: nothing more is read until it is through.
    var isGoingOver = false
}

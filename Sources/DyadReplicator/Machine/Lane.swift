import DyadModel

/// Writes that go to the target one batch after the other: what keeps a key's changes in order.
struct Lane {
    struct Entry {
        var write: ReplicaWrite
        /// The record read just before the oldest in it; nil when that was the shard's first. Once everything in front
        /// of this entry is applied, that is the checkpoint.
        var before: SequenceNumber?
        /// Of the oldest record in it.
        var createdAt: Timestamp
        var recordCount: Int
        var byteCount: Int
    }

    /// What waits, a key once, in the order of the oldest record of each.
    private var waiting: [Entry] = []
    /// Where a key waits, counted from the lane's beginning.
    private var places: [ItemBytes: Int] = [:]
    /// Entries that have left `waiting` since the lane's beginning.
    private var takenCount = 0
    /// The batch that must be applied to the last entry before the lane moves on.
    private(set) var batch: [Entry] = []
    /// Entries at the front of `batch` that the target has been given; 0 when it owes no answer.
    private(set) var inFlight = 0
    /// Entries of a batch that are given at a time: all, until one of them is refused.
    private var portion = Int.max

    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)

    var isEmpty: Bool { batch.isEmpty && waiting.isEmpty }
    var oldest: Entry? { batch.first ?? waiting.first }
    func isReady(at now: Timestamp) -> Bool { inFlight == 0 && !isEmpty && notBefore <= now }

    /// Queues a change. A change of the same key that still waits gives way: only its last image matters.
    ///
    /// - Returns: the bytes by which the lane grew, negative when it shrank.
    mutating func add(_ entry: Entry) -> Int {
        if let place = places[entry.write.key] {
            let index = place - takenCount
            let former = waiting[index].byteCount
            waiting[index].write = entry.write
            waiting[index].recordCount += entry.recordCount
            waiting[index].byteCount = entry.byteCount
            return entry.byteCount - former
        }
        places[entry.write.key] = takenCount + waiting.count
        waiting.append(entry)
        return entry.byteCount
    }

    /// The next writes for the target.
    ///
    /// - Precondition: `isReady`.
    mutating func take(upTo batchSize: Int) -> [ReplicaWrite] {
        precondition(inFlight == 0 && !isEmpty, "a lane sends one batch at a time")
        if batch.isEmpty {
            batch = Array(waiting.prefix(batchSize))
            waiting.removeFirst(batch.count)
            takenCount += batch.count
            for entry in batch { places[entry.write.key] = nil }
            portion = .max
        }
        inFlight = min(portion, batch.count)
        return batch.prefix(inFlight).map(\.write)
    }

    /// The target did what it was given but for `unprocessed`, which stay in front.
    ///
    /// - Returns: the entries that are applied.
    mutating func settle(unprocessed: [ItemBytes]) -> [Entry] {
        let given = batch.prefix(inFlight)
        let rest = batch.dropFirst(inFlight)
        inFlight = 0
        if unprocessed.isEmpty {
            batch = Array(rest)
            return Array(given)
        }
        let undone = Set(unprocessed)
        batch = given.filter { undone.contains($0.write.key) } + rest
        return given.filter { !undone.contains($0.write.key) }
    }

    /// The target failed: all that it was given comes again.
    mutating func giveBack() { inFlight = 0 }

    /// The target refused what it was given: half of it comes next.
    ///
    /// - Returns: how many; nil when it was one entry alone, which is then to blame.
    mutating func narrow() -> Int? {
        guard inFlight > 1 else { return nil }
        portion = inFlight / 2
        inFlight = 0
        return portion
    }
}

extension ItemBytes {
    /// FNV-1a, 64 bits: the same in every process, which Swift's own hashing is not.
    func lane(of count: Int) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        // The low bits of FNV alone are weak.
        return Int((hash ^ hash >> 32) % UInt64(count))
    }
}

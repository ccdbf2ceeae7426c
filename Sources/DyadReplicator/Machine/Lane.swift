import DyadModel

/// Changes that go to the target one batch after the other: what keeps a key's changes in order.
///
/// A batch is a run: the changes at the front, a key's all in one. So whatever was applied is all there is up to a
/// sequence number, and a target that keeps this number can tell a batch that it has from one that it has not.
struct Lane {
    /// One record, or one item of a scan.
    struct Entry {
        var write: ReplicaWrite
        /// The record read just before it; nil when it was the shard's first. Once everything in front of it is applied,
        /// that is the checkpoint.
        var before: SequenceNumber?
        var createdAt: Timestamp
        var byteCount: Int
        /// By this machine's clock.
        var readAt = Timestamp(milliseconds: .min)
    }

    /// What waits, from `head` on; what stands before it is gone.
    private(set) var waiting: [Entry] = []
    private(set) var head = 0
    /// What must be applied to the last before the lane moves on.
    var run: [Entry] = []
    /// The number of keys that the target has been given; 0 when it owes no answer.
    private(set) var inFlight = 0
    /// What the target will not have, in the form in which it is to be kept elsewhere.
    private(set) var condemned: [DeadLetter] = []
    var isBurying = false
    /// Of the last record of the run.
    private var through: SequenceNumber?
    /// All up to here is applied, as the target said; nil before the first answer.
    private(set) var confirmed: SequenceNumber?
    /// Keys that are given at a time, at most: fewer after a refusal, until the record is found that is to blame.
    private var portion = Int.max

    var failures = 0
    var notBefore = Timestamp(milliseconds: .min)

    /// See `ReplicationOptions`.
    private let keepsEveryChange: Bool
    /// Its records are events: see Lane+Events.swift. Nil where they come down to writes.
    let events: EventBatching?
    /// Bytes of the events that wait.
    var waitingBytes = 0
    /// What is left of a batch that was divided.
    var parts: [Part] = []
    /// Times that the run failed, and how it did last.
    var attempts = 0
    var lastFailure: EventFailure?

    /// - Parameter confirmed: what the target had already when the lane was made.
    init(confirmed: SequenceNumber? = nil, keepsEveryChange: Bool = false, events: EventBatching? = nil) {
        self.confirmed = confirmed
        self.keepsEveryChange = keepsEveryChange
        self.events = events
    }

    var isEmpty: Bool { run.isEmpty && head == waiting.count }
    var entryCount: Int { run.count + waiting.count - head }
    var oldest: Entry? { run.first ?? (head < waiting.count ? waiting[head] : nil) }
    func isReady(at now: Timestamp) -> Bool {
        inFlight == 0 && condemned.isEmpty && !isEmpty && notBefore <= now && hasBatch(at: now)
    }

    mutating func add(_ entry: Entry) {
        waiting.append(entry)
        if events != nil { waitingBytes += entry.byteCount }
    }

    /// The next batch.
    ///
    /// - Precondition: `isReady`.
    mutating func take(keysMax: Int, bytesMax: Int) -> ReplicaBatch {
        precondition(inFlight == 0 && !isEmpty, "a lane sends one batch at a time")
        if run.isEmpty {
            if let events { formEvents(events) } else { form(keysMax: min(keysMax, portion), bytesMax: bytesMax) }
        }
        let writes = events == nil ? merged : run.map(\.write)
        inFlight = writes.count
        return ReplicaBatch(writes: writes, after: confirmed, through: through)
    }

    /// Moves from what waits to the run: a key's later changes come along as long as they follow without a gap.
    private mutating func form(keysMax: Int, bytesMax: Int) {
        var sizes: [ItemBytes: Int] = [:]
        var bytes = 0
        var end = head
        while end < waiting.count {
            let entry = waiting[end]
            let former = sizes[entry.write.key]
            if former == nil ? sizes.count == keysMax : keepsEveryChange { break }
            let grown = bytes - (former ?? 0) + entry.byteCount
            if grown > bytesMax, end > head { break }
            bytes = grown
            sizes[entry.write.key] = entry.byteCount
            end += 1
        }
        moveToRun(upTo: end)
    }

    mutating func moveToRun(upTo end: Int) {
        run = Array(waiting[head..<end])
        through = run.last?.write.sequence
        head = end
        // Now and then what is gone is let go of, so that each entry moves once on the average.
        if head > 64, head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
    }

    /// The last change of each key, in the order in which the keys first appear.
    private var merged: [ReplicaWrite] {
        var writes: [ReplicaWrite] = []
        var places: [ItemBytes: Int] = [:]
        for entry in run {
            if let place = places[entry.write.key] {
                writes[place] = entry.write
            } else {
                places[entry.write.key] = writes.count
                writes.append(entry.write)
            }
        }
        return writes
    }

    /// The target did what it was given but for `unprocessed`, which stay in front.
    ///
    /// - Returns: the records that are applied, in their order.
    mutating func settle(unprocessed: [ItemBytes]) -> [Entry] {
        inFlight = 0
        // One that was applied was not to blame; the rest is tried in larger parts again.
        portion = portion > Int.max / 2 ? .max : portion * 2
        let undone = Set(unprocessed)
        let settled = undone.isEmpty ? run : run.filter { !undone.contains($0.write.key) }
        if settled.count == run.count {
            run = []
            confirmed = through ?? confirmed
        } else {
            run.removeAll { !undone.contains($0.write.key) }
        }
        return settled
    }

    /// The target failed: all that it was given comes again, just so.
    mutating func giveBack() { inFlight = 0 }

    /// Drops all but the memory of what is in flight.
    ///
    /// - Returns: what is dropped.
    mutating func abandon() -> [Entry] {
        defer {
            run = []
            waiting = []
            head = 0
            condemned = []
        }
        return run + waiting[head...]
    }

    /// The target refused what it was given and did none of it: half of it comes next.
    ///
    /// - Returns: how many keys; nil when it was one alone, which is then to blame.
    mutating func narrow() -> Int? {
        guard inFlight > 1 else { return nil }
        portion = inFlight / 2
        returnToWaiting(run[...])
        return portion
    }

    /// Puts the end of the run back in front of what waits.
    mutating func returnToWaiting(_ rest: ArraySlice<Entry>) {
        inFlight = 0
        waiting.replaceSubrange(..<head, with: rest)
        head = 0
        run.removeLast(rest.count)
        through = run.last?.write.sequence
    }

    /// All of the run is done, if nothing of it is left.
    mutating func noteSettled() { if run.isEmpty { confirmed = through ?? confirmed } }

    /// The target will not have the run: it waits to be kept elsewhere.
    mutating func condemn(as letters: [DeadLetter]) {
        inFlight = 0
        condemned = letters
    }

    /// The last record of each key of the run, or every one where they are events: what the target was given.
    var rejected: [Entry] {
        if events != nil { return run }
        var last: [ItemBytes: Entry] = [:]
        for entry in run { last[entry.write.key] = entry }
        return merged.compactMap { last[$0.key] }
    }

    func isToBeBuried(at now: Timestamp) -> Bool { !condemned.isEmpty && !isBurying && notBefore <= now }

    /// What was condemned is kept elsewhere, and the lane moves on.
    ///
    /// - Returns: its records.
    mutating func buried() -> [Entry] {
        condemned = []
        isBurying = false
        portion = .max
        failures = 0
        attempts = 0
        lastFailure = nil
        defer { run = [] }
        return run
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

import DyadModel

// Batches of events: records as they came, a key's all of them, and the next batch only when this one is done with.
extension Lane {
    /// A part of a batch that was divided: it comes as a batch of its own, whatever waits behind it.
    struct Part: Equatable {
        var count: Int
        /// Times that it failed before it was divided off.
        var attempts = 0
    }

    var waitingCount: Int { waiting.count - head }

    /// When the first record has waited as long as is wanted; nil when it waits for something else.
    var windowEnd: Timestamp? {
        guard let events, inFlight == 0, condemned.isEmpty, run.isEmpty, parts.isEmpty, waitingCount > 0 else {
            return nil
        }
        return waiting[head].readAt.advanced(by: events.window)
    }

    /// A batch is full, or has waited long enough, or has been sent before.
    func hasBatch(at now: Timestamp) -> Bool {
        guard let events, let windowEnd else { return true }
        return windowEnd <= now || waitingCount >= events.recordsMax || waitingBytes >= events.bytesMax
    }

    /// Moves the next batch from what waits to the run.
    mutating func formEvents(_ events: EventBatching) {
        let part = parts.isEmpty ? Part(count: events.recordsMax) : parts.removeFirst()
        var bytes = 0
        var end = head
        while end < waiting.count, end - head < part.count {
            let grown = bytes + waiting[end].byteCount
            if grown > events.bytesMax, end > head { break }
            bytes = grown
            end += 1
        }
        attempts = part.attempts
        waitingBytes -= bytes
        moveToRun(upTo: end)
    }

    /// The first `count` records of the run are handled; the rest comes again as a batch that never failed.
    ///
    /// - Returns: the records that are handled.
    mutating func settleEvents(_ count: Int) -> [Entry] {
        giveBack()
        let settled = Array(run.prefix(count))
        run.removeFirst(count)
        attempts = 0
        lastFailure = nil
        noteSettled()
        return settled
    }

    /// The run comes again in two halves.
    ///
    /// - Returns: how many records the first has; nil when the run is one record, which is then to blame.
    mutating func halve() -> Int? {
        guard run.count > 1 else { return nil }
        let half = (run.count + 1) / 2
        parts.insert(contentsOf: [Part(count: half), Part(count: run.count - half)], at: 0)
        returnFromRun(keeping: 0)
        return half
    }

    /// The run becomes its first `count` records; the rest comes later as it was.
    mutating func cut(to count: Int) {
        guard count < run.count else { return }
        parts.insert(Part(count: run.count - count, attempts: attempts), at: 0)
        returnFromRun(keeping: count)
    }

    /// Puts all but the first `count` records of the run back in front of what waits.
    private mutating func returnFromRun(keeping count: Int) {
        let rest = run[count...]
        waitingBytes += rest.reduce(0) { $0 + $1.byteCount }
        returnToWaiting(rest)
    }
}

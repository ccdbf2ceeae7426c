package import DyadModel

/// Invocations that nobody waits for, until they are done: each is tried three times at most, as AWS does.
///
/// docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
package struct EventQueue<Work: Sendable>: Sendable {
    package struct Entry: Sendable {
        package let id: String
        package let work: Work
        let bytes: Int
        let acceptedAt: Timestamp
        /// Times that it failed.
        var failures = 0
        /// Times in a row that all environments were busy.
        var throttles = 0
        var due: Timestamp
        var isRunning = false
    }

    package enum Outcome: Sendable { case succeeded, failed, throttled }

    /// What becomes of an entry that did not succeed.
    package enum Fate: Sendable, Equatable {
        case done
        case again(at: Timestamp)
        case givenUp
    }

    /// AWS waits a minute before the second try and two before the third.
    static var pauses: [Int64] { [60_000, 120_000] }
    /// AWS gives up what is older than six hours.
    static var ageMax: Int64 { 6 * 60 * 60 * 1000 }
    static var throttlePauseMin: Int64 { 1000 }
    static var throttlePauseMax: Int64 { 5 * 60 * 1000 }
    /// Entries and bytes that wait at a time, of all functions: they lie in memory.
    static var entriesMax: Int { 10_000 }
    static var bytesMax: Int { 256 << 20 }

    private var entries: [String: Entry] = [:]
    private var bytes = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// - Returns: false when there is no room.
    package mutating func add(_ id: String, _ work: Work, bytes count: Int, at now: Timestamp) -> Bool {
        guard entries.count < Self.entriesMax, bytes + count <= Self.bytesMax else { return false }
        entries[id] = Entry(id: id, work: work, bytes: count, acceptedAt: now, due: now)
        bytes += count
        return true
    }

    /// What is to be tried now, the oldest first. It counts as running until it is settled.
    package mutating func take(at now: Timestamp) -> [Entry] {
        let taken = entries.values.filter { !$0.isRunning && $0.due <= now }
            .sorted { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }
        for entry in taken { entries[entry.id]?.isRunning = true }
        return taken
    }

    package mutating func settle(_ id: String, _ outcome: Outcome, at now: Timestamp) -> Fate {
        guard var entry = entries[id] else { return .done }
        let pause: Int64
        switch outcome {
        case .succeeded:
            remove(id)
            return .done
        case .failed:
            guard entry.failures < Self.pauses.count else { return giveUp(id) }
            pause = Self.pauses[entry.failures]
            entry.failures += 1
            entry.throttles = 0
        case .throttled:
            pause = min(Self.throttlePauseMax, Self.throttlePauseMin << min(Int64(entry.throttles), 9))
            entry.throttles += 1
        }
        let due = now.advanced(by: pause)
        guard due.milliseconds - entry.acceptedAt.milliseconds <= Self.ageMax else { return giveUp(id) }
        entry.due = due
        entry.isRunning = false
        entries[id] = entry
        return .again(at: due)
    }

    private mutating func giveUp(_ id: String) -> Fate {
        remove(id)
        return .givenUp
    }

    private mutating func remove(_ id: String) {
        bytes -= entries.removeValue(forKey: id)?.bytes ?? 0
    }
}

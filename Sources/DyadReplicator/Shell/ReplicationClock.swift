package import DyadModel

/// A clock that can be waited for.
package protocol ReplicationClock: WallClock {
    /// - Throws: when the task is cancelled.
    func sleep(until time: Timestamp) async throws
}

/// The machine's time at the start, carried on by a clock that nobody sets: pauses do not grow when someone turns the
/// wall clock back.
package struct SteadyClock: ReplicationClock {
    private let start: Timestamp
    private let anchor: ContinuousClock.Instant

    package init() {
        start = SystemClock().now
        anchor = ContinuousClock.now
    }

    package var now: Timestamp {
        let (seconds, attoseconds) = (ContinuousClock.now - anchor).components
        return start.advanced(by: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    package func sleep(until time: Timestamp) async throws {
        // A tick that comes a moment early would find nothing due.
        let wait = time.milliseconds - start.milliseconds
        try await Task.sleep(until: anchor + .milliseconds(wait), tolerance: nil, clock: .continuous)
    }
}

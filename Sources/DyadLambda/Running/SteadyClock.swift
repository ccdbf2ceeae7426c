package import DyadModel

/// The time of day when it was made, and from there on what has passed: nobody can set it.
///
/// Processes run in the machine's time, so what limits them does not follow an emulator's clock that was moved.
package struct SteadyClock: WallClock {
    private let base: Timestamp
    private let start = ContinuousClock.now

    package init(base: Timestamp = SystemClock().now) { self.base = base }

    package var now: Timestamp { base.advanced(by: (ContinuousClock.now - start).wholeMilliseconds) }
}

extension Duration {
    package var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

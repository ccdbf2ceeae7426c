import DyadModel
import Synchronization

/// A clock that users' tests can move: the machine's time, running or as it was at the start, and what was added to it.
final class MovableClock: WallClock {
    private let start: Timestamp?
    private let added = Atomic<Int64>(0)

    init(isRunning: Bool) { start = isRunning ? nil : SystemClock().now }

    var now: Timestamp { (start ?? SystemClock().now).advanced(by: added.load(ordering: .acquiring)) }

    func advance(milliseconds: Int64) { added.add(milliseconds, ordering: .acquiringAndReleasing) }
}

package import DyadModel
import Synchronization

/// A clock that users' tests can move: another clock's time and what was added to it, or a time that stands still.
///
/// It never moves back. Only a reader that asks just as it is made to stand still may see a time later by a moment.
package final class MovableClock: WallClock {
    /// What it shows.
    package struct Reading: Sendable, Equatable {
        package var now: Timestamp
        package var isRunning: Bool
    }

    package enum Move: Sendable, Equatable {
        case by(milliseconds: Int64)
        case to(Timestamp)
    }

    /// Why it was not moved.
    package enum Refusal: Error, Equatable {
        case backward(from: Timestamp)
        /// Labels of streams have four digits for the year.
        case beyond(Timestamp)
    }

    /// The last moment of the year 9999.
    package static let end = Timestamp(milliseconds: 253_402_300_799_999)
    private static let running = Int64.min

    private let base: any WallClock
    private let changing = Mutex(())
    /// Milliseconds that are added to the base's while it runs.
    private let added: Atomic<Int64>
    /// Milliseconds since 1970 at which it stands still; `running` while it does not.
    private let stoppedAt: Atomic<Int64>

    package init(isRunning: Bool, base: any WallClock = SystemClock()) {
        self.base = base
        added = Atomic(0)
        stoppedAt = Atomic(isRunning ? Self.running : base.now.milliseconds)
    }

    package var now: Timestamp { reading.now }

    package var reading: Reading {
        // In this order: what is to be added is stored before it is told to run.
        let stopped = stoppedAt.load(ordering: .acquiring)
        guard stopped == Self.running else {
            return Reading(now: Timestamp(milliseconds: stopped), isRunning: false)
        }
        return Reading(now: base.now.advanced(by: added.load(ordering: .acquiring)), isRunning: true)
    }

    /// Moves the clock, and lets it run on or stand still from there.
    ///
    /// - Parameters:
    ///   - move: nil leaves the time as it is.
    ///   - isRunning: nil leaves it as it is.
    /// - Returns: what it shows from now on.
    @discardableResult
    package func change(_ move: Move?, isRunning: Bool? = nil) throws(Refusal) -> Reading {
        try changing.withLock { (_) throws(Refusal) in
            let before = reading
            let now = try before.now.moved(by: move)
            if isRunning ?? before.isRunning {
                added.store(now.milliseconds - base.now.milliseconds, ordering: .releasing)
                stoppedAt.store(Self.running, ordering: .releasing)
            } else {
                stoppedAt.store(now.milliseconds, ordering: .releasing)
            }
            return reading
        }
    }
}

extension Timestamp {
    fileprivate func moved(by move: MovableClock.Move?) throws(MovableClock.Refusal) -> Timestamp {
        let moved: Timestamp
        switch move {
        case nil: return self
        case .by(let count):
            let (sum, overflows) = milliseconds.addingReportingOverflow(count)
            guard !overflows else { throw .beyond(MovableClock.end) }
            moved = Timestamp(milliseconds: sum)
        case .to(let time): moved = time
        }
        guard moved >= self else { throw .backward(from: self) }
        guard moved <= MovableClock.end else { throw .beyond(MovableClock.end) }
        return moved
    }
}

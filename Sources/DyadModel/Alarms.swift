/// The alarms that a loop has set and that have not rung yet.
///
/// One that is set is never taken back: a sleep that is cancelled keeps its memory until it would have ended. So another
/// is set only where none of them comes as early, and a loop that is always called earlier than it is due does not heap
/// up sleepers.
package struct Alarms: Sendable {
    /// The earliest is the last.
    private var times: [Timestamp] = []

    package init() {}

    package var count: Int { times.count }

    /// Wants one to ring at `time` at the latest. One that comes early finds nothing to do.
    ///
    /// - Returns: true when it is to be set.
    package mutating func want(_ time: Timestamp) -> Bool {
        if let earliest = times.last, earliest <= time { return false }
        times.append(time)
        return true
    }

    /// - Parameter time: for which it was set.
    package mutating func rang(_ time: Timestamp) { times.removeAll { $0 == time } }
}

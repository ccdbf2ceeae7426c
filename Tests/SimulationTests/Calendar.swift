import DyadModel
import DyadReplicator

/// What is to happen and when, and what time it is in a simulated world.
struct Calendar<Action> {
    private struct Appointment {
        var time: Timestamp
        var action: Action
    }

    private(set) var now: Timestamp
    /// The earliest is the last, and of those at one time the one that was made first.
    private var appointments: [Appointment] = []

    init(from dawn: Timestamp) { now = dawn }

    /// When the next appointment is.
    var next: Timestamp? { appointments.last?.time }

    mutating func schedule(_ action: Action, after delay: Int64) {
        let time = now.advanced(by: delay)
        var (low, high) = (0, appointments.count)
        while low < high {
            let middle = (low + high) / 2
            if appointments[middle].time > time { low = middle + 1 } else { high = middle }
        }
        appointments.insert(Appointment(time: time, action: action), at: low)
    }

    /// Sometime in between.
    mutating func schedule(_ action: Action, in delays: ClosedRange<Int64>, using random: inout SeededRandom) {
        schedule(action, after: Int64.random(in: delays, using: &random))
    }

    /// Time passes, and never goes back.
    mutating func pass(to time: Timestamp) { now = max(now, time) }

    /// The next appointment, whose time it is then; nil when there is none left.
    mutating func takeNext() -> Action? {
        guard let appointment = appointments.popLast() else { return nil }
        pass(to: appointment.time)
        return appointment.action
    }
}

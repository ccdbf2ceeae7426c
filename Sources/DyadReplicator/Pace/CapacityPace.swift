import DyadModel
import Synchronization

/// Keeps the calls of all lanes together below so many capacity units a second.
///
/// A call waits before it is made, with nothing but its own writes in memory: a lane that waits takes no more.
package final class CapacityPace: Sendable {
    private let budget: Mutex<CapacityBudget>
    private let portion = Mutex(ScanPortion())
    private let queue = FairQueue()
    private let clock: any ReplicationClock
    /// See `CapacityBudget.callUnitsMax`.
    package let callUnitsMax: Double

    package init(unitsPerSecond: Double, clock: any ReplicationClock) {
        let budget = CapacityBudget(unitsPerSecond: unitsPerSecond)
        callUnitsMax = budget.callUnitsMax
        self.budget = Mutex(budget)
        self.clock = clock
    }

    /// Returns when the call may be made. Calls are served in the order in which they ask.
    ///
    /// A call that fails stays paid for as it was booked: it may have been carried out, and where it was throttled the
    /// table had no more to give.
    package func begin(expecting units: Double) async throws(PortError) -> CapacityBudget.Booking {
        do {
            try await queue.enter()
            defer { queue.leave() }
            while true {
                let start = budget.withLock(\.start)
                guard start > clock.now else { break }
                // What is under way may turn out to cost more meanwhile.
                try await clock.sleep(until: start)
            }
            return budget.withLock { $0.book(units, at: clock.now) }
        } catch { throw PortError(.unavailable, "cancelled") }
    }

    /// - Parameter units: what the endpoint says that the call has cost, or an estimate.
    package func settle(_ booking: CapacityBudget.Booking, spent units: Double) {
        budget.withLock { $0.settle(booking, spent: units) }
    }

    /// As `begin`, for a page of a scan.
    ///
    /// - Returns: how many items the page may look at.
    package func beginPage() async throws(PortError) -> (items: Int, booking: CapacityBudget.Booking) {
        let next = portion.withLock { $0.next(within: callUnitsMax) }
        return (next.items, try await begin(expecting: next.units))
    }

    package func settlePage(_ booking: CapacityBudget.Booking, items: Int, spent units: Double) {
        portion.withLock { $0.saw(items: items, units: units) }
        settle(booking, spent: units)
    }
}

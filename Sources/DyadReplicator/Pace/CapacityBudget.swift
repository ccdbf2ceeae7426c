package import DyadModel

/// How many capacity units may be spent a second, and until when what was spent is paid for.
///
/// A token bucket that holds no more than it owes: a call may begin as soon as all that began before it is paid for, and
/// its own units are a debt that the next one waits for. Time in which nothing was asked is not saved up, so nothing is
/// ever spent in a burst larger than one call.
package struct CapacityBudget: Sendable {
    /// What a call that began is expected to cost.
    package struct Booking: Sendable, Equatable { package let units: Double }

    /// Units a second: a lower rate is taken for this one, so that no time is beyond what a clock can tell.
    package static let rateMin = 0.001

    package let unitsPerSecond: Double
    /// Milliseconds since 1970.
    private var paidUntil = 0.0

    package init(unitsPerSecond: Double) {
        precondition(unitsPerSecond > 0 && unitsPerSecond.isFinite, "a rate is above 0")
        self.unitsPerSecond = max(unitsPerSecond, Self.rateMin)
    }

    /// What one call may be expected to cost at most: the units of a second, and one unit at least.
    package var callUnitsMax: Double { max(1, unitsPerSecond) }

    /// When the next call may begin: all that was spent is paid for then, as far as it is known by now.
    package var start: Timestamp { Timestamp(milliseconds: Int64(paidUntil.rounded(.up))) }

    /// A call begins.
    package mutating func book(_ units: Double, at now: Timestamp) -> Booking {
        paidUntil = max(paidUntil, Double(now.milliseconds)) + milliseconds(units)
        return Booking(units: units)
    }

    /// The call has cost so much. One that is never settled is paid as it was booked.
    package mutating func settle(_ booking: Booking, spent units: Double) {
        paidUntil += milliseconds(units - booking.units)
    }

    private func milliseconds(_ units: Double) -> Double { units * 1000 / unitsPerSecond }
}

/// What calls cost where the endpoint does not tell, estimated from the JSON of items, which is longer than what AWS
/// charges for: a table is then asked for less than the rate, and not for more.
package enum CapacityEstimate {
    /// A consistent read of this much is one unit.
    package static let readUnitBytes = 4096
    /// A write of this much is one unit, of each item by itself.
    package static let writeUnitBytes = 1024
    /// AWS's limit on what a Scan reads.
    package static let pageBytesMax = 1 << 20

    /// A page is charged as a whole, and costs a unit at least.
    package static func read(bytes: Int) -> Double { Double(max(1, (bytes + readUnitBytes - 1) / readUnitBytes)) }
    package static func write(bytes: Int) -> Double { Double(max(1, (bytes + writeUnitBytes - 1) / writeUnitBytes)) }

    /// A write in a transaction is charged twice: it is prepared, then committed.
    package static let transactionFactor = 2.0
}

/// How many items a page of a scan may look at, so that it costs about what a call may and not hundreds of units.
package struct ScanPortion: Sendable {
    package static let itemsMax = 100_000

    /// Of the page that came last. Before the first an item is taken for a unit.
    private var unitsPerItem = 1.0

    package init() {}

    /// - Returns: the items to ask for, and what they are expected to cost.
    package func next(within units: Double) -> (items: Int, units: Double) {
        let items = max(1, min(Int(min(units / unitsPerItem, Double(Self.itemsMax))), Self.itemsMax))
        let pageMax = CapacityEstimate.read(bytes: CapacityEstimate.pageBytesMax)
        return (items, min(max(1, Double(items) * unitsPerItem), pageMax))
    }

    package mutating func saw(items: Int, units: Double) {
        guard items > 0, units > 0 else { return }
        unitsPerItem = units / Double(items)
    }
}

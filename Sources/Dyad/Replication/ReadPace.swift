import DyadReplicator

/// Keeps reads below so many capacity units a second, estimated from the bytes that came.
///
/// JSON is longer than what AWS charges for, so the table is asked for less than the rate and not for more.
actor ReadPace {
    /// A consistent read of this much is one unit.
    static let unitBytes = 4096

    private let unitsPerSecond: Double
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleep: @Sendable (ContinuousClock.Instant) async throws -> Void
    private var paidUntil: ContinuousClock.Instant

    init(
        unitsPerSecond: Double, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = {
            try await ContinuousClock().sleep(until: $0)
        }
    ) {
        self.unitsPerSecond = unitsPerSecond
        self.now = now
        self.sleep = sleep
        paidUntil = now()
    }

    /// Returns when what was read is paid for. Every call costs a unit at least.
    func spend(bytes: Int) async throws(PortError) {
        let units = Double(max(1, (bytes + Self.unitBytes - 1) / Self.unitBytes))
        paidUntil = max(paidUntil, now()).advanced(by: .seconds(units / unitsPerSecond))
        do { try await sleep(paidUntil) } catch { throw PortError(.unavailable, "cancelled") }
    }
}

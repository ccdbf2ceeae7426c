import DyadReplicator

/// How fast a table may be read and written; nil is as fast as it answers.
struct TablePace: Sendable {
    var reading: CapacityPace?
    var writing: CapacityPace?
}

extension Replicator {
    /// One table's, as the configuration has it.
    func tablePace() -> TablePace {
        let clock = SteadyClock()
        return TablePace(
            reading: configuration.readUnitsPerSecond.map { CapacityPace(unitsPerSecond: $0, clock: clock) },
            writing: configuration.writeUnitsPerSecond.map { CapacityPace(unitsPerSecond: $0, clock: clock) })
    }

    /// A batch that one transaction carries is one call, and a call is expected to cost what a second allows, about.
    static func fitTransactions(_ options: inout ReplicationOptions, into unitsPerSecond: Double) {
        let writes = max(1, Int(min(unitsPerSecond / CapacityEstimate.transactionFactor, 1e6)))
        options.batchSize = min(options.batchSize, writes)
        options.batchBytesMax = min(options.batchBytesMax, writes * CapacityEstimate.writeUnitBytes)
    }
}

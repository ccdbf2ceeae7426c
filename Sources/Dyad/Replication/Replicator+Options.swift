import DyadReplicator

// What the configuration means to the machine.
extension Replicator {
    func options() throws(NotStarted) -> ReplicationOptions {
        guard (1...10_000).contains(configuration.batchSize) else {
            throw NotStarted(description: "a batch holds 1 to 10000 changes, not \(configuration.batchSize)")
        }
        guard (1...256).contains(configuration.parallelism) else {
            throw NotStarted(description: "1 to 256 batches can be in flight, not \(configuration.parallelism)")
        }
        for rate in [configuration.readUnitsPerSecond, configuration.writeUnitsPerSecond] {
            guard rate.map({ $0 > 0 && $0.isFinite }) ?? true else {
                throw NotStarted(description: "a rate is above 0 units a second")
            }
        }
        var options = ReplicationOptions()
        options.startingPosition = configuration.startingPosition == .latest ? .latest : .trimHorizon
        options.backfill = configuration.backfill
        options.untilCaughtUp = configuration.untilCaughtUp
        options.batchSize = configuration.batchSize
        options.parallelism = configuration.parallelism
        if configuration.onError == .skipToDeadLetter {
            guard configuration.deadLetterPath != nil else {
                throw NotStarted(description: "changes that are skipped need a dead-letter file")
            }
            options.onError = .skipToDeadLetter
        }
        options.spoolBytesMax = configuration.spoolBytesMax
        if let coordination = configuration.coordination {
            let isLegal = { (byte: UInt8) in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "_-.".utf8.contains(byte)
            }
            guard (1...200).contains(coordination.name.utf8.count), coordination.name.utf8.allSatisfy(isLegal) else {
                throw NotStarted(
                    description:
                        "a replication's name is 1 to 200 letters, digits, _, - and ., not \(coordination.name)")
            }
            if coordination.isShared {
                guard coordination.leaseDuration >= .seconds(1) else {
                    throw NotStarted(description: "a lease is good for a second at least")
                }
                // A row is written each time: see README, what a fleet costs.
                options.saveInterval = 1000
            }
            options.isGuarded = true
            options.batchSize = min(options.batchSize, GuardedReplicaTarget.batchWritesMax)
            options.batchBytesMax = GuardedReplicaTarget.batchBytesMax
            if let rate = configuration.writeUnitsPerSecond { Self.fitTransactions(&options, into: rate) }
        }
        options.attemptsMax = configuration.attemptsMax
        options.recordAgeMax = configuration.recordAgeMax.map { $0.components.seconds * 1000 }
        return options
    }
}

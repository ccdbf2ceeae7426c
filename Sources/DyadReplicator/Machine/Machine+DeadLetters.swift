import DyadModel

// What the target does not take: the end, or a dead letter, as was asked for.
extension ReplicationMachine {
    /// What fails for reasons that may pass has failed too often, or has become too old.
    func isPastBounds(_ oldest: Lane.Entry, _ failures: Int, _ now: Timestamp) -> Bool {
        // What could not be handed over counts as no attempt, and who hands it over knows how old it may get.
        if options.events != nil { return false }
        if let most = options.attemptsMax, failures >= most { return true }
        guard let most = options.recordAgeMax else { return false }
        return now.milliseconds - oldest.createdAt.milliseconds > most
    }

    /// - Parameter failure: what ends the replication if that is what was asked for.
    mutating func reject(_ id: LaneID, _ failure: ReplicationFailure, _ message: String, _ now: Timestamp) {
        guard options.onError == .skipToDeadLetter, case .running = phase else {
            _ = withLane(id) { $0.giveBack() }
            return stop(.failed(failure), now)
        }
        _ = withLane(id) { lane in
            let attempts = max(1, lane.failures)
            lane.condemn(
                as: lane.rejected.map {
                    DeadLetter(
                        shard: id.shard, $0.write, createdAt: $0.createdAt, error: message, attempts: attempts,
                        rejectedAt: now)
                })
        }
    }

    /// Asks to keep what the lane's target will not have. It counts as a batch in flight: an end waits for it.
    mutating func buryIfDue(_ id: LaneID, _ now: Timestamp) {
        let letters = withLane(id) { lane -> [DeadLetter] in
            guard lane.isToBeBuried(at: now) else { return [] }
            lane.isBurying = true
            return lane.condemned
        }
        guard let letters, !letters.isEmpty else { return }
        batchesInFlight += 1
        effects.append(.bury(id, letters))
    }

    mutating func buried(_ id: LaneID, _ now: Timestamp) {
        batchesInFlight -= 1
        succeeded(.deadLetters, now)
        guard let letters = withLane(id, { $0.condemned }), let first = letters.first else { return }
        for entry in withLane(id, { $0.buried() }) ?? [] where entry.write.sequence != nil {
            buffered.records -= 1
            buffered.bytes -= entry.byteCount
        }
        counts.deadLetters += letters.count
        // Who keeps events tells of them.
        guard options.events == nil else { return }
        announce(.buried(id, count: letters.count, first.write.sequence, key: first.write.key, first.error))
        if case .segment(let index) = id.owner { segmentSettled(index) }
    }

    mutating func buryFailed(_ id: LaneID, _ error: PortError, _ now: Timestamp) {
        batchesInFlight -= 1
        let failures = withLane(id) { lane in
            lane.isBurying = false
            lane.failures += 1
            return lane.failures
        }
        guard error.isRetryable else { return stop(.failed(.deadLetters(error.message)), now) }
        let pause = options.pause(afterFailures: failures ?? 1, using: &random)
        _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
    }
}

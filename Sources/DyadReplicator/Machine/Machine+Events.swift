import DyadModel

// Events: what a batch that was handed over came to. A batch that fails stays in front of its lane, and with it the
// shard's checkpoint, until it is handled or kept elsewhere; no other shard waits for it.
extension ReplicationMachine {
    /// Of events a shard without any may always read one page: another's, whose batch fails again and again, fills the
    /// memory that all share and would stop it.
    func mayAlwaysRead(_ shard: ShardState) -> Bool { options.events != nil && shard.isIdle }

    mutating func handed(_ id: LaneID, _ outcome: EventOutcome, _ now: Timestamp) {
        switch outcome {
        case .handled:
            succeeded(.target, now)
            settle(id, .max, now)
        case .stopped(let sequence, let failure):
            let place = withLane(id) { lane in lane.run.firstIndex { $0.write.sequence == sequence } } ?? nil
            guard let place, place > 0 else { return handingFailed(id, failure, now) }
            succeeded(.target, now)
            settle(id, place, now)
            counts.failures += 1
            pause(id, afterFailures: 1, now)
        case .failed(let failure): handingFailed(id, failure, now)
        case .tooOld(let count):
            _ = withLane(id) { lane in
                lane.giveBack()
                lane.cut(to: max(1, count))
            }
            giveUp(id, .recordAgeExceeded, now)
        }
    }

    private mutating func settle(_ id: LaneID, _ count: Int, _ now: Timestamp) {
        let settled = withLane(id) { lane in
            lane.failures = 0
            return lane.settleEvents(min(count, lane.run.count))
        }
        for entry in settled ?? [] { self.count(entry, now) }
    }

    private mutating func pause(_ id: LaneID, afterFailures failures: Int, _ now: Timestamp) {
        let pause = options.pause(afterFailures: failures, using: &random)
        _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
    }

    private mutating func handingFailed(_ id: LaneID, _ failure: EventFailure, _ now: Timestamp) {
        counts.failures += 1
        let bisects = options.events?.bisects ?? false
        let failures = withLane(id) { lane in
            lane.giveBack()
            lane.failures += 1
            return lane.failures
        }
        // Docs, "Retain discarded records": dividing a batch takes nothing from its attempts.
        let oldest = withLane(id) { $0.oldest } ?? nil
        if bisects, let half = withLane(id, { $0.halve() }) ?? nil, let oldest {
            let record = RecordName(oldest.write.sequence, key: oldest.write.key)
            announce(.narrowing(id, to: half, record: record, failure.message))
            return pause(id, afterFailures: 1, now)
        }
        let attempts = withLane(id) { lane in
            lane.attempts += 1
            lane.lastFailure = failure
            return lane.attempts
        }
        if let most = options.attemptsMax, let attempts, attempts >= most {
            return giveUp(id, .retryAttemptsExhausted, now)
        }
        pause(id, afterFailures: failures ?? 1, now)
    }

    /// The run is not handed over again: it waits to be kept elsewhere.
    private mutating func giveUp(_ id: LaneID, _ condition: EventFailure.Condition, _ now: Timestamp) {
        _ = withLane(id) { lane in
            var failure = lane.lastFailure ?? .neverTried
            failure.condition = condition
            failure.attempts = lane.attempts
            lane.condemn(
                as: lane.rejected.map { entry in
                    var letter = DeadLetter(
                        shard: id.shard, entry.write, createdAt: entry.createdAt, error: failure.message,
                        attempts: failure.attempts, rejectedAt: now)
                    letter.failure = failure
                    return letter
                })
            lane.notBefore = now
        }
    }
}

import DyadModel

// Applying: batches to the target, what it left over, and what it refused.
extension ReplicationMachine {
    mutating func sendBatches(of place: Int, _ now: Timestamp) {
        for index in shards[place].lanes.indices where batchesInFlight < options.parallelism {
            if shards[place].lanes[index].isEmpty { continue }
            if shards[place].lanes[index].isToBeBuried(at: now) {
                buryIfDue(LaneID(.shard(shards[place].id), index), now)
            }
            guard shards[place].lanes[index].isReady(at: now) else { continue }
            let batch = shards[place].lanes[index].take(keysMax: options.batchSize, bytesMax: options.batchBytesMax)
            send(batch, of: LaneID(.shard(shards[place].id), index))
        }
    }

    mutating func send(_ batch: ReplicaBatch, of lane: LaneID) {
        batchesInFlight += 1
        effects.append(.apply(lane, batch))
    }

    /// Lets `body` at the lane; nothing happens when the lane is no longer known.
    mutating func withLane<R>(_ id: LaneID, _ body: (inout Lane) -> R) -> R? {
        switch id.owner {
        case .segment(let index): return body(&segments[index].lane)
        case .shard(let shard):
            guard let place = places[shard] else { return nil }
            return body(&shards[place].lanes[id.index])
        }
    }

    mutating func applied(_ id: LaneID, _ outcome: ReplicaOutcome, _ now: Timestamp) {
        batchesInFlight -= 1
        if let found = outcome.twoWay { counts.twoWay = (counts.twoWay ?? TwoWayCounts()) + found }
        if let events = outcome.events { return handed(id, events, now) }
        let settled = withLane(id) { lane in
            let settled = lane.settle(unprocessed: outcome.unprocessed)
            // A target that got nothing done is as one that failed, but for a target that is there.
            lane.failures = settled.isEmpty ? lane.failures + 1 : 0
            return (records: settled, failures: lane.failures)
        }
        guard let settled else { return }
        if !outcome.unprocessed.isEmpty {
            counts.unprocessed += outcome.unprocessed.count
            let pause = options.pause(afterFailures: max(1, settled.failures), using: &random)
            _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
        }
        if !settled.records.isEmpty { succeeded(.target, now) }
        for entry in settled.records { count(entry, now) }
        if case .segment(let index) = id.owner { segmentSettled(index) }
    }

    /// Counts a record that is applied, or an item that is copied, and lets go of it.
    mutating func count(_ entry: Lane.Entry, _ now: Timestamp) {
        if case .put = entry.write.change { counts.puts += 1 } else { counts.deletes += 1 }
        guard entry.write.sequence != nil else {
            counts.itemsCopied += 1
            return
        }
        buffered.records -= 1
        buffered.bytes -= entry.byteCount
        counts.recordsApplied += 1
        counts.lag = max(0, now.milliseconds - entry.createdAt.milliseconds)
    }

    /// The target did not do the batch.
    mutating func applyFailed(_ id: LaneID, _ error: PortError, _ now: Timestamp) {
        batchesInFlight -= 1
        switch error.kind {
        case .refused:
            guard let oldest = withLane(id, { $0.oldest }) ?? nil else { return }
            if let portion = withLane(id, { $0.narrow() }) ?? nil {
                let record = RecordName(oldest.write.sequence, key: oldest.write.key)
                announce(.narrowing(id, to: portion, record: record, error.message))
                return
            }
            let failure: ReplicationFailure =
                if let shard = id.shard, let sequence = oldest.write.sequence {
                    .refused(shard, sequence, key: oldest.write.key, error.message)
                } else {
                    .refusedItem(key: oldest.write.key, error.message)
                }
            reject(id, failure, error.message, now)
        case .unavailable, .throttled:
            let failures = withLane(id) { lane in
                lane.giveBack()
                lane.failures += 1
                return lane.failures
            }
            guard let failures, let oldest = withLane(id, { $0.oldest }) ?? nil else { return }
            if isPastBounds(oldest, failures, now) {
                let failure = ReplicationFailure.exhausted(
                    id.shard, oldest.write.sequence, key: oldest.write.key, attempts: failures, error.message)
                return reject(id, failure, error.message, now)
            }
            let pause = options.pause(afterFailures: failures, using: &random)
            _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
        case .fatal, .expiredIterator, .trimmed:
            let oldest = withLane(id) { lane in
                lane.giveBack()
                return lane.oldest
            }
            let entry = oldest ?? nil
            stop(.failed(.target(id.shard, entry?.write.sequence, key: entry?.write.key, error.message)), now)
        }
    }
}

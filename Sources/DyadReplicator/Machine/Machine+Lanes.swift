import DyadModel

// Applying: batches to the target, what it left over, and what it refused.
extension ReplicationMachine {
    mutating func sendBatches(of place: Int, _ now: Timestamp) {
        for index in shards[place].lanes.indices
        where batchesInFlight < options.parallelism && shards[place].lanes[index].isReady(at: now) {
            batchesInFlight += 1
            let writes = shards[place].lanes[index].take(upTo: options.batchSize)
            effects.append(.apply(LaneID(.shard(shards[place].id), index), writes))
        }
    }

    /// Lets `body` at the lane; nothing happens when the lane is no longer known.
    private mutating func withLane<R>(_ id: LaneID, _ body: (inout Lane) -> R) -> R? {
        switch id.owner {
        case .segment(let index): return body(&segments[index].lane)
        case .shard(let shard):
            guard let place = places[shard] else { return nil }
            return body(&shards[place].lanes[id.index])
        }
    }

    mutating func applied(_ id: LaneID, _ unprocessed: [ItemBytes], _ now: Timestamp) {
        batchesInFlight -= 1
        let settled = withLane(id) { lane in
            let settled = lane.settle(unprocessed: unprocessed)
            // A target that got nothing done is as one that failed, but for a target that is there.
            lane.failures = settled.isEmpty ? lane.failures + 1 : 0
            return (entries: settled, failures: lane.failures)
        }
        guard let settled else { return }
        if !unprocessed.isEmpty {
            counts.unprocessed += unprocessed.count
            let pause = options.pause(afterFailures: max(1, settled.failures), using: &random)
            _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
        }
        if !settled.entries.isEmpty { succeeded(.target, now) }
        for entry in settled.entries {
            if case .put = entry.write.change { counts.puts += 1 } else { counts.deletes += 1 }
            guard entry.write.sequence != nil else {
                counts.itemsCopied += 1
                continue
            }
            buffered.records -= entry.recordCount
            buffered.bytes -= entry.byteCount
            counts.recordsApplied += entry.recordCount
            counts.lag = max(0, now.milliseconds - entry.createdAt.milliseconds)
        }
        if case .segment(let index) = id.owner { segmentSettled(index) }
    }

    /// The target did not do the batch.
    mutating func applyFailed(_ id: LaneID, _ error: PortError, _ now: Timestamp) {
        batchesInFlight -= 1
        switch error.kind {
        case .refused:
            guard let oldest = withLane(id, { $0.oldest }) ?? nil else { return }
            if let portion = withLane(id, { $0.narrow() }) ?? nil {
                announce(.narrowing(id, to: portion, error.message))
                return
            }
            _ = withLane(id) { $0.giveBack() }
            if case .shard(let shard) = id.owner, let sequence = oldest.write.sequence {
                stop(.failed(.refused(shard, sequence, key: oldest.write.key, error.message)), now)
            } else {
                stop(.failed(.refusedItem(key: oldest.write.key, error.message)), now)
            }
        case .unavailable, .throttled:
            let failures = withLane(id) { lane in
                lane.giveBack()
                lane.failures += 1
                return lane.failures
            }
            let pause = options.pause(afterFailures: failures ?? 1, using: &random)
            _ = withLane(id) { $0.notBefore = now.advanced(by: pause) }
        case .fatal, .expiredIterator, .trimmed:
            let oldest = withLane(id) { lane in
                lane.giveBack()
                return lane.oldest
            }
            let entry = oldest ?? nil
            var shard: ShardID?
            if case .shard(let owner) = id.owner { shard = owner }
            stop(.failed(.target(shard, entry?.write.sequence, key: entry?.write.key, error.message)), now)
        }
    }
}

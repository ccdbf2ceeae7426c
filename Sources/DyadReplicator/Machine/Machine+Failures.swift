import DyadModel

// What failed: tried again where that can help, for ever but never in silence; the end where it cannot.
extension ReplicationMachine {
    mutating func succeeded(_ side: ReplicationSide, _ now: Timestamp) {
        if let news = health[side]?.succeeded(side, at: now) { announce(news) }
    }

    mutating func failed(_ task: ReplicationTask, _ error: PortError, _ now: Timestamp) {
        if case .ended = phase { return }
        counts.failures += 1
        if error.isRetryable {
            let news = health[task.side, default: SideHealth()].failed(
                task, error.message, record: record(of: task), at: now, interval: options.announceInterval)
            if let news { announce(news) }
        }
        switch task {
        case .list: listFailed(error, now)
        case .open(let id): openFailed(id, error, now)
        case .read(let id): readFailed(id, error, now)
        case .scan(let segment): scanFailed(segment, error, now)
        case .apply(let lane): applyFailed(lane, error, now)
        case .bury(let lane): buryFailed(lane, error, now)
        case .seal: sealFailed(error, now)
        case .forget(let id): forgetFailed(id, error)
        case .lease: break
        case .save: saveFailed(error, now)
        case .spool, .fetch, .forgetSpooled, .discardSpool: spoolFailed(task, error, now)
        }
    }

    /// The record that waits for a task, or after which it reads on.
    private mutating func record(of task: ReplicationTask) -> RecordName? {
        switch task {
        case .apply(let lane), .bury(let lane):
            guard let oldest = withLane(lane, { $0.oldest }) ?? nil else { return nil }
            return RecordName(oldest.write.sequence, key: oldest.write.key)
        case .open(let id), .read(let id):
            let sequence = places[id].flatMap { shards[$0].lastRead ?? shards[$0].start.sequence }
            return sequence.map { RecordName($0, key: nil) }
        case .list, .scan, .save, .seal, .forget, .lease, .spool, .fetch, .forgetSpooled, .discardSpool: return nil
        }
    }

    private mutating func listFailed(_ error: PortError, _ now: Timestamp) {
        listFailures += 1
        isListingStale = true
        listing = .due(at: now.advanced(by: options.pause(afterFailures: listFailures, using: &random)))
        if !error.isRetryable { stop(.failed(.source(.list, error.message)), now) }
    }

    private mutating func openFailed(_ id: ShardID, _ error: PortError, _ now: Timestamp) {
        guard let place = places[id], shards[place].reader == .opening else { return }
        shards[place].reader = .closed
        retryReading(.open(id), at: place, error, now)
    }

    private mutating func readFailed(_ id: ShardID, _ error: PortError, _ now: Timestamp) {
        guard let place = places[id], case .reading(let iterator) = shards[place].reader else { return }
        countPageUnderWay(of: place, -1)
        if error.isRetryable {
            shards[place].reader = .ready(iterator)
            return retryReading(.read(id), at: place, error, now)
        }
        shards[place].reader = .closed
        guard error.kind == .expiredIterator else { return retryReading(.read(id), at: place, error, now) }
        noteLatestLost(at: place)
        shards[place].failures += 1
        // The first renewal is at once; a source that lets every iterator expire is not asked in a circle.
        if shards[place].failures > 1 { pauseReading(at: place, now) }
        announce(.iteratorReplaced(id, shards[place].position))
    }

    private mutating func noteLatestLost(at place: Int) {
        guard shards[place].position == .latest else { return }
        shards[place].hasLostLatest = true
        announce(.latestLost(shards[place].id))
    }

    private mutating func pauseReading(at place: Int, _ now: Timestamp) {
        let pause = options.pause(afterFailures: shards[place].failures, using: &random)
        shards[place].notBefore = now.advanced(by: pause)
    }

    private mutating func retryReading(
        _ task: ReplicationTask, at place: Int, _ error: PortError, _ now: Timestamp
    ) {
        let shard = shards[place]
        shards[place].failures += 1
        switch error.kind {
        case .unavailable, .throttled, .expiredIterator:
            pauseReading(at: place, now)
        case .trimmed:
            if shard.lastRead == nil, shard.start == .trimHorizon, !shard.isPromised {
                // The horizon moved between the iterator and the page. Nobody was promised what it passed.
                announce(.iteratorReplaced(shard.id, .trimHorizon))
                pauseReading(at: place, now)
            } else {
                let sequence = shard.spooling?.through ?? shard.lastRead ?? shard.start.sequence
                stop(.failed(.trimmed(shard.id, after: sequence, error.message)), now)
            }
        case .refused, .fatal:
            stop(.failed(.source(task, error.message)), now)
        }
    }

    /// Ends when one side has failed for longer than wanted.
    mutating func giveUp(_ now: Timestamp) {
        guard let limit = options.giveUpAfter else { return }
        for side in ReplicationSide.allCases {
            guard let since = health[side]?.failingSince else { continue }
            let passed = now.milliseconds - since.milliseconds
            guard passed >= limit else { continue }
            return stop(.failed(.gaveUp(side, after: passed, health[side]?.lastMessage ?? "")), now)
        }
    }
}

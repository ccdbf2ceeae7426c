import DyadModel

// Lineage and reading: which shards there are, which may be read, and what was read.
extension ReplicationMachine {
    mutating func add(
        _ description: ShardDescription, start: ShardProgress, saved: ShardProgress?, isPromised: Bool
    ) {
        places[description.id] = shards.count
        shards.append(
            ShardState(
                description.id, parent: description.parent, start: start, saved: saved, isPromised: isPromised,
                lanes: freshLanes))
        if options.isShared { shards[shards.count - 1].hold = .elsewhere }
    }

    /// What a shard begins with.
    var freshLanes: [Lane] {
        Array(
            repeating: Lane(keepsEveryChange: options.keepsEveryChange, events: options.events),
            count: options.laneCount)
    }

    mutating func listIfDue(_ now: Timestamp) {
        guard case .due(let time) = listing, time <= now else { return }
        listing = .underWay
        isListingStale = false
        for place in shards.indices where shards[place].lineage == .unknown { shards[place].lineage = .asked }
        effects.append(.list)
    }

    mutating func listed(_ listed: StreamListing, _ now: Timestamp) {
        let descriptions = listed.shards
        isStreamDisabled = listed.isDisabled
        succeeded(.source, now)
        listFailures = 0
        let isFirst = listCount == 0
        listCount += 1
        for place in shards.indices where shards[place].lineage == .asked { shards[place].lineage = .known }
        for description in descriptions {
            if let place = places[description.id] {
                shards[place].parent = description.parent ?? shards[place].parent
                continue
            }
            let isNewLink = isFirst && !isResumed
            add(
                description, start: isNewLink ? firstStart(of: description, now) : .trimHorizon, saved: nil,
                isPromised: !isNewLink || options.backfill)
            if isSpooling { beginSpooling(at: shards.count - 1, seenAt: now) }
        }
        forgetShards(notIn: descriptions, now)
        if isFirst, !isResumed, !options.isShared {
            announce(.started(options.startingPosition == .latest ? .latest : .trimHorizon, shards: shards.count))
            if options.backfill { beginBackfill(now) }
        }
        // A stream that was just enabled may list no shards yet.
        let pause = shards.isEmpty ? min(1000, options.listInterval) : options.listInterval
        listing = .due(at: isListingStale ? now : now.advanced(by: pause))
    }

    /// Where a shard begins that stood in the very first listing.
    private func firstStart(of description: ShardDescription, _ now: Timestamp) -> ShardProgress {
        // The scan begins after this listing, so it sees all that a closed shard tells.
        if options.backfill { return description.isClosed ? .finished(at: now) : .trimHorizon }
        switch options.startingPosition {
        case .trimHorizon: return .trimHorizon
        case .latest: return description.isClosed ? .finished(at: now) : .latest
        }
    }

    /// A shard's records follow its parent's. A parent that is not listed is trimmed and has none left.
    func mayStart(_ shard: ShardState) -> Bool {
        guard shard.lineage == .known else { return false }
        guard let parent = shard.parent, let place = places[parent] else { return true }
        return shards[place].saved?.isFinished ?? false
    }

    mutating func advanceShards(_ now: Timestamp) {
        guard listCount > 0, !shards.isEmpty else { return }
        turn = (turn + 1) % shards.count
        for offset in shards.indices {
            let place = (turn + offset) % shards.count
            guard shards[place].finishedAt == nil, shards[place].hold == .own else { continue }
            sendBatches(of: place, now)
            advanceReader(of: place, now)
        }
    }

    mutating func advanceReader(of place: Int, _ now: Timestamp) {
        if shards[place].spooling != nil { advanceReplay(of: place, now) }
        switch shards[place].reader {
        case .closed:
            guard shards[place].notBefore <= now else { return }
            if let spooling = shards[place].spooling {
                guard mayReadForSpool(shards[place], spooling) else { return }
            } else {
                guard mayStart(shards[place]) else { return }
            }
            if let passed = shards[place].horizonPassed(at: now), passed > options.retention {
                let message = "nothing of it was read for \(passed / 3_600_000) hours"
                return stop(.failed(.trimmed(shards[place].id, after: nil, message)), now)
            }
            shards[place].reader = .opening
            effects.append(.open(shards[place].id, shards[place].position))
        case .ready(let iterator):
            guard shards[place].notBefore <= now,
                hasRoomForPage(of: shards[place]) || mayAlwaysRead(shards[place])
            else { return }
            shards[place].reader = .reading(iterator)
            shards[place].askedAt = now
            countPageUnderWay(of: place, 1)
            effects.append(.read(shards[place].id, iterator, limit: ReplicationOptions.pageRecordsMax))
        case .drained where shards[place].spooling == nil && shards[place].isIdle:
            shards[place].finishedAt = now
            announce(
                .shardFinished(shards[place].id, last: shards[place].lastRead ?? shards[place].start.sequence))
            isListingStale = true
            if case .due = listing { listing = .due(at: now) }
            listIfDue(now)
        case .opening, .reading, .drained: break
        }
    }

    /// Reading stops where memory would: the target sets the pace.
    var hasRoomForPage: Bool {
        if buffered.records == 0, readsUnderWay == 0 { return true }
        let records = buffered.records + (readsUnderWay + 1) * ReplicationOptions.pageRecordsMax
        let bytes = buffered.bytes + (readsUnderWay + 1) * ReplicationOptions.pageBytesMax
        return records <= options.bufferedRecordsMax && bytes <= options.bufferedBytesMax
    }

    private func hasRoomForPage(of shard: ShardState) -> Bool {
        guard let spooling = shard.spooling else { return hasRoomForPage }
        return mayReadForSpool(shard, spooling) && spool?.pagesHeld ?? 0 < SpoolState.pagesHeldMax
    }

    /// A page of a spooled shard takes none of the lanes' room. A shard goes over with no page under way.
    mutating func countPageUnderWay(of place: Int, _ change: Int) {
        if shards[place].spooling == nil { readsUnderWay += change } else { spool?.pagesHeld += change }
    }

    mutating func opened(_ id: ShardID, _ iterator: ShardIterator, _ now: Timestamp) {
        succeeded(.source, now)
        guard let place = places[id], shards[place].reader == .opening else { return }
        if shards[place].lastRead == nil, shards[place].failures == 0 {
            announce(.shardStarted(id, shards[place].position))
        }
        shards[place].reader = .ready(iterator)
    }

    mutating func read(_ id: ShardID, _ page: RecordPage, _ now: Timestamp) {
        succeeded(.source, now)
        guard let place = places[id], shards[place].isReading else { return }
        shards[place].failures = 0
        if shards[place].spooling != nil {
            hold(page, of: place)
        } else {
            readsUnderWay -= 1
            if let last = page.records.last { shards[place].haveRead(through: last.createdAt) }
            for record in page.records { take(record, of: place, now) }
        }
        guard let next = page.next else {
            shards[place].reader = .drained
            return
        }
        shards[place].reader = .ready(next)
        guard page.records.isEmpty else {
            shards[place].emptyPages = 0
            return
        }
        shards[place].emptyPages += 1
        let empty = shards[place].emptyPages
        if empty >= options.emptyPagesAtTip {
            sawTip(of: place, as: shards[place].askedAt.advanced(by: -options.propagationDelay))
        }
        let pause = min(options.idlePause.lowerBound << min(Int64(empty - 1), 20), options.idlePause.upperBound)
        shards[place].notBefore = now.advanced(by: pause)
    }

    /// - Parameter time: all changes made before are read.
    private mutating func sawTip(of place: Int, as time: Timestamp) {
        if let seenAt = shards[place].seenAt { shards[place].seenAt = max(seenAt, time) }
        guard shards[place].spooling == nil else { return noteSpoolTip(of: place) }
        shards[place].haveRead(through: time)
        if shards[place].tip == nil { shards[place].tip = .init(sequence: shards[place].lastRead) }
    }

    mutating func take(_ record: StreamRecord, of place: Int, _ now: Timestamp) {
        // A source that repeats itself must not bring a key's past back.
        let last = shards[place].lastRead ?? shards[place].start.sequence
        if let last, record.sequence <= last { return }
        let before = shards[place].lastRead
        shards[place].lastRead = record.sequence
        shards[place].recordsRead += 1
        counts.recordsRead += 1
        if let event = record.event, !event.isWanted { return }
        let entry = Lane.Entry(
            write: ReplicaWrite(
                key: record.key, record.change, sequence: record.sequence,
                createdAt: options.keepsEveryChange || record.event != nil ? record.createdAt : nil,
                event: record.event?.bytes),
            before: before, createdAt: record.createdAt, byteCount: record.byteCount, readAt: now)
        let lane = record.key.lane(of: shards[place].lanes.count)
        shards[place].lanes[lane].add(entry)
        buffered.bytes += entry.byteCount
        buffered.records += 1
    }
}

extension ShardProgress {
    package var sequence: SequenceNumber? { if case .after(let sequence) = self { sequence } else { nil } }
}

import DyadModel

// The spool: while the table is copied, and until the replay has caught up with it, the stream is read into a durable
// copy. A shard's reader stays the same throughout; only where its pages go changes. They go to the spool until all that
// is spooled of the shard has gone to its lanes, and to the lanes from the next page on: no record lies in between.
extension ReplicationMachine {
    /// New shards are spooled.
    var isSpooling: Bool { spool.map { !$0.isDone } ?? false }
    private var isReplaying: Bool { !isScanning && !isScanUnsaved }

    // MARK: Begin

    /// What was spooled before this process began. The stream may no longer list the shards, nor whose children they are.
    mutating func restoreSpool(_ contents: SpoolContents?, _ resume: Checkpoint?, _ now: Timestamp) {
        guard let contents else { return }
        let kept = contents.shards
        // Listed and spooled after the last checkpoint.
        for id in kept.keys.sorted(by: { $0.rawValue < $1.rawValue }) where places[id] == nil {
            add(ShardDescription(id), start: .trimHorizon, saved: nil, isPromised: true)
        }
        // A shard that is in the checkpoint and not in the spool was listed just before the end, or before it all began.
        var seenAt = resume?.savedAt ?? now
        if kept.isEmpty {
            switch backfill {
            case .scanning(let since, _), .replaying(let since): seenAt = since
            case .consistent, nil: seenAt = now
            }
        }
        for place in shards.indices {
            beginSpooling(at: place, kept[shards[place].id], seenAt: seenAt)
        }
        if contents.totals.records > 0 { announce(.spoolResumed(contents.totals)) }
        guard isSpoolFull else { return }
        spool?.fullSince = kept.values.map(\.askedAt).max() ?? now
        announce(.spoolFull(bytes: contents.totals.bytes))
    }

    /// - Parameter seenAt: the shard is not older, or nobody needs its changes of before.
    mutating func beginSpooling(at place: Int, _ kept: SpooledShard? = nil, seenAt: Timestamp) {
        let shard = shards[place]
        shards[place].isSpooled = kept != nil
        shards[place].parent = kept?.parent ?? shard.parent
        guard isSpooling, shard.finishedAt == nil else { return }
        shards[place].isSpooled = true
        let seenAt = kept?.askedAt ?? seenAt
        shards[place].seenAt = seenAt
        var spooling = ShardSpool(notedAt: seenAt)
        // The checkpoint is ahead where the shard had been read beyond the spool's end.
        spooling.through = kept?.through
        if let done = shard.start.sequence, spooling.through.map({ $0 < done }) ?? true { spooling.through = done }
        if kept?.isEnded ?? false {
            spooling.isEnded = true
            shards[place].reader = .drained
        }
        shards[place].spooling = spooling
        // Its parent is to be known for good, and since when nothing of it was missed.
        if kept == nil { note(place) }
    }

    private mutating func note(_ place: Int) {
        let shard = shards[place]
        guard let seenAt = shard.seenAt, shard.spooling?.page == nil else { return }
        keep(SpoolPage(shard.id, parent: shard.parent, askedAt: seenAt), of: place)
    }

    private mutating func keep(_ page: SpoolPage, of place: Int) {
        shards[place].spooling?.page = page
        spool?.waiting += 1
    }

    // MARK: From the stream to the spool

    mutating func advanceSpool(_ now: Timestamp) {
        guard isSpooling, listCount > 0, !shards.isEmpty else { return }
        turn = (turn + 1) % shards.count
        for offset in shards.indices { advanceReader(of: (turn + offset) % shards.count, now) }
    }

    /// A spooled shard is read when its parent's last is kept, whatever the replay has come to.
    func mayReadForSpool(_ shard: ShardState, _ spooling: ShardSpool) -> Bool {
        guard spooling.page == nil, !spooling.isGoingOver, spool?.fullSince == nil else { return false }
        guard let parent = shard.parent.flatMap({ places[$0] }) else { return true }
        return shards[parent].saved?.isFinished ?? false || shards[parent].spooling?.isEnded ?? false
    }

    /// What was read of a spooled shard waits to be kept.
    mutating func hold(_ page: RecordPage, of place: Int) {
        let shard = shards[place]
        var last = shard.spooling?.through
        var records: [StreamRecord] = []
        // A source that repeats itself must not bring a key's past back.
        for record in page.records where last.map({ record.sequence > $0 }) ?? true {
            records.append(record)
            last = record.sequence
        }
        guard !records.isEmpty || page.next == nil else {
            spool?.pagesHeld -= 1
            return
        }
        keep(
            SpoolPage(
                shard.id, parent: shard.parent, records, isEnd: page.next == nil, askedAt: shard.askedAt),
            of: place)
    }

    /// The tip of a spooled shard was seen. As long as there is no record to name, its time alone tells what was not
    /// missed, and the disk is told now and then.
    mutating func noteSpoolTip(of place: Int) {
        guard let spooling = shards[place].spooling, let seenAt = shards[place].seenAt, spooling.through == nil,
            seenAt.milliseconds - spooling.notedAt.milliseconds >= options.retention / 24
        else { return }
        note(place)
    }

    /// All pages that wait, in one go: what the disk is waited for is shared by many shards.
    mutating func appendIfDue(_ now: Timestamp) {
        guard let state = spool, state.waiting > 0, !state.isAppending, state.notBefore <= now else { return }
        var pages: [SpoolPage] = []
        for place in shards.indices {
            guard let page = shards[place].spooling?.page else { continue }
            shards[place].spooling?.isAppending = true
            pages.append(page)
        }
        spool?.isAppending = true
        effects.append(.spool(pages))
    }

    mutating func spooled(_ totals: SpoolTotals, _ now: Timestamp) {
        guard spool?.isAppending == true else { return }
        succeeded(.spool, now)
        spool?.isAppending = false
        spool?.failures = 0
        spool?.totals = totals
        for place in shards.indices {
            guard let spooling = shards[place].spooling, spooling.isAppending, let page = spooling.page else {
                continue
            }
            shards[place].spooling?.page = nil
            shards[place].spooling?.isAppending = false
            shards[place].spooling?.notedAt = page.askedAt
            spool?.waiting -= 1
            if let last = page.records.last { shards[place].spooling?.through = last.sequence }
            if !page.records.isEmpty || page.isEnd { spool?.pagesHeld -= 1 }
            counts.recordsSpooled += page.records.count
            guard page.isEnd else { continue }
            shards[place].spooling?.isEnded = true
            isListingStale = true
            if case .due = listing { listing = .due(at: now) }
        }
    }

    // MARK: From the spool to the lanes

    /// The next of what is spooled of a shard whose parents are done; or, when there is no more, the stream itself.
    mutating func advanceReplay(of place: Int, _ now: Timestamp) {
        guard isReplaying, let spooling = shards[place].spooling, !spooling.isFetching, mayStart(shards[place])
        else { return }
        let done = shards[place].lastRead ?? shards[place].start.sequence
        if let through = spooling.through, done.map({ $0 < through }) ?? true {
            guard spooling.notBefore <= now, hasRoomForPage else { return }
            shards[place].spooling?.isFetching = true
            readsUnderWay += 1
            effects.append(.fetch(shards[place].id, after: done, limit: ReplicationOptions.pageRecordsMax))
            return
        }
        // A page on its way goes to the spool still, and the next one to the lanes: so the end is reached however much
        // is written meanwhile.
        shards[place].spooling?.isGoingOver = true
        guard spooling.page == nil, !shards[place].isReading else { return }
        shards[place].spoolEnd = spooling.through
        shards[place].spooling = nil
        shards[place].emptyPages = 0
    }

    mutating func fetched(_ id: ShardID, _ records: [StreamRecord], _ now: Timestamp) {
        guard let place = places[id], shards[place].spooling?.isFetching == true else { return }
        succeeded(.spool, now)
        readsUnderWay -= 1
        shards[place].spooling?.isFetching = false
        shards[place].spooling?.failures = 0
        let before = shards[place].lastRead
        if let last = records.last { shards[place].haveRead(through: last.createdAt) }
        for record in records { take(record, of: place, now) }
        guard shards[place].lastRead == before else { return }
        stop(.failed(.spoolDamaged(id, through: shards[place].spooling?.through)), now)
    }

    // MARK: Room, and the end

    private var isSpoolFull: Bool {
        guard let spool, let most = options.spoolBytesMax else { return false }
        return spool.totals.bytes >= most
    }

    mutating func noteSpoolBound(_ now: Timestamp) {
        guard let state = spool, let most = options.spoolBytesMax else { return }
        if state.fullSince == nil, isSpoolFull {
            spool?.fullSince = now
            announce(.spoolFull(bytes: state.totals.bytes))
        } else if state.fullSince != nil, state.totals.bytes < most - most / 10 {
            spool?.fullSince = nil
            announce(.spoolHasRoom)
        }
    }

    /// Since when the scan rests on what the stream keeps; nil while a spool takes it in.
    func unspooledSince(_ scanBegan: Timestamp) -> Timestamp? { spool.map(\.fullSince) ?? scanBegan }

    /// Forgets what the checkpoint that was just saved covers, and in the end all of it.
    mutating func forgetSpooled() {
        guard let state = spool, isReplaying, !state.isForgetting, !state.isDiscarding else { return }
        if state.isDone {
            // From here on no restart counts on it.
            guard savedSpool == nil else { return }
            spool?.isDiscarding = true
            effects.append(.discardSpool)
            return
        }
        var due: [ShardID: ShardProgress] = [:]
        for shard in shards where shard.isSpooled {
            guard let saved = shard.saved, saved.isFinished || saved.sequence != nil,
                state.forgotten[shard.id] != saved
            else { continue }
            due[shard.id] = saved
        }
        guard !due.isEmpty else { return }
        spool?.isForgetting = true
        spool?.forgotten.merge(due) { $1 }
        effects.append(.forgetSpooled(due))
    }

    /// Every shard is read from the stream, and all that was spooled is applied and checkpointed.
    mutating func noteSpoolDone() {
        guard let state = spool, isReplaying, listCount > 0, !state.isDone, state.waiting == 0, !state.isForgetting
        else { return }
        let isPast = shards.allSatisfy { shard in
            guard shard.spooling == nil else { return false }
            guard let end = shard.spoolEnd, let saved = shard.saved else { return shard.spoolEnd == nil }
            return saved.isFinished || saved.sequence.map { $0 >= end } ?? false
        }
        if isPast { spool?.isDone = true }
    }

    mutating func forgotSpooled(_ totals: SpoolTotals, _ now: Timestamp) {
        succeeded(.spool, now)
        spool?.isForgetting = false
        spool?.totals = totals
    }

    mutating func spoolDiscarded(_ now: Timestamp) {
        succeeded(.spool, now)
        spool = nil
        announce(.spoolDrained)
    }

    // MARK: Failures

    /// A spool that may answer again is waited for; one that does not is the end, and nothing is lost: the checkpoint
    /// stands before all that was not applied.
    mutating func spoolFailed(_ task: ReplicationTask, _ error: PortError, _ now: Timestamp) {
        guard let state = spool else { return }
        switch task {
        case .spool:
            spool?.isAppending = false
            spool?.failures += 1
            for place in shards.indices { shards[place].spooling?.isAppending = false }
            let pause = options.pause(afterFailures: state.failures + 1, using: &random)
            spool?.notBefore = now.advanced(by: pause)
        case .fetch(let id):
            guard let place = places[id], let spooling = shards[place].spooling, spooling.isFetching else { return }
            readsUnderWay -= 1
            shards[place].spooling?.isFetching = false
            shards[place].spooling?.failures += 1
            let pause = options.pause(afterFailures: spooling.failures + 1, using: &random)
            shards[place].spooling?.notBefore = now.advanced(by: pause)
        case .forgetSpooled:
            // The next checkpoint asks again.
            spool?.isForgetting = false
            spool?.forgotten = [:]
        case .discardSpool:
            spool = nil
            announce(.spoolLeft(error.message))
            return
        default: return
        }
        if !error.isRetryable { stop(.failed(.spool(error.message)), now) }
    }
}

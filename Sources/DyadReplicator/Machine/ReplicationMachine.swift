package import DyadModel

/// Decides what a replication does next and does none of it: events in, effects out.
///
/// It has no clock, no I/O and no randomness but its seed, so the same events at the same times give the same effects.
/// Every event first changes the state, then `advance` asks for all that has become possible: nothing waits for an
/// event that has already gone by.
package struct ReplicationMachine: ~Copyable {
    enum Phase {
        case running
        /// Nothing is begun any more; batches in flight are waited for, until the time at most.
        case stopping(ReplicationEnding, until: Timestamp)
        /// The last checkpoint is being saved, until the time at most.
        case closing(ReplicationEnding, until: Timestamp)
        case ended
    }

    enum Listing {
        case due(at: Timestamp)
        case underWay
    }

    let options: ReplicationOptions
    let link: ReplicationLink
    var random: SeededRandom
    var phase = Phase.running
    var effects: [ReplicationEffect] = []

    var shards: [ShardState] = []
    var places: [ShardID: Int] = [:]
    /// A checkpoint says where shards stand; what it does not know is new.
    let isResumed: Bool
    var listing: Listing
    var listFailures = 0
    /// Listings that came back.
    var listCount = 0
    var isStreamDisabled = false
    /// A shard ended since the last listing was asked for: its children may not be known.
    var isListingStale = false

    /// The scan is this worker's: always, unless it is shared.
    var holdsBackfill: Bool
    /// Granted anew while answers of the former time are still to come.
    var pendingBackfill: Lease?
    var pendingGrants: [ShardID: Lease] = [:]
    /// Rows of shards that are `leaving`.
    var leavingRows: [ShardID: Lease] = [:]

    var backfill: BackfillProgress?
    var segments: [SegmentState] = []
    /// Nil when the stream is not spooled.
    var spool: SpoolState?
    /// The spool that the checkpoint on disk counts on.
    var savedSpool: String?
    /// Where sealing the scan stands.
    var sealing = SealState()

    /// The checkpoint that is being written.
    var saving: Checkpoint?
    var savedBackfill: BackfillProgress?
    /// See `Checkpoint.appliedThrough`.
    var appliedThrough: Timestamp?
    var saveNotBefore: Timestamp
    var savedAt: Timestamp
    var saveFailures = 0
    /// The checkpoint on disk knows a shard that is forgotten.
    var isForgottenUnsaved = false
    var saveCount = 0

    var batchesInFlight = 0
    var buffered = (records: 0, bytes: 0)
    var readsUnderWay = 0
    /// Where the turn to read and to apply stands, so that no shard starves the others.
    var turn = 0
    var health: [ReplicationSide: SideHealth] = [:]
    package var counts = ReplicationCounts()

    /// - Parameters:
    ///   - resume: the checkpoint to go on from, which belongs to `link`; nil begins anew.
    ///   - spool: the spool of the backfill that is gone on with, or an empty one; nil to go without.
    package init(
        link: ReplicationLink, options: ReplicationOptions, resume: Checkpoint?, spool contents: SpoolContents? = nil,
        seed: UInt64, now: Timestamp
    ) {
        precondition(resume?.spool == nil || resume?.spool == contents?.id, "the checkpoint counts on that spool")
        precondition(options.batchSize > 0 && options.parallelism > 0, "a batch and a lane at least")
        self.link = link
        self.options = options
        random = SeededRandom(seed: seed)
        if options.keepsEveryChange { counts.twoWay = TwoWayCounts() }
        isResumed = resume != nil
        holdsBackfill = !options.isShared
        listing = .due(at: now)
        saveNotBefore = now
        savedAt = resume?.savedAt ?? now
        backfill = resume?.backfill
        savedBackfill = resume?.backfill
        appliedThrough = resume?.appliedThrough
        savedSpool = resume?.spool
        spool = contents.map { SpoolState(id: $0.id, totals: $0.totals) }
        if let resume, !options.isShared {
            for (id, progress) in resume.shards.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                // See ShardProgress.latest.
                let start = progress == .latest ? .trimHorizon : progress
                add(ShardDescription(id), start: start, saved: progress, isPromised: true)
                if progress == .latest { effects.append(.announce(.latestLost(id))) }
            }
            effects.append(.announce(.resumed(shards: resume.shards.count, savedAt: resume.savedAt)))
            let age = now.milliseconds - resume.savedAt.milliseconds
            if age > options.retention { effects.append(.announce(.checkpointIsOld(milliseconds: age))) }
        }
        restoreSpool(contents, resume, now)
        restoreBackfill(now)
    }

    /// The state after `event`, and what is to be done now.
    package mutating func handle(_ event: ReplicationEvent, at now: Timestamp) -> [ReplicationEffect] {
        if !isLate(event) { take(event, now) }
        advance(now)
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ event: ReplicationEvent, _ now: Timestamp) {
        switch event {
        case .listed(let listing): listed(listing, now)
        case .opened(let id, let iterator): opened(id, iterator, now)
        case .read(let id, let page): read(id, page, now)
        case .scanned(let segment, let page): scanned(segment, page, now)
        case .applied(let lane, let outcome): applied(lane, outcome, now)
        case .buried(let lane): buried(lane, now)
        case .sealed: sealed(now)
        case .forgot(let id): forgot(id, now)
        case .saved: saved(now)
        case .spooled(let totals): spooled(totals, now)
        case .fetched(let id, let records): fetched(id, records, now)
        case .forgotSpooled(let totals): forgotSpooled(totals, now)
        case .spoolDiscarded: spoolDiscarded(now)
        case .failed(let task, let error): failed(task, error, now)
        case .granted(let lease): granted(lease, now)
        case .revoked(let id): revoked(id)
        case .observed(let leases, let caughtUp): observed(leases, caughtUp, now)
        case .tick, .lease: break
        case .stop(let reason): stop(.stopped(reason), now)
        }
    }

    /// Asks for all that is possible.
    private mutating func advance(_ now: Timestamp) {
        switch phase {
        case .running:
            giveUp(now)
            noteConsistency(now)
            moveWatermark()
            endOverlongScan(now)
            guard case .running = phase else { return advance(now) }
            listIfDue(now)
            noteSpoolBound(now)
            if isScanning { advanceScan(now) }
            if isScanning || isScanUnsaved { advanceSpool(now) } else { advanceShards(now) }
            appendIfDue(now)
            noteSpoolDone()
            saveIfDue(now)
        case .stopping(let ending, let until):
            guard batchesInFlight == 0 || now >= until else { return }
            phase = .closing(ending, until: now.advanced(by: options.stopGrace))
            advance(now)
        case .closing(let ending, let until):
            if case .failed(.checkpoint) = ending { return end(ending) }
            if now >= until { return end(ending) }
            guard saving == nil else { return }
            guard isDirty else { return end(ending) }
            if saveFailures == 0 || now >= saveNotBefore { save(now) }
        case .ended: break
        }
    }

    private mutating func end(_ ending: ReplicationEnding) {
        phase = .ended
        effects.append(.end(ending))
    }

    mutating func stop(_ ending: ReplicationEnding, _ now: Timestamp) {
        guard case .running = phase else { return }
        phase = .stopping(ending, until: now.advanced(by: options.stopGrace))
    }

    mutating func announce(_ announcement: Announcement) { effects.append(.announce(announcement)) }

    /// When a tick is due though nothing happens; nil when only an event can move the machine.
    package func deadline(after now: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        func consider(_ time: Timestamp) {
            if time > now, earliest.map({ time < $0 }) ?? true { earliest = time }
        }
        switch phase {
        case .ended: return nil
        case .stopping(_, let until), .closing(_, let until):
            consider(until)
            consider(saveNotBefore)
            return earliest
        case .running: break
        }
        if case .due(let time) = listing { consider(time) }
        for place in shards.indices where shards[place].finishedAt == nil && shards[place].hold == .own {
            consider(shards[place].notBefore)
            for lane in shards[place].lanes.indices {
                consider(shards[place].lanes[lane].notBefore)
                if let time = shards[place].lanes[lane].windowEnd { consider(time) }
            }
            if let spooling = shards[place].spooling { consider(spooling.notBefore) }
        }
        for segment in segments {
            consider(segment.notBefore)
            consider(segment.lane.notBefore)
        }
        if let spool { consider(spool.notBefore) }
        consider(sealing.notBefore)
        consider(saveNotBefore)
        consider(savedAt.advanced(by: options.heartbeat))
        return earliest
    }
}

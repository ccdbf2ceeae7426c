import DyadModel

// Shards that come and go: what is granted is read, what is revoked is dropped, what others do is observed.
//
// Nothing of a former time counts: a shard that is granted anew waits until all that was asked of it before is
// answered, since a page or an answer that comes late would be taken for the new one's.
extension ReplicationMachine {
    mutating func granted(_ lease: Lease, _ now: Timestamp) {
        switch lease.id {
        case .backfill: grantBackfill(lease)
        case .shard(let id):
            let place = place(of: id, lease, now)
            switch shards[place].hold {
            case .own: break
            case .leaving: pendingGrants[id] = lease
            case .elsewhere: begin(lease, at: place)
            }
        }
    }

    private mutating func place(of id: ShardID, _ lease: Lease, _ now: Timestamp) -> Int {
        if let place = places[id] {
            shards[place].parent = lease.parent ?? shards[place].parent
            return place
        }
        add(
            ShardDescription(id, parent: lease.parent), start: lease.progress, saved: lease.progress, isPromised: true)
        shards[shards.count - 1].lineage = .unknown
        isListingStale = true
        if case .due = listing { listing = .due(at: now) }
        return shards.count - 1
    }

    private mutating func begin(_ lease: Lease, at place: Int) {
        // LATEST was asked for by whoever held it before: see ShardProgress.latest.
        let isLost = lease.progress == .latest && lease.switches > 1
        let (id, parent, lineage) = (shards[place].id, shards[place].parent, shards[place].lineage)
        shards[place] = ShardState(
            id, parent: parent, start: isLost ? .trimHorizon : lease.progress, saved: lease.progress,
            isPromised: lease.isPromised || lease.switches > 1, lanes: freshLanes)
        shards[place].lineage = lineage
        if isLost { announce(.latestLost(id)) }
    }

    mutating func revoked(_ id: LeaseID) {
        switch id {
        case .backfill: revokeBackfill()
        case .shard(let id):
            guard let place = places[id] else { return }
            pendingGrants[id] = nil
            guard shards[place].hold == .own else { return }
            saving?.shards[id] = nil
            shards[place].hold = .leaving
            for index in shards[place].lanes.indices {
                for entry in shards[place].lanes[index].abandon() {
                    buffered.records -= 1
                    buffered.bytes -= entry.byteCount
                }
            }
            settleLeaving(place)
        }
    }

    /// Once all is answered, the shard is as any other of another worker.
    private mutating func settleLeaving(_ place: Int) {
        guard shards[place].hold == .leaving, !shards[place].owesAnswers else { return }
        let former = shards[place]
        let row = leavingRows.removeValue(forKey: former.id)
        if let lease = pendingGrants.removeValue(forKey: former.id) { return begin(lease, at: place) }
        let progress = row?.progress ?? former.saved ?? former.start
        shards[place] = ShardState(
            former.id, parent: former.parent, start: progress, saved: progress, isPromised: true, lanes: [])
        shards[place].hold = .elsewhere
        shards[place].lineage = former.lineage
        shards[place].observedThrough = row?.appliedThrough
    }

    mutating func observed(_ leases: [Lease], _ caughtUp: Set<ShardID>, _ now: Timestamp) {
        for lease in leases {
            switch lease.id {
            case .backfill: observeBackfill(lease)
            case .shard(let id):
                if case .finished(let time) = lease.progress, places[id] == nil,
                    now.milliseconds - time.milliseconds > options.retention
                {
                    continue
                }
                let place = place(of: id, lease, now)
                guard shards[place].hold != .own else { continue }
                shards[place].observedThrough = lease.appliedThrough
                shards[place].hasCaughtUpElsewhere = caughtUp.contains(id)
                guard shards[place].hold == .elsewhere else {
                    leavingRows[id] = lease
                    continue
                }
                shards[place].saved = lease.progress
                if case .finished(let time) = lease.progress, shards[place].finishedAt == nil {
                    shards[place].finishedAt = time
                    // Its children may not be listed yet.
                    isListingStale = true
                    if case .due = listing { listing = .due(at: now) }
                }
            }
        }
    }

    // MARK: The backfill

    private mutating func grantBackfill(_ lease: Lease) {
        guard !holdsBackfill, segments.isEmpty else {
            if !holdsBackfill { pendingBackfill = lease }
            return
        }
        holdsBackfill = true
        see(lease.backfill)
        guard case .scanning(_, let saved) = backfill else { return }
        segments = saved.map(SegmentState.init)
        let finished = saved.count { $0 == .finished }
        announce(
            saved.allSatisfy { $0 == .untouched }
                ? .backfillStarted(segments: saved.count) : .backfillResumed(finished: finished, of: saved.count))
    }

    private mutating func observeBackfill(_ lease: Lease) {
        if !holdsBackfill { see(lease.backfill) }
    }

    /// What the row says, which others may have moved on.
    private mutating func see(_ progress: BackfillProgress?) {
        // What was seen of others before the scan's end does not count.
        if case .scanning = backfill { for place in shards.indices { shards[place].hasCaughtUpElsewhere = false } }
        backfill = progress
        savedBackfill = progress
    }

    private mutating func revokeBackfill() {
        pendingBackfill = nil
        guard holdsBackfill else { return }
        holdsBackfill = false
        saving?.backfill = nil
        // What was not saved is another's to do again.
        backfill = savedBackfill
        sealing = SealState()
        for index in segments.indices { _ = segments[index].lane.abandon() }
        settleSegments()
    }

    private mutating func settleSegments() {
        let areAnswered = segments.allSatisfy { !$0.isReading && $0.lane.inFlight == 0 && !$0.lane.isBurying }
        guard !holdsBackfill, areAnswered else { return }
        segments = []
    }

    // MARK: Late answers

    /// Whether it answers what was asked in a former time; then it is dealt with.
    mutating func isLate(_ event: ReplicationEvent) -> Bool {
        guard options.isShared else { return false }
        switch event {
        case .opened(let id, _), .failed(.open(let id), _): return closeLate(id, isRead: false)
        case .read(let id, _), .failed(.read(let id), _): return closeLate(id, isRead: true)
        case .applied(let lane, _), .failed(.apply(let lane), _), .buried(let lane), .failed(.bury(let lane), _):
            return settleLate(lane)
        case .scanned(let index, _), .failed(.scan(let index), _):
            guard !holdsBackfill, segments.indices.contains(index) else { return false }
            segments[index].isReading = false
            resumeBackfillIfAnswered()
            return true
        default: return false
        }
    }

    private mutating func closeLate(_ id: ShardID, isRead: Bool) -> Bool {
        guard let place = places[id], shards[place].hold == .leaving else { return false }
        if isRead { readsUnderWay -= 1 }
        shards[place].reader = .closed
        settleLeaving(place)
        return true
    }

    private mutating func settleLate(_ lane: LaneID) -> Bool {
        switch lane.owner {
        case .shard(let id):
            guard let place = places[id], shards[place].hold == .leaving else { return false }
            batchesInFlight -= 1
            shards[place].lanes[lane.index].giveBack()
            shards[place].lanes[lane.index].isBurying = false
            settleLeaving(place)
        case .segment(let index):
            guard !holdsBackfill, segments.indices.contains(index) else { return false }
            batchesInFlight -= 1
            segments[index].lane.giveBack()
            segments[index].lane.isBurying = false
            resumeBackfillIfAnswered()
        }
        return true
    }

    private mutating func resumeBackfillIfAnswered() {
        settleSegments()
        guard segments.isEmpty, let lease = pendingBackfill else { return }
        pendingBackfill = nil
        grantBackfill(lease)
    }
}

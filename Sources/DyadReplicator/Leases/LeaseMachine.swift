package import DyadModel

/// Decides which leases a worker takes, renews, steals and lets go of: events in, effects out, as `ReplicationMachine`.
///
/// A lease is held from the moment its row is written for as long as `duration` after that write was sent, by this
/// worker's own steady clock. Others take it when they have not seen its row change for as long by theirs. So two hold
/// it only where a clock runs wrong or a process stood still; what is written then, the target's guard sorts out.
package struct LeaseMachine {
    struct Hold {
        var validUntil: Timestamp
        var renewDue: Timestamp
    }

    /// A write of a row that is under way.
    struct Pending {
        var lease: Lease
        var sentAt: Timestamp
        var isTake: Bool
    }

    struct Known {
        var lease: Lease
        /// When the row was last seen to change.
        var movedAt: Timestamp
        var hold: Hold?
        var pending: Pending?
        /// Of a holder elsewhere, the first sign of life that is newer than this worker, or than the scan's end. What
        /// it finds at the shard's tip after that, is all that was asked for here.
        var reference: (owner: String, time: Timestamp)?

        var hasCaughtUp: Bool {
            guard let reference, let tip = lease.tipAt else { return false }
            return reference.owner == lease.owner && tip >= reference.time
        }
    }

    enum Polling {
        case due(at: Timestamp)
        case underWay(since: Timestamp)
    }

    struct Saving {
        /// Leases whose rows do not say yet what is to be saved.
        var waiting: Set<LeaseID>
    }

    let worker: String
    let options: LeaseOptions
    var random: SeededRandom
    var known: [LeaseID: Known] = [:]
    var polling: Polling
    var pollFailures = 0
    /// Where shards begin that stood in the very first listing.
    let beginning: Checkpoint
    /// Shards that the stream listed last.
    var descriptions: [ShardDescription] = []
    var adding: Set<LeaseID> = []
    var removing: Set<LeaseID> = []
    /// What the rows of held leases are to say with their next write.
    var contents: [LeaseID: Lease] = [:]
    var saving: Saving?
    var isReleasing = false
    var hasPolled = false
    var wasScanning = false
    var health = SideHealth()

    var effects: [LeaseEffect] = []
    var news: [LeaseNews] = []
    var announcements: [Announcement] = []
    /// How the checkpoint that was asked for went: nil error is saved.
    var saveOutcome: Result<Void, PortError>?
    /// What no retry helps.
    var fatal: PortError?

    /// - Parameter beginning: how the replication began.
    package init(worker: String, options: LeaseOptions, beginning: Checkpoint, seed: UInt64, now: Timestamp) {
        self.worker = worker
        self.options = options
        random = SeededRandom(seed: seed)
        polling = .due(at: now)
        self.beginning = beginning
    }

    var isReleased: Bool { known.values.allSatisfy { $0.hold == nil && $0.pending == nil } }

    package var status: LeaseStatus {
        let open = known.values.filter { !$0.lease.isFinished }
        let workers = Set(open.compactMap(\.lease.owner)).union([worker])
        return LeaseStatus(held: open.count { $0.hold != nil }, all: open.count, workers: workers.count)
    }

    package mutating func handle(_ event: LeaseEvent, at now: Timestamp) {
        if case .failed(let task, let error) = event {
            failed(task, error, now)
        } else {
            if let recovered = health.succeeded(.coordination, at: now) { announcements.append(recovered) }
            switch event {
            case .listed(let leases): listed(leases, now)
            case .added(let id):
                adding.remove(id)
                pollSoon(now)
            case .replied(let id, let reply): replied(id, reply, now)
            case .removed(let id):
                removing.remove(id)
                known[id] = nil
            case .failed: break
            }
        }
        advance(now)
    }

    package mutating func advance(_ now: Timestamp) {
        expire(now)
        if isReleasing { return releaseHeld(now) }
        if case .due(let time) = polling, time <= now {
            polling = .underWay(since: now)
            effects.append(.list)
        }
        for id in ordered where (known[id]?.hold?.renewDue).map({ $0 <= now }) ?? false { renew(id, now) }
    }

    /// The ids in an order that is the same everywhere.
    var ordered: [LeaseID] { known.keys.sorted { $0.order < $1.order } }

    private mutating func expire(_ now: Timestamp) {
        for id in ordered {
            guard let hold = known[id]?.hold, hold.validUntil <= now else { continue }
            drop(id, because: "it could not be renewed in time")
        }
    }

    /// It is ours no more, or may not be.
    mutating func drop(_ id: LeaseID, because reason: String) {
        known[id]?.hold = nil
        contents[id] = nil
        news.append(.revoked(id))
        announcements.append(.leaseLost(id, reason))
        settleSaving(id)
    }

    func deadline(after now: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        func consider(_ time: Timestamp) {
            if time > now, earliest.map({ time < $0 }) ?? true { earliest = time }
        }
        if case .due(let time) = polling, !isReleasing { consider(time) }
        for entry in known.values {
            guard let hold = entry.hold else { continue }
            consider(hold.validUntil)
            if entry.pending == nil { consider(hold.renewDue) }
        }
        return earliest
    }

    // MARK: Shards and checkpoints

    /// The stream listed these: each gets a row.
    package mutating func know(_ shards: [ShardDescription]) {
        descriptions = shards
        addMissing()
    }

    /// A shard that stood in the very first listing begins where that said; any other at its beginning.
    mutating func addMissing() {
        guard hasPolled, !isReleasing else { return }
        if let backfill = beginning.backfill { add(Lease(.backfill, backfill: backfill)) }
        for shard in descriptions {
            let start = beginning.shards[shard.id]
            add(
                Lease(
                    .shard(shard.id), parent: shard.parent, progress: start ?? .trimHorizon,
                    isPromised: start == nil || beginning.backfill != nil))
        }
    }

    private mutating func add(_ lease: Lease) {
        guard known[lease.id] == nil, adding.insert(lease.id).inserted else { return }
        effects.append(.add(lease))
    }

    /// Rows are to say this, of what is held.
    package mutating func save(_ checkpoint: Checkpoint, _ now: Timestamp) {
        saving = Saving(waiting: [])
        noteScan(checkpoint.backfill)
        for id in ordered {
            guard let entry = known[id], entry.hold != nil else { continue }
            var wanted = entry.lease
            switch id {
            case .backfill: wanted.backfill = checkpoint.backfill ?? wanted.backfill
            case .shard(let shard):
                wanted.progress = checkpoint.shards[shard] ?? wanted.progress
                let through = [checkpoint.watermarks[shard], wanted.appliedThrough].compactMap { $0 }
                wanted.appliedThrough = through.max()
                wanted.tipAt = checkpoint.tips[shard] ?? wanted.tipAt
            }
            contents[id] = wanted
            // A watermark goes with the next renewal; progress is waited for.
            guard wanted.progress != entry.lease.progress || wanted.backfill != entry.lease.backfill else { continue }
            saving?.waiting.insert(id)
            renew(id, now)
        }
        if saving?.waiting.isEmpty ?? false { finishSaving(.success(())) }
    }

    /// Who has caught up before the scan's end, has to do so again.
    mutating func noteScan(_ backfill: BackfillProgress?) {
        guard let backfill else { return }
        if case .scanning = backfill {
            wasScanning = true
        } else if wasScanning {
            wasScanning = false
            for id in ordered { known[id]?.reference = nil }
        }
    }

    mutating func finishSaving(_ outcome: Result<Void, PortError>) {
        saving = nil
        saveOutcome = outcome
    }

    /// One row less is waited for.
    mutating func settleSaving(_ id: LeaseID) {
        guard saving?.waiting.remove(id) != nil, saving?.waiting.isEmpty ?? false else { return }
        finishSaving(.success(()))
    }

    /// Lets go of all that is held, so that others need not wait.
    package mutating func release(_ now: Timestamp) {
        isReleasing = true
        releaseHeld(now)
    }
}

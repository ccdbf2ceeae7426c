package import DyadModel

/// One worker: a replication machine and, where it shares its work, a lease machine beside it. As pure as both.
package struct ReplicationWorker: ~Copyable {
    /// What sharing needs.
    package struct Sharing {
        var worker: String
        var options: LeaseOptions
        var beginning: Checkpoint

        /// - Parameters:
        ///   - worker: this worker's name, which no other has.
        ///   - beginning: how the replication began.
        package init(worker: String, options: LeaseOptions, beginning: Checkpoint) {
            self.worker = worker
            self.options = options
            self.beginning = beginning
        }
    }

    private var machine: ReplicationMachine
    private var leases: LeaseMachine?
    /// Why it ends, told when the leases are let go of, or at that time.
    private var ending: (ReplicationEnding, until: Timestamp)?
    private var isOver = false
    private var heldAtEnd: LeaseStatus?

    package init(
        link: ReplicationLink, options: ReplicationOptions, resume: Checkpoint?, spool: SpoolContents? = nil,
        sharing: Sharing? = nil, seed: UInt64, now: Timestamp
    ) {
        guard let sharing else {
            machine = ReplicationMachine(
                link: link, options: options, resume: resume, spool: spool, seed: seed, now: now)
            return
        }
        var options = options
        options.isShared = true
        options.isGuarded = true
        var known = sharing.beginning
        known.savedAt = now
        machine = ReplicationMachine(link: link, options: options, resume: known, seed: seed, now: now)
        leases = LeaseMachine(
            worker: sharing.worker, options: sharing.options, beginning: sharing.beginning, seed: seed &+ 1, now: now)
    }

    /// The state after `event`, and what is to be done now.
    package mutating func handle(_ event: ReplicationEvent, at now: Timestamp) -> [ReplicationEffect] {
        guard leases != nil else { return machine.handle(event, at: now) }
        if isOver { return [] }
        var effects: [ReplicationEffect] = []
        switch event {
        case .lease(let event): leases?.handle(event, at: now)
        case .tick: leases?.advance(now)
        default: break
        }
        // What is not held any more is not acted for.
        deliver(&effects, now)
        if case .lease = event {} else { drive(event, &effects, now) }
        deliver(&effects, now)
        for effect in leases?.takeEffects() ?? [] { effects.append(.lease(effect)) }
        if let (reason, until) = ending, now >= until || leases?.isReleased ?? true {
            isOver = true
            effects.append(.end(reason))
        }
        return effects
    }

    /// Tells the machine what the leases say, until there is nothing new.
    private mutating func deliver(_ effects: inout [ReplicationEffect], _ now: Timestamp) {
        while true {
            for announcement in leases?.takeAnnouncements() ?? [] { effects.append(.announce(announcement)) }
            let events = leases?.takeEvents() ?? []
            guard !events.isEmpty else { return }
            for event in events { drive(event, &effects, now) }
        }
    }

    private mutating func drive(_ event: ReplicationEvent, _ effects: inout [ReplicationEffect], _ now: Timestamp) {
        if case .listed(let listing) = event { leases?.know(listing.shards) }
        for effect in machine.handle(event, at: now) {
            switch effect {
            case .save(let checkpoint): leases?.save(checkpoint, now)
            case .end(let reason):
                heldAtEnd = leases?.status
                ending = (reason, now.advanced(by: leases?.options.releaseGrace ?? 0))
                leases?.release(now)
            default: effects.append(effect)
            }
        }
    }

    /// When a tick is due though nothing happens; nil when only an event can move it.
    package func deadline(after now: Timestamp) -> Timestamp? {
        if isOver { return nil }
        let times = [machine.deadline(after: now), leases?.deadline(after: now), ending?.until]
        return times.compactMap { $0 }.filter { $0 > now }.min()
    }

    package func status(at now: Timestamp) -> ReplicationStatus {
        var status = machine.status(at: now)
        status.leases = heldAtEnd ?? leases?.status
        return status
    }
}

extension LeaseMachine {
    package mutating func takeNews() -> [LeaseNews] {
        defer { news = [] }
        return news
    }

    package mutating func takeEffects() -> [LeaseEffect] {
        defer { effects = [] }
        return effects
    }

    mutating func takeAnnouncements() -> [Announcement] {
        defer { announcements = [] }
        return announcements
    }

    /// What the replication machine is to know.
    mutating func takeEvents() -> [ReplicationEvent] {
        var events: [ReplicationEvent] = takeNews().map { news in
            switch news {
            case .granted(let lease): .granted(lease)
            case .revoked(let id): .revoked(id)
            case .observed(let leases, let caughtUp): .observed(leases, caughtUp: caughtUp)
            }
        }
        switch saveOutcome {
        case .success: events.append(.saved)
        case .failure(let error): events.append(.failed(.save, error))
        case nil: break
        }
        saveOutcome = nil
        if let error = fatal { events.append(.failed(.save, error)) }
        fatal = nil
        return events
    }
}

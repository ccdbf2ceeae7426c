import DyadModel

// What is saved, and what being saved allows: a child to start, a scan to begin, a caught-up replica to say so.
extension ReplicationMachine {
    /// There is something that a restart would do again.
    var isDirty: Bool {
        guard listCount > 0 else { return false }
        if isForgottenUnsaved { return true }
        if holdsBackfill, backfill != savedBackfill || neededSpool != savedSpool { return true }
        for place in shards.indices where shards[place].hold == .own && shards[place].progress != shards[place].saved {
            return true
        }
        return false
    }

    /// The spool that a restart would count on.
    private var neededSpool: String? { isSpooling ? spool?.id : nil }

    /// Someone waits for this checkpoint.
    private var isUrgent: Bool {
        if saveCount == 0 || isPhaseUnsaved || neededSpool != savedSpool { return true }
        for place in shards.indices where shards[place].hold == .own && shards[place].finishedAt != nil {
            if shards[place].saved?.isFinished != true { return true }
        }
        return false
    }

    private var isPhaseUnsaved: Bool {
        switch (backfill, savedBackfill) {
        case (.scanning, .scanning): false
        default: backfill != savedBackfill
        }
    }

    mutating func saveIfDue(_ now: Timestamp) {
        guard saving == nil, listCount > 0 else { return }
        guard now >= saveNotBefore || (saveFailures == 0 && isUrgent) else { return }
        guard now >= savedAt.advanced(by: options.heartbeat) || isDirty else { return }
        save(now)
    }

    mutating func save(_ now: Timestamp) {
        var progress: [ShardID: ShardProgress] = [:]
        for shard in shards where shard.hold == .own { progress[shard.id] = shard.progress }
        var checkpoint = Checkpoint(
            link: link, shards: progress, backfill: holdsBackfill ? backfill : nil, appliedThrough: appliedThrough,
            savedAt: now, spool: neededSpool)
        if options.isShared {
            for shard in shards where shard.hold == .own {
                checkpoint.watermarks[shard.id] = shard.appliedThrough
                if shard.isIdle, shard.emptyPages >= options.emptyPagesAtTip {
                    checkpoint.tips[shard.id] = shard.askedAt
                }
            }
        }
        saving = checkpoint
        effects.append(.save(checkpoint))
    }

    /// Moves the watermark as far as all shards allow. A shard that is not begun yet makes it wait, unless its parent,
    /// whose changes are older, does so already.
    mutating func moveWatermark() {
        guard listCount > 0, !isListingStale, case .due = listing else { return }
        switch backfill {
        case .scanning, .replaying: return
        case .consistent, nil: break
        }
        var earliest: Timestamp?
        for place in shards.indices where shards[place].finishedAt == nil {
            if shards[place].readThrough == nil, let parent = shards[place].parent.flatMap({ places[$0] }),
                shards[parent].finishedAt == nil
            {
                continue
            }
            guard let through = shards[place].appliedThrough else { return }
            earliest = earliest.map { min($0, through) } ?? through
        }
        guard let earliest else { return }
        appliedThrough = max(appliedThrough ?? earliest, earliest)
    }

    mutating func saved(_ now: Timestamp) {
        guard let checkpoint = saving else { return }
        saving = nil
        succeeded(.checkpoint, now)
        saveFailures = 0
        saveCount += 1
        savedAt = checkpoint.savedAt
        if !options.isShared || checkpoint.backfill != nil { savedBackfill = checkpoint.backfill }
        savedSpool = checkpoint.spool
        saveNotBefore = now.advanced(by: options.saveInterval)
        for place in shards.indices {
            guard let progress = checkpoint.shards[shards[place].id] else { continue }
            precondition(!progress.isBehind(shards[place].saved), "checkpoints only move forward")
            shards[place].saved = progress
        }
        if checkpoint.shards.keys.allSatisfy({ places[$0] != nil }) { isForgottenUnsaved = false }
        if case .running = phase { forgetSpooled() }
    }

    mutating func saveFailed(_ error: PortError, _ now: Timestamp) {
        saving = nil
        saveFailures += 1
        saveNotBefore = now.advanced(by: options.pause(afterFailures: saveFailures, using: &random))
        guard !error.isRetryable else { return }
        switch phase {
        case .running: stop(.failed(.checkpoint(error.message)), now)
        case .stopping(let ending, _), .closing(let ending, _):
            // What ended the replication is told rather than what then went wrong as well.
            if case .failed = ending {
                phase = .closing(ending, until: now)
            } else {
                phase = .closing(.failed(.checkpoint(error.message)), until: now)
            }
        case .ended: break
        }
    }

    /// Every shard is finished or was seen at its tip, with all that came before applied and saved.
    private var hasCaughtUp: Bool {
        guard listCount > 0, !isScanning, spool == nil, !isListingStale, case .due = listing else { return false }
        for place in shards.indices where !shards[place].hasCaughtUp { return false }
        return true
    }

    /// The replay of a backfill has passed the scan's end, or the stream's end at the time of asking.
    mutating func noteConsistency(_ now: Timestamp) {
        guard hasCaughtUp else { return }
        if case .replaying(let since) = backfill {
            guard holdsBackfill else { return }
            backfill = .consistent(at: now)
            announce(.consistent(afterScan: now.milliseconds - since.milliseconds))
        }
        if options.untilCaughtUp {
            if !isForgetting { stop(.caughtUp, now) }
            return
        }
        if isStreamDisabled, shards.allSatisfy({ $0.finishedAt != nil }) { stop(.failed(.streamDisabled), now) }
    }
}

extension ShardProgress {
    /// Restarting from here would do again what `other` says is done.
    func isBehind(_ other: ShardProgress?) -> Bool {
        switch (self, other) {
        case (_, nil), (.finished, _), (.trimHorizon, .trimHorizon), (.latest, .latest), (.trimHorizon, .latest): false
        case (.after(let sequence), .after(let former)): sequence < former
        case (.after, .trimHorizon), (.after, .latest): false
        default: true
        }
    }
}

import DyadModel

// What is saved, and what being saved allows: a child to start, a scan to begin, a caught-up replica to say so.
extension ReplicationMachine {
    /// There is something that a restart would do again.
    var isDirty: Bool {
        guard listCount > 0 else { return false }
        return (holdsBackfill && backfill != savedBackfill)
            || shards.contains { $0.hold == .own && $0.progress != $0.saved }
    }

    /// Someone waits for this checkpoint.
    private var isUrgent: Bool {
        saveCount == 0 || isPhaseUnsaved
            || shards.contains { $0.hold == .own && $0.finishedAt != nil && $0.saved?.isFinished != true }
    }

    private var isPhaseUnsaved: Bool {
        switch (backfill, savedBackfill) {
        case (.scanning, .scanning): false
        default: backfill != savedBackfill
        }
    }

    mutating func saveIfDue(_ now: Timestamp) {
        guard saving == nil, listCount > 0 else { return }
        let isWanted = isDirty || now >= savedAt.advanced(by: options.heartbeat)
        guard isWanted, now >= saveNotBefore || (isUrgent && saveFailures == 0) else { return }
        save(now)
    }

    mutating func save(_ now: Timestamp) {
        var progress: [ShardID: ShardProgress] = [:]
        for shard in shards where shard.hold == .own { progress[shard.id] = shard.progress }
        var checkpoint = Checkpoint(
            link: link, shards: progress, backfill: holdsBackfill ? backfill : nil, appliedThrough: appliedThrough,
            savedAt: now)
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
        for shard in shards where shard.finishedAt == nil {
            if shard.readThrough == nil, let parent = shard.parent.flatMap({ places[$0] }),
                shards[parent].finishedAt == nil
            {
                continue
            }
            guard let through = shard.appliedThrough else { return }
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
        saveNotBefore = now.advanced(by: options.saveInterval)
        for place in shards.indices {
            guard let progress = checkpoint.shards[shards[place].id] else { continue }
            precondition(!progress.isBehind(shards[place].saved), "checkpoints only move forward")
            shards[place].saved = progress
        }
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
        guard listCount > 0, !isScanning, !isListingStale, case .due = listing else { return false }
        return shards.allSatisfy { $0.hasCaughtUp }
    }

    /// The replay of a backfill has passed the scan's end, or the stream's end at the time of asking.
    mutating func noteConsistency(_ now: Timestamp) {
        guard hasCaughtUp else { return }
        if case .replaying(let since) = backfill {
            guard holdsBackfill else { return }
            backfill = .consistent(at: now)
            announce(.consistent(afterScan: now.milliseconds - since.milliseconds))
        }
        if options.untilCaughtUp { return stop(.caughtUp, now) }
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

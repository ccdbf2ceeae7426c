import DyadModel

// Rows as they are seen, taken, renewed and let go of.
extension LeaseMachine {
    mutating func pollSoon(_ now: Timestamp) {
        if case .due = polling { polling = .due(at: now) }
    }

    mutating func listed(_ leases: [Lease], _ now: Timestamp) {
        guard case .underWay(let since) = polling else { return }
        polling = .due(at: now.advanced(by: options.pollInterval))
        pollFailures = 0
        hasPolled = true
        for lease in leases { saw(lease, now) }
        // What is not there any more was removed, unless it came while the rows were read.
        let ids = Set(leases.map(\.id))
        for id in ordered where !ids.contains(id) {
            guard let entry = known[id], entry.pending == nil, entry.movedAt < since else { continue }
            if entry.hold != nil { drop(id, because: "its row is gone") }
            known[id] = nil
        }
        let elsewhere = ordered.compactMap { known[$0] }.filter { $0.hold == nil }
        var caughtUp: Set<ShardID> = []
        for entry in elsewhere { if case .shard(let id) = entry.lease.id, entry.hasCaughtUp { caughtUp.insert(id) } }
        if !elsewhere.isEmpty { news.append(.observed(elsewhere.map(\.lease), caughtUp: caughtUp)) }
        addMissing()
        balance(now)
        tidy(now)
    }

    /// A row as it was read, now or a while ago: counters only grow.
    private mutating func saw(_ lease: Lease, _ now: Timestamp) {
        guard let entry = known[lease.id] else {
            if lease.id == .backfill { noteScan(lease.backfill) }
            known[lease.id] = Known(lease: lease, movedAt: now)
            return
        }
        guard lease.counter > entry.lease.counter else { return }
        known[lease.id]?.lease = lease
        known[lease.id]?.movedAt = now
        if let owner = lease.owner, let time = lease.writtenAt, entry.reference?.owner != owner {
            known[lease.id]?.reference = (owner, time)
        }
        if lease.id == .backfill { noteScan(lease.backfill) }
        if entry.hold != nil, lease.owner != worker { drop(lease.id, because: taken(lease)) }
    }

    private func taken(_ lease: Lease) -> String { lease.owner.map { "worker \($0) took it" } ?? "it was let go of" }

    /// Writes the row anew: the sign of life, and with it what is to be saved.
    mutating func renew(_ id: LeaseID, _ now: Timestamp) {
        guard let entry = known[id], entry.hold != nil, entry.pending == nil else { return }
        write(id, owner: worker, isTake: false, now)
    }

    mutating func take(_ id: LeaseID, _ now: Timestamp) { write(id, owner: worker, isTake: true, now) }

    private mutating func write(_ id: LeaseID, owner: String?, isTake: Bool, _ now: Timestamp) {
        guard let entry = known[id], entry.pending == nil else { return }
        var next = entry.lease
        if let content = contents[id], !isTake {
            next.progress = content.progress
            next.appliedThrough = content.appliedThrough
            next.tipAt = content.tipAt
            next.backfill = content.backfill
        }
        if isTake, entry.lease.owner != worker {
            next.switches += 1
            // By another's clock.
            next.tipAt = nil
        }
        next.writtenAt = now
        next.owner = owner
        next.counter += 1
        known[id]?.pending = Pending(lease: next, sentAt: now, isTake: isTake)
        effects.append(.replace(entry.lease, with: next))
    }

    mutating func replied(_ id: LeaseID, _ reply: LeaseReply, _ now: Timestamp) {
        guard let entry = known[id], let pending = entry.pending else { return }
        known[id]?.pending = nil
        switch reply {
        case .written: written(id, entry, pending, now)
        case .overtaken(let row?):
            // A row that is ours has been written by a request of ours whose answer was lost.
            if row.counter > entry.lease.counter {
                known[id]?.lease = row
                known[id]?.movedAt = now
            }
            if row.owner == worker {
                if isReleasing {
                    write(id, owner: nil, isTake: false, now)
                } else if entry.hold != nil {
                    renew(id, now)
                } else {
                    take(id, now)
                }
            } else if entry.hold != nil {
                drop(id, because: taken(row))
            }
        case .overtaken(nil):
            if entry.hold != nil { drop(id, because: "its row is gone") }
            known[id] = nil
        }
    }

    private mutating func written(_ id: LeaseID, _ entry: Known, _ pending: Pending, _ now: Timestamp) {
        // A listing may have shown something newer meanwhile.
        guard pending.lease.counter >= entry.lease.counter else { return }
        known[id]?.lease = pending.lease
        known[id]?.movedAt = now
        guard pending.lease.owner == worker else { return }
        let validUntil = pending.sentAt.advanced(by: options.duration)
        if validUntil <= now {
            // The answer took so long that it may be another's again. It is ours in name: see `balance`.
            return
        }
        let hold = Hold(validUntil: validUntil, renewDue: pending.sentAt.advanced(by: options.renewInterval))
        known[id]?.hold = hold
        if entry.hold == nil, !isReleasing {
            contents[id] = nil
            news.append(.granted(pending.lease))
            let former = entry.lease.owner == worker ? nil : entry.lease.owner
            announcements.append(.leaseTaken(id, from: former))
            return
        }
        guard let content = contents[id] else { return }
        if content.progress == pending.lease.progress, content.backfill == pending.lease.backfill {
            settleSaving(id)
            if pending.lease.isFinished { finish(id) }
        } else if saving?.waiting.contains(id) ?? false {
            renew(id, now)
        }
    }

    /// What is done needs no holder.
    private mutating func finish(_ id: LeaseID) {
        known[id]?.hold = nil
        contents[id] = nil
    }

    mutating func releaseHeld(_ now: Timestamp) {
        for id in ordered where known[id]?.hold != nil && known[id]?.pending == nil {
            write(id, owner: nil, isTake: false, now)
            known[id]?.hold = nil
        }
    }

    mutating func failed(_ task: LeaseTask, _ error: PortError, _ now: Timestamp) {
        if error.isRetryable {
            let found = health.failed(
                .lease(task), error.message, record: nil, at: now, interval: 10_000)
            if let found { announcements.append(found) }
        } else {
            fatal = error
        }
        switch task {
        case .list:
            pollFailures += 1
            polling = .due(at: now.advanced(by: options.pollInterval))
        case .add(let id): adding.remove(id)
        case .remove(let id): removing.remove(id)
        case .replace(let id):
            known[id]?.pending = nil
            let pause = Int64.random(in: 50...max(51, options.renewInterval / 4), using: &random)
            known[id]?.hold?.renewDue = now.advanced(by: pause)
            if saving?.waiting.contains(id) ?? false { finishSaving(.failure(error)) }
        }
    }
}

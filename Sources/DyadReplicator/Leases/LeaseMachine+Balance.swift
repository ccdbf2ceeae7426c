import DyadModel

// Who takes what: as the Kinesis Client Library does, each worker for itself, by what it sees in the rows.
extension LeaseMachine {
    /// Takes what nobody keeps alive, up to this worker's share; if there is none, steals one from who has most.
    mutating func balance(_ now: Timestamp) {
        guard !isReleasing else { return }
        let open = ordered.filter { known[$0]?.lease.isFinished == false }
        guard !open.isEmpty else { return }
        var free: [LeaseID] = []
        var loads: [String: [LeaseID]] = [:]
        var mine = 0
        for id in open {
            guard let entry = known[id] else { continue }
            if entry.hold != nil || entry.pending != nil {
                mine += 1
            } else if entry.lease.owner == worker {
                // Ours in name: the answer came too late, or it was given up. Nobody took it meanwhile.
                mine += 1
                take(id, now)
            } else if let owner = entry.lease.owner, now < entry.movedAt.advanced(by: options.duration) {
                loads[owner, default: []].append(id)
            } else {
                free.append(id)
            }
        }
        let workers = loads.count + 1
        let share = (open.count + workers - 1) / workers
        guard mine < share else { return }
        guard free.isEmpty else {
            // Shuffled, so that two workers do not go for the same; what can be begun first.
            let shuffled = free.shuffled(using: &random)
            let ready = shuffled.filter { mayBegin($0) } + shuffled.filter { !mayBegin($0) }
            for id in ready.prefix(share - mine) { take(id, now) }
            return
        }
        let most = loads.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        guard let most, most.value.count - mine >= 2 else { return }
        // A scan that changes hands begins its pages again, so it stays.
        if let id = most.value.filter({ $0 != .backfill }).randomElement(using: &random) { take(id, now) }
    }

    private func mayBegin(_ id: LeaseID) -> Bool {
        guard let parent = known[id]?.lease.parent, let entry = known[.shard(parent)] else { return true }
        return entry.lease.isFinished
    }

    /// Removes the rows of shards that are long gone: every look at the rows reads them all.
    mutating func tidy(_ now: Timestamp) {
        guard !descriptions.isEmpty, !isReleasing else { return }
        let listedShards = Set(descriptions.map(\.id))
        for id in ordered {
            guard case .shard(let shard) = id, let entry = known[id], !listedShards.contains(shard),
                case .finished(let time) = entry.lease.progress, entry.pending == nil, !removing.contains(id),
                now.milliseconds - time.milliseconds > options.retention
            else { continue }
            removing.insert(id)
            effects.append(.remove(entry.lease))
        }
    }
}

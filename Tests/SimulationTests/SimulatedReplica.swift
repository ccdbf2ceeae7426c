import DyadModel
import DyadReplicator

/// The replica, and what it must never be seen doing.
struct SimulatedReplica {
    /// Item to version; a missing item is deleted or was never there.
    private(set) var items: [Int: Int] = [:]
    /// The version that was written last, deletes included.
    private var written: [Int: Int] = [:]
    /// The same, by the process that lives now, from the stream alone.
    private var writtenInLife: [Int: Int] = [:]
    private var hasReplayed = false
    private var lifeBegan: Checkpoint?
    private(set) var violations: [String] = []

    mutating func beginLife(from checkpoint: Checkpoint?) {
        writtenInLife = [:]
        lifeBegan = checkpoint
    }

    /// - Parameter isReplay: it comes from the stream and not from the scan.
    mutating func apply(_ write: ReplicaWrite, isReplay: Bool, source: SimulatedSource) {
        guard let number = write.key.number("id") else { return violations.append("a write without a key") }
        if isReplay {
            hasReplayed = true
            guard let change = write.sequence.flatMap({ source.changes[$0] }) else {
                return violations.append("a write that no record tells of")
            }
            let version = change.version
            if version < writtenInLife[number] ?? 0 { violations.append("item \(number) went back in one process") }
            checkNotBehindCheckpoint(number, change)
            writtenInLife[number] = version
            written[number] = version
        } else {
            if hasReplayed { violations.append("the scan wrote item \(number) after the replay began") }
            if case .put(let item) = write.change { written[number] = item.number("v") }
        }
        switch write.change {
        case .put(let item): items[number] = item.number("v")
        case .delete: items[number] = nil
        }
    }

    /// A new process may repeat what its checkpoint does not cover, and nothing else.
    private mutating func checkNotBehindCheckpoint(_ number: Int, _ change: SimulatedSource.Change) {
        switch lifeBegan?.shards[change.shard] {
        case .finished: violations.append("item \(number) was replayed from a finished shard")
        case .after(let done) where change.sequence <= done:
            violations.append("item \(number) was replayed from behind the checkpoint")
        default: break
        }
    }

    /// Whatever a checkpoint claims to be applied is in the replica.
    mutating func check(_ checkpoint: Checkpoint, source: SimulatedSource, deadLetters: [Int: Set<Int>]) {
        if case .scanning = checkpoint.backfill { return }
        var claimed: [Int: (version: Int, exists: Bool)] = [:]
        for (number, changes) in source.history {
            for change in changes {
                let isWatermarked = checkpoint.appliedThrough.map { change.madeAt < $0 } ?? false
                let isClaimed =
                    switch checkpoint.shards[change.shard] {
                    case .finished: true
                    case .after(let done): change.sequence <= done
                    default: false
                    }
                if isClaimed || isWatermarked { claimed[number] = (change.version, change.exists) }
            }
        }
        for (number, claim) in claimed.sorted(by: { $0.key < $1.key }) {
            if let has = written[number], has >= claim.version { continue }
            // Changes of a key that came together are kept as the last of them.
            if deadLetters[number]?.contains(where: { $0 >= claim.version }) ?? false { continue }
            if !claim.exists, items[number] == nil { continue }
            // The scan may have found a later state already: no item. The replay has yet to tell of the delete.
            let isDeletedLater = source.history[number]?.contains { $0.version > claim.version && !$0.exists } ?? false
            if case .replaying = checkpoint.backfill, items[number] == nil, isDeletedLater { continue }
            violations.append("the checkpoint claims item \(number) version \(claim.version), which was not applied")
        }
    }
}

extension ItemBytes {
    /// The number of that attribute.
    func number(_ name: Text) -> Int? {
        guard case .number(let number) = attribute(named: name) else { return nil }
        return Int(number.description)
    }
}

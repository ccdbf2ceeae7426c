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
        guard let number = write.key.simulatedNumber else { return violations.append("a write without a key") }
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
            if case .put(let item) = write.change { written[number] = item.simulatedVersion }
        }
        switch write.change {
        case .put(let item): items[number] = item.simulatedVersion
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
        func isClaimed(_ change: SimulatedSource.Change) -> Bool {
            if let through = checkpoint.appliedThrough, change.madeAt < through { return true }
            switch checkpoint.shards[change.shard] {
            case .finished: return true
            case .after(let done): return change.sequence <= done
            default: return false
            }
        }
        for number in source.history.keys.sorted() {
            let changes = source.history[number] ?? []
            // The last change that is claimed stands for those before it; what is newest is mostly there.
            if let has = written[number], let last = changes.last, has >= last.version { continue }
            guard let claim = changes.last(where: { isClaimed($0) }) else { continue }
            if let has = written[number], has >= claim.version { continue }
            // Changes of a key that came together are kept as the last of them.
            if deadLetters[number]?.contains(where: { $0 >= claim.version }) ?? false { continue }
            if !claim.exists, items[number] == nil { continue }
            // The scan may have found a later state already: no item. The replay has yet to tell of the delete.
            if case .replaying = checkpoint.backfill, items[number] == nil,
                changes.contains(where: { $0.version > claim.version && !$0.exists })
            {
                continue
            }
            violations.append("the checkpoint claims item \(number) version \(claim.version), which was not applied")
        }
    }
}

extension ItemBytes {
    // Of the forms that `SimulatedSource` writes, and no others: to read items as items took a part of a run's time.

    /// The item's number, which stands first: `{"id":{"N":"12"}…`.
    var simulatedNumber: Int? {
        var (number, at) = (0, 12)
        while at < utf8.count, case 48...57 = utf8[at] {
            number = number * 10 + Int(utf8[at] - 48)
            at += 1
        }
        return at > 12 ? number : nil
    }

    /// The item's version, which stands last: `…"v":{"N":"3"}}`.
    var simulatedVersion: Int? {
        var (number, unit, at) = (0, 1, utf8.count - 4)
        while at >= 0, case 48...57 = utf8[at] {
            number += unit * Int(utf8[at] - 48)
            unit *= 10
            at -= 1
        }
        return unit > 1 ? number : nil
    }
}

import DyadModel
import DyadReplicator

/// Which of the source's changes the replica has, as a running replicator's checkpoint tells.
struct AppliedWatermark: Sendable {
    let checkpoints: any CheckpointStore
    /// For people: the checkpoint's file.
    let name: String
    /// Which tables the checkpoint must be of.
    let tables: ReplicationLink
    let clock: any ReplicationClock
    /// Milliseconds that the watermark may stand still before it is given up.
    let patience: Int64

    /// Records carry whole seconds, rounded down, so a change may look older than it is by this many milliseconds.
    static let recordTimeGrain: Int64 = 1000
    /// Milliseconds between two looks at the checkpoint.
    static let pollInterval: Int64 = 100

    /// Waits until every change that was made before `time` is applied.
    ///
    /// - Returns: the checkpoint that says so.
    func wait(past time: Timestamp) async throws(PortError) -> Checkpoint {
        let wanted = time.advanced(by: Self.recordTimeGrain)
        var seen: Timestamp?
        var movedAt = clock.now
        while true {
            let checkpoint = try await load()
            if let through = checkpoint.appliedThrough, through >= wanted { return checkpoint }
            if checkpoint.appliedThrough != seen {
                seen = checkpoint.appliedThrough
                movedAt = clock.now
            }
            let waited = clock.now.milliseconds - movedAt.milliseconds
            guard waited < patience else {
                let where_ = seen.map { "stands at \($0.label)Z" } ?? "is not there: the replica is not consistent yet"
                throw PortError(
                    .fatal,
                    "what the replicator has applied, as \(name) tells, \(where_) for \(waited / 1000) s. "
                        + "Is dyad replicate running?")
            }
            do { try await clock.sleep(until: clock.now.advanced(by: Self.pollInterval)) } catch {
                throw PortError(.unavailable, "cancelled")
            }
        }
    }

    private func load() async throws(PortError) -> Checkpoint {
        guard let checkpoint = try await checkpoints.load() else {
            throw PortError(
                .fatal, "there is no checkpoint \(name): --live needs the one that dyad replicate keeps (--checkpoint)")
        }
        guard checkpoint.link.joinsSameTables(as: tables) else {
            throw PortError(.fatal, "\(name) is the checkpoint of \(checkpoint.link.name)")
        }
        return checkpoint
    }
}

extension Checkpoint {
    /// The highest sequence number that a shard is applied up to; nil when none of the open ones has one.
    var lastAppliedSequence: SequenceNumber? {
        shards.values.compactMap { if case .after(let sequence) = $0 { sequence } else { nil } }.max()
    }
}

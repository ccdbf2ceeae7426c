import DyadModel
import DyadReplicator

/// Where running replicators keep what they have applied.
protocol AppliedProgress: Sendable {
    /// For people: `checkpoint FILE`.
    var name: String { get }
    /// For people: what is to be done where nothing is kept.
    var advice: String { get }
    /// Milliseconds between two looks.
    var pollInterval: Int64 { get }

    /// The shards whose changes count, as far as they have to be asked for: those of the stream at present.
    func shards() async throws(PortError) -> [ShardDescription]
    /// What is applied of those, and of all that came before them; nil when nothing is kept.
    func load(of shards: [ShardDescription]) async throws(PortError) -> Checkpoint?
}

/// The checkpoint of a single process knows all shards.
struct KeptCheckpoint: AppliedProgress {
    let store: any CheckpointStore
    let name: String
    let pollInterval: Int64 = 100
    let advice = "--live needs the one that dyad replicate keeps (--checkpoint)"

    func shards() -> [ShardDescription] { [] }
    func load(of shards: [ShardDescription]) async throws(PortError) -> Checkpoint? { try await store.load() }
}

/// Which of the source's changes the replica has, as running replicators tell.
struct AppliedWatermark: Sendable {
    let progress: any AppliedProgress
    /// Which tables the checkpoint must be of.
    let tables: ReplicationLink
    let clock: any ReplicationClock
    /// Milliseconds that the watermark may stand still before it is given up.
    let patience: Int64

    /// Records carry whole seconds, rounded down, so a change may look older than it is by this many milliseconds.
    static let recordTimeGrain: Int64 = 1000

    /// Waits until every change that was made before `time`, which is past, is applied.
    ///
    /// - Returns: the checkpoint that says so.
    func wait(past time: Timestamp) async throws(PortError) -> Checkpoint {
        let wanted = time.advanced(by: Self.recordTimeGrain)
        let shards = try await progress.shards()
        var seen: Timestamp?
        var movedAt = clock.now
        while true {
            let checkpoint = try await load(shards)
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
                    "what the replicator has applied, as the \(progress.name) tells, \(where_) for \(waited / 1000) s. "
                        + "Is dyad replicate running?")
            }
            do { try await clock.sleep(until: clock.now.advanced(by: progress.pollInterval)) } catch {
                throw PortError(.unavailable, "cancelled")
            }
        }
    }

    private func load(_ shards: [ShardDescription]) async throws(PortError) -> Checkpoint {
        guard let checkpoint = try await progress.load(of: shards) else {
            throw PortError(.fatal, "there is no \(progress.name): \(progress.advice)")
        }
        guard checkpoint.link.joinsSameTables(as: tables) else {
            throw PortError(.fatal, "the \(progress.name) is of \(checkpoint.link.name)")
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

import DyadModel
import DyadReplicator
import Logging

/// Runs one mapping: the replicator's machine, with an invocation as its effect.
struct MappingRunner: Sendable {
    let mapping: EventSourceMapping
    let ports: MappingPorts
    /// Closed by whoever cannot wait for the function.
    let gate = InvocationGate()
    let onResult: @Sendable (String) async -> Void

    private let store: DocumentCheckpointStore
    private let source: any MappingSource
    private let logger: Logger

    init(
        _ mapping: EventSourceMapping, _ stream: MappedStream, _ ports: MappingPorts,
        onResult: @escaping @Sendable (String) async -> Void
    ) {
        self.mapping = mapping
        self.ports = ports
        self.onResult = onResult
        store = MappingStore(documents: ports.documents).checkpoints(of: mapping)
        source = ports.streams.source(
            of: mapping.streamARN, in: mapping.scope,
            reader: EventReader(
                streamARN: mapping.streamARN, partitionKey: stream.partitionKey, filters: mapping.settings.filters))
        var logger = ports.logger
        logger[metadataKey: "mapping"] = "\(mapping.id)"
        self.logger = logger
    }

    private var link: ReplicationLink {
        ReplicationLink(
            sourceRegion: mapping.scope.region.rawValue, sourceTable: mapping.table, streamARN: mapping.streamARN,
            targetRegion: mapping.scope.region.rawValue, targetTable: mapping.functionARN, targetID: mapping.id)
    }

    /// A function may take 15 minutes; who cannot wait closes the gate.
    private static let stopGrace: Int64 = 16 * 60_000

    static func options(_ settings: MappingSettings) -> ReplicationOptions {
        var events = EventBatching()
        events.recordsMax = settings.batchSize
        events.window = Int64(settings.batchingWindow) * 1000
        events.bisects = settings.bisects
        var options = ReplicationOptions()
        options.events = events
        options.lanesPerShard = settings.parallelization
        // As many invocations at a time as AWS gives an account.
        options.parallelism = 1000
        options.bufferedRecordsMax = max(options.bufferedRecordsMax, 2 * settings.batchSize * settings.parallelization)
        options.onError = .skipToDeadLetter
        options.attemptsMax = settings.retriesMax < 0 ? nil : settings.retriesMax + 1
        options.retryPause = 100...10_000
        // Nobody reads a mapping's watermark: it is written when something was handled, and then alone.
        options.heartbeat = 3_600_000
        options.stopGrace = stopGrace
        return options
    }

    /// Notes where the mapping begins, unless it has begun before.
    ///
    /// LATEST is a place in each shard from here on: whatever is written after this returns is handed on, also when the
    /// server ends before it.
    func begin() async throws(PortError) {
        guard mapping.startingPosition == .latest, try await store.load() == nil else { return }
        let now = ports.pace.now
        let shards = try await source.tips().mapValues { tip -> ShardProgress in
            tip.map { .after($0) } ?? .finished(at: now)
        }
        try await store.save(Checkpoint(link: link, shards: shards, savedAt: now))
    }

    /// Until the task is cancelled, with a last checkpoint.
    func run() async {
        var pause: Int64 = 500
        while !Task.isCancelled {
            let began = ports.pace.now
            do throws(PortError) {
                try await begin()
                let report = await ReplicationShell(
                    ports: replicationPorts, clock: ports.pace, logger: logger, progressInterval: 3_600_000
                )
                .run(
                    link: link, options: Self.options(mapping.settings), resume: try await store.load(),
                    seed: UInt64.random(in: 0 ... .max))
                guard try await goesOn(after: report.ending) else { return }
            } catch {
                logger.error("cannot go on, trying again: \(error.message)")
            }
            if ports.pace.now.milliseconds - began.milliseconds > 60_000 { pause = 500 }
            await wait(pause)
            pause = min(pause * 2, 30_000)
        }
    }

    private var replicationPorts: ReplicationPorts {
        let target = InvocationTarget(
            mapping: mapping, invoker: ports.functions, gate: gate, destination: ports.destination, clock: ports.clock,
            identity: ports.identity, logger: logger, onResult: onResult)
        return ReplicationPorts(
            source: source, snapshot: NoSnapshot(), target: target, checkpoints: store, deadLetters: target)
    }

    /// - Returns: false when there is nothing to go on with.
    private func goesOn(after ending: ReplicationEnding) async throws(PortError) -> Bool {
        switch ending {
        case .stopped, .caughtUp: return false
        case .failed(.trimmed(let shard, _, let message)):
            logger.warning(
                "shard \(shard) is no longer kept where the mapping stood (\(message)); going on from what is")
            try await passTrimmed(shard)
            return true
        case .failed(.streamDisabled):
            logger.notice("the stream was disabled, and all of it is handled")
            return false
        case .failed(let failure):
            logger.error("stopped by itself, beginning again: \(failure)")
            return true
        }
    }

    /// The records are lost to every reader; what the stream still keeps is not.
    private func passTrimmed(_ shard: ShardID) async throws(PortError) {
        guard var checkpoint = try await store.load() else { return }
        let isListed = try await source.shards().shards.contains { $0.id == shard }
        checkpoint.shards[shard] = isListed ? .trimHorizon : .finished(at: ports.pace.now)
        try await store.save(checkpoint)
    }

    /// Ends early when the task is cancelled.
    private func wait(_ milliseconds: Int64) async {
        try? await ports.pace.sleep(until: ports.pace.now.advanced(by: milliseconds))
    }
}

/// A mapping has no backfill: it is never asked.
private struct NoSnapshot: SnapshotSource {
    func page(segment: Int, of segmentCount: Int, after key: ItemBytes?) async throws(PortError) -> SnapshotPage {
        throw PortError(.fatal, "a mapping copies no table")
    }
}

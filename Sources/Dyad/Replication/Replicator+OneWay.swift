import DyadClient
import DyadModel
import DyadReplicator

// From the source to the target alone.
extension Replicator {
    func runOneWay(
        _ source: DynamoDBClient, _ target: DynamoDBClient, _ options: ReplicationOptions,
        _ reporter: ProgressReporter
    ) async -> Result<Outcome, NotStarted> {
        var lock: CheckpointLock?
        if let path = configuration.checkpointPath, configuration.coordination?.isShared != true {
            do throws(CheckpointLock.Taken) { lock = try CheckpointLock(for: path) } catch {
                return .failure(NotStarted(description: error.description))
            }
        }
        defer { lock?.release() }
        var options = options
        // AWS may answer an empty page before a shard's tip, and a record may take its time to be seen there.
        options.emptyPagesAtTip = source.endpoint.isExplicit ? 1 : 3
        options.propagationDelay = source.endpoint.isExplicit ? 0 : 10_000
        let tables = ReplicationTables(
            source: source, sourceTable: configuration.source.table, target: target,
            targetTable: configuration.target.table)
        let checkpoints: any CheckpointStore =
            if let path = configuration.checkpointPath { FileCheckpointStore(path: path) } else {
                MemoryCheckpointStore()
            }
        let pace = tablePace()
        let deadLetters = configuration.deadLetterPath.map { FileDeadLetterStore(path: $0) }
        let spool = configuration.spoolPath.map { SQLiteSpool(path: $0) }
        let session = ReplicationSession(
            options: options,
            find: { () async throws(PortError) in
                let found = try await tables.find()
                reporter.found(found.link)
                let (target, leases) = replicaTarget(target, found, pace.writing)
                return (
                    found.link,
                    ReplicationPorts(
                        source: EndpointStreamSource(client: source, streamARN: found.link.streamARN),
                        snapshot: EndpointSnapshotSource(
                            client: source, table: tables.sourceTable, keyNames: found.keyNames, pace: pace.reading),
                        target: target, checkpoints: checkpoints, deadLetters: deadLetters,
                        spool: leases == nil ? spool : nil, leases: leases)
                )
            },
            checkpointName: checkpointName, clock: SteadyClock(), logger: logger,
            progressInterval: reporter.statusInterval, worker: worker, leaseOptions: leaseOptions,
            onProgress: { reporter.tell($0) })
        do throws(ReplicationSession.Refusal) {
            return .success(Outcome(try await session.run(stop: stopping)))
        } catch {
            switch error {
            case .notStarted(let reason): return .failure(NotStarted(description: reason))
            case .stopped(let reason):
                let line = "stopped (\(reason)) before both sides answered; nothing was written"
                return .success(Outcome(ending: .stopped, finalLine: line, recordsApplied: 0, itemsCopied: 0))
            }
        }
    }

    private var checkpointName: String {
        if let coordination = configuration.coordination, coordination.isShared {
            return "the replication \(coordination.name)"
        }
        return configuration.checkpointPath ?? "the checkpoint"
    }

    /// What distinguishes this worker from all others.
    private var worker: String { String(UInt64.random(in: 0 ... .max), radix: 16) }

    private var leaseOptions: LeaseOptions {
        var options = LeaseOptions()
        if let (seconds, attoseconds) = configuration.coordination?.leaseDuration.components {
            options.duration = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        }
        return options
    }

    private func replicaTarget(
        _ client: DynamoDBClient, _ found: ReplicationTables.Found, _ pace: CapacityPace?
    ) -> (any ReplicaTarget, (any LeaseStore)?) {
        let table = configuration.target.table
        guard let coordination = configuration.coordination else {
            return (EndpointReplicaTarget(client: client, table: table, keyNames: found.keyNames, pace: pace), nil)
        }
        let link = CoordinatedLink(
            table: CoordinationTable(client: client, table: coordination.table), name: coordination.name)
        let beginning = Checkpoint(link: found.link, savedAt: SystemClock().now)
        let target = GuardedReplicaTarget(
            client: client, table: table, link: link, beginning: beginning.text, pace: pace)
        guard coordination.isShared else { return (target, nil) }
        return (target, LeaseTable(link: link, replicated: found.link, target: target))
    }
}

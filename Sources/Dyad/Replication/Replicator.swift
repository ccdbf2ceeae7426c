package import DyadClient
import DyadEngine
import DyadModel
import DyadReplicator
import DyadServer
public import Logging

/// One side of a replication or a comparison: a table and how to reach it.
public struct TableAddress: Sendable {
    public var region: String
    public var table: String
    /// `http://127.0.0.1:8000`; nil takes AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL or the profile's, else AWS itself.
    public var endpoint: String?
    /// Nil takes credentials from the environment, then from AWS_PROFILE or `default`.
    public var profile: String?
    /// How long a connection may take to be made; nil is ten seconds, zero is any.
    public var connectTimeout: Duration?
    /// How long a call may take, from its first byte to its answer's last; nil is a minute, zero is any.
    public var readTimeout: Duration?

    public init(region: String, table: String, endpoint: String? = nil, profile: String? = nil) {
        self.region = region
        self.table = table
        self.endpoint = endpoint
        self.profile = profile
    }

    var settings: ClientSettings {
        ClientSettings(
            region: region, endpoint: endpoint, profile: profile, connectTimeout: connectTimeout?.wholeSeconds,
            readTimeout: readTimeout?.wholeSeconds)
    }
}

extension Duration {
    /// Rounded up: what is not zero stays so.
    fileprivate var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}

/// Carries the changes of one table to another, region to region, endpoint to endpoint.
public struct Replicator: Sendable {
    public struct Configuration: Sendable {
        public enum StartingPosition: String, Sendable, CaseIterable {
            /// The oldest change that the stream keeps.
            case trimHorizon = "TRIM_HORIZON"
            /// Only changes made from now on.
            case latest = "LATEST"
        }

        public enum OnError: String, Sendable, CaseIterable {
            /// The replication ends and names the record.
            case stop
            /// The record goes to the dead letters, and the replication goes on.
            case skipToDeadLetter = "skip-to-dead-letter"
        }

        public var source: TableAddress
        public var target: TableAddress
        /// Where to begin when there is no checkpoint.
        public var startingPosition = StartingPosition.trimHorizon
        /// Copy the whole table first, then replay what changed meanwhile.
        public var backfill = false
        /// End when the replica has all that was in the stream; else only `stop` and cancelling end it.
        public var untilCaughtUp = false
        /// Changes applied at a time, 1 to 10,000; the target gets them 25 to a call.
        public var batchSize = 100
        /// Batches in flight, 1 to 256.
        public var parallelism = 8
        /// The file to go on from after a restart; nil keeps the checkpoint in memory.
        public var checkpointPath: String?
        /// The file for what the stream tells while a backfill copies the table, for as long as that takes; nil rests on
        /// the 24 hours for which the stream keeps it.
        public var spoolPath: String?
        /// What that file may take of the disk, in bytes; when it is full, the stream rests.
        public var spoolBytesMax = 100_000_000_000
        /// What becomes of a change that the target does not take.
        public var onError = OnError.stop
        /// The file for such changes; needed where they are skipped.
        public var deadLetterPath: String?
        /// How often a batch may fail for reasons that may pass before it counts as not taken; nil is for ever.
        public var attemptsMax: Int?
        /// How old a change may get while its batch fails for such reasons; nil is for ever.
        public var recordAgeMax: Duration?
        /// Read capacity units a second that a backfill may take from the source; nil is as fast as it answers. Reading
        /// the stream takes none of the table's. Both ways: from each table, looking at its items included.
        public var readUnitsPerSecond: Double?
        /// Write capacity units a second that may be taken from the target, both ways from each table; nil is as fast as
        /// it answers. Tables beside it, of positions and the like, do not count.
        public var writeUnitsPerSecond: Double?
        /// Time between calls of `onProgress`.
        public var progressInterval = Duration.seconds(10)
        /// Told where the replication stands; nil writes a line to the log.
        public var onProgress: (@Sendable (Progress) -> Void)?
        /// Where the target keeps which changes it has, so that none that comes late can bring an old item back; nil
        /// keeps nothing there.
        public var coordination: Coordination?
        /// Where `GET /metrics` is answered for Prometheus; nil is nowhere.
        public var metrics: MetricsAddress?
        /// Carries the target's changes back as well; nil carries the source's alone.
        public var twoWay: TwoWay?

        public init(source: TableAddress, target: TableAddress) {
            self.source = source
            self.target = target
        }
    }

    /// How changes go both ways. Of writes to one key that had not seen each other the last wins.
    public struct TwoWay: Sendable {
        /// The table at each side that holds what is known of keys, made when it is not there; nil is the table's own
        /// name with `.dyad` behind it.
        public var bookkeepingTable: String?
        /// The file for writes that lost, a line of JSON each; nil keeps none.
        public var conflictLogPath: String?
        /// As `checkpointPath`, of the way back.
        public var backCheckpointPath: String?

        public init() {}
    }

    /// Where a replication stands.
    public struct Progress: Sendable {
        /// For people: counts and lag.
        public let line: String
        /// For machines: an object with the same and each open shard, in one line.
        public let json: String
    }

    /// A table beside the target's, at its endpoint; made if there is none.
    public struct Coordination: Sendable {
        public var table: String
        /// Distinguishes the replications that use one table: letters, digits, `_`, `-` and `.`.
        public var name: String
        /// Workers of the same name share the shards by leases, and the checkpoint lies in the table instead of a file.
        public var isShared = false
        /// Without a sign of life for so long a worker's leases are taken by others.
        public var leaseDuration = Duration.seconds(10)

        public init(table: String, name: String) {
            self.table = table
            self.name = name
        }
    }

    /// A port for Prometheus, 0 for any that is free.
    public struct MetricsAddress: Sendable {
        public var host: String
        public var port: Int

        public init(host: String = "127.0.0.1", port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// How it ended.
    public struct Outcome: Sendable {
        public enum Ending: Sendable, Equatable { case caughtUp, stopped, failed }

        public let ending: Ending
        /// Why it ended and where it stands, in one line.
        public let finalLine: String
        /// Changes that were applied by this run, those that later ones took the place of included.
        public let recordsApplied: Int
        /// Items that a backfill copied in this run.
        public let itemsCopied: Int
        /// For a structured log, beside `finalLine`: counts, where each shard's checkpoint stands, the record to blame.
        public var metadata: Logger.Metadata = [:]
    }

    /// It could not begin: a table without a stream, a checkpoint of another pair, an endpoint that is no URL.
    public struct NotStarted: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    let configuration: Configuration
    let logger: Logger
    let stopping = ReplicationStop()
    /// Between the clients and the network, of the source and of the target.
    package var wrapSource: @Sendable (any Transport) -> any Transport = { $0 }
    package var wrapTarget: @Sendable (any Transport) -> any Transport = { $0 }

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Ends the run that is under way, or the one that comes, after a last checkpoint.
    public func stop(_ reason: String) { stopping.request(reason) }

    /// Runs to the end. An endpoint that does not answer, now or later, is waited for, and that is logged.
    public func run() async throws(NotStarted) -> Outcome {
        let options = try options()
        let source = try client(configuration.source, wrapSource)
        let target: DynamoDBClient
        do throws(NotStarted) { target = try client(configuration.target, wrapTarget) } catch {
            await source.shutdown()
            throw error
        }
        let outcome = await runMeasured(source, target, options)
        await source.shutdown()
        await target.shutdown()
        return try outcome.get()
    }

    /// Shows the metrics for as long as it runs.
    private func runMeasured(
        _ source: DynamoDBClient, _ target: DynamoDBClient, _ options: ReplicationOptions
    ) async -> Result<Outcome, NotStarted> {
        var metrics: MetricsServer?
        if let address = configuration.metrics {
            do throws(StartupError) {
                let server = try await MetricsServer.start(host: address.host, port: address.port)
                logger.notice("metrics are at \(server.address.url)/metrics")
                metrics = server
            } catch {
                return .failure(NotStarted(description: "no metrics: \(error.description)"))
            }
        }
        if let twoWay = configuration.twoWay {
            let outcome = await runBothWays(twoWay, source, target, options, metrics)
            await metrics?.stop()
            return outcome
        }
        let logger = logger
        let reporter = ProgressReporter(
            outlet(metrics) { logger.notice("\($0.line)", metadata: ["event.name": "dyad.replication.progress"]) })
        let outcome = await run(source, target, options, reporter)
        await metrics?.stop()
        return outcome
    }

    /// - Parameter listener: where the configuration has none.
    func outlet(_ metrics: MetricsServer?, _ listener: @escaping @Sendable (Progress) -> Void) -> ProgressOutlet {
        ProgressOutlet(
            every: max(1000, configuration.progressInterval.components.seconds * 1000), metrics: metrics,
            configuration.onProgress ?? listener)
    }

    private func run(
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

    private func options() throws(NotStarted) -> ReplicationOptions {
        guard (1...10_000).contains(configuration.batchSize) else {
            throw NotStarted(description: "a batch holds 1 to 10000 changes, not \(configuration.batchSize)")
        }
        guard (1...256).contains(configuration.parallelism) else {
            throw NotStarted(description: "1 to 256 batches can be in flight, not \(configuration.parallelism)")
        }
        for rate in [configuration.readUnitsPerSecond, configuration.writeUnitsPerSecond] {
            guard rate.map({ $0 > 0 && $0.isFinite }) ?? true else {
                throw NotStarted(description: "a rate is above 0 units a second")
            }
        }
        var options = ReplicationOptions()
        options.startingPosition = configuration.startingPosition == .latest ? .latest : .trimHorizon
        options.backfill = configuration.backfill
        options.untilCaughtUp = configuration.untilCaughtUp
        options.batchSize = configuration.batchSize
        options.parallelism = configuration.parallelism
        if configuration.onError == .skipToDeadLetter {
            guard configuration.deadLetterPath != nil else {
                throw NotStarted(description: "changes that are skipped need a dead-letter file")
            }
            options.onError = .skipToDeadLetter
        }
        options.spoolBytesMax = configuration.spoolBytesMax
        if let coordination = configuration.coordination {
            let isLegal = { (byte: UInt8) in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "_-.".utf8.contains(byte)
            }
            guard (1...200).contains(coordination.name.utf8.count), coordination.name.utf8.allSatisfy(isLegal) else {
                throw NotStarted(
                    description:
                        "a replication's name is 1 to 200 letters, digits, _, - and ., not \(coordination.name)")
            }
            if coordination.isShared {
                guard coordination.leaseDuration >= .seconds(1) else {
                    throw NotStarted(description: "a lease is good for a second at least")
                }
                // A row is written each time: see README, what a fleet costs.
                options.saveInterval = 1000
            }
            options.isGuarded = true
            options.batchSize = min(options.batchSize, GuardedReplicaTarget.batchWritesMax)
            options.batchBytesMax = GuardedReplicaTarget.batchBytesMax
            if let rate = configuration.writeUnitsPerSecond { Self.fitTransactions(&options, into: rate) }
        }
        options.attemptsMax = configuration.attemptsMax
        options.recordAgeMax = configuration.recordAgeMax.map { $0.components.seconds * 1000 }
        return options
    }

    private func client(
        _ address: TableAddress, _ wrap: (any Transport) -> any Transport
    ) throws(NotStarted) -> DynamoDBClient {
        // The machine decides when to try again.
        do { return try DynamoDBClient(address.settings, policy: .never, wrap: wrap) } catch {
            throw NotStarted(description: "\(error)")
        }
    }
}

extension Replicator.Outcome {
    fileprivate init(_ report: ReplicationReport) {
        switch report.ending {
        case .caughtUp: ending = .caughtUp
        case .stopped: ending = .stopped
        case .failed: ending = .failed
        }
        finalLine = report.finalLine
        recordsApplied = report.status.counts.recordsApplied
        itemsCopied = report.status.counts.itemsCopied
        metadata = report.metadata
    }
}

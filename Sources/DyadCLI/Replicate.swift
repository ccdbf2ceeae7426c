import ArgumentParser
import Dyad
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `dyad replicate`: the changes of one table, carried to another.
struct Replicate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicate",
        abstract: "Carry the changes of a table to a table in another region.",
        discussion: """
            Reads the source table's stream (StreamViewType NEW_IMAGE or NEW_AND_OLD_IMAGES) and applies every insert, \
            change and delete to the target, the changes of a key in their order. It survives restarts, its own and \
            those of either side: an endpoint that does not answer is waited for, and that is said. It runs until it \
            is interrupted or, with --until-caught-up, until the target has all that was in the stream.

            How far it came stands in the checkpoint file. Started again with the same file, it goes on from there. \
            Without --checkpoint the file is named after both tables and lies in the working directory. A file of \
            another pair of tables is refused. Where the source's stream is another one than in the file (it was \
            disabled and enabled again, or an emulator in memory was restarted), it begins at that stream's oldest \
            record, with a warning that changes in between may be missing.

            --backfill copies the whole table first, with consistent reads, then replays what changed meanwhile; \
            started again, it goes on where it was and does not copy a second time. Items that only the target has \
            are left alone; dyad verify names them. What changes while it copies is read from the stream and kept in the \
            spool, a file beside the checkpoint, so that copying may take longer than the stream's 24 hours; when all of \
            it is replayed, the file is removed.

            A change that the target refuses ends it, unless --on-error is skip-to-dead-letter: then the change goes to \
            the dead-letter file, synced before anything follows it, and dyad replay applies it later. Failures that \
            may pass are retried for ever, unless --max-attempts or --max-record-age bounds them.

            --read-rate-limit and --write-rate-limit count capacity units as the endpoint tells them, or an estimate from \
            the bytes where it tells none (a consistent read of 4 KB begun, a write of 1 KB begun). They are waited for \
            after they were spent, so the first call goes out at once, and each call is kept to a second's units. With \
            --two-way each of the two tables has both limits; with --name each worker. What is kept in tables beside \
            them does not count.

            --two-way carries the target's changes back as well. Both tables need streams. What it knows of keys it keeps \
            in a table beside each, named after it with .dyad behind, which it makes if need be; items are left as they \
            are. Of writes to one key that had not seen each other the later wins, by the time of the stream's record, \
            then by the region's name; each such conflict is counted and, with --conflict-log, written to a file with \
            both versions. One process serves both ways. --backfill copies the source first, then what the target \
            alone has.

            --guard closes the one gap of plain writes: a request that timed out and is carried out late. Each batch is a \
            transaction that moves its lane's position in the coordination table as well. With --name, several \
            processes, here or on other machines, share the shards by leases in that table: checkpoints lie there too, \
            and shards of one that ended or died go to the others.

            The last line on standard error says why it ended and where it stands. Exit code 0: caught up, or \
            interrupted; 1: an error, which names the record if one is to blame.
            """)

    enum OnError: String, ExpressibleByArgument, CaseIterable {
        case stop
        case skipToDeadLetter = "skip-to-dead-letter"
    }

    enum ProgressFormat: String, ExpressibleByArgument, CaseIterable { case text, json, live }

    enum StartingPosition: String, ExpressibleByArgument, CaseIterable {
        case trimHorizon = "TRIM_HORIZON"
        case latest = "LATEST"
    }

    static let coordinationTableDefault = "dyad-coordination"

    @OptionGroup var tables: TableSides

    @Option(help: "Changes applied at a time; the target gets them 25 to a call.")
    var batchSize = 100

    @Option(help: "Batches in flight, and segments of a backfill's scan.")
    var parallelism = 8

    @Option(help: "Where to begin without a checkpoint.")
    var startingPosition = StartingPosition.trimHorizon

    @Flag(help: "Copy the whole table first.")
    var backfill = false

    @Flag(help: "End when the target has all that was in the stream.")
    var untilCaughtUp = false

    @Option(help: "The checkpoint file; else one named after both tables.", completion: .file())
    var checkpoint: String?

    @Option(
        help: ArgumentHelp("The spool of a backfill; else the checkpoint's name and .spool.", valueName: "file"),
        completion: .file())
    var spool: String?

    @Flag(help: "Do not spool: a backfill then ends when its copying takes 23 hours.")
    var noSpool = false

    @Option(help: "Bytes of the disk that the spool may take; then the stream rests.")
    var spoolMaxBytes = 100_000_000_000

    @Flag(
        help: ArgumentHelp(
            "Write by transactions that keep which changes the target has: none that comes late takes anything back."))
    var `guard` = false

    @Option(
        help: ArgumentHelp(
            "The table for that, beside the target's, made if there is none; means --guard.", valueName: "table"))
    var coordinationTable: String?

    @Option(
        help: ArgumentHelp(
            "Share the work with all workers of that name: shards by leases, checkpoints in the coordination table.",
            valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Seconds without a sign of life until others take over.", valueName: "seconds"))
    var leaseDuration = 10

    @Option(help: "What becomes of a change that the target refuses.")
    var onError = OnError.stop

    @Option(help: "The dead-letter file; else one named after both tables.", completion: .file())
    var deadLetters: String?

    @Option(help: "Times that a batch is tried before it counts as refused; else for ever.")
    var maxAttempts: Int?

    @Option(help: "Seconds that a change may be old when it fails before it counts as refused; else any.")
    var maxRecordAge: Int?

    @Option(
        help: ArgumentHelp(
            "Read capacity units a second that a backfill's scan may take from the source. Reading the stream takes none "
                + "of the table's.",
            valueName: "units"))
    var readRateLimit: Double?

    @Option(
        help: ArgumentHelp("Write capacity units a second that may be taken from the target.", valueName: "units"))
    var writeRateLimit: Double?

    @Flag(help: "Carry the target's changes back as well.")
    var twoWay = false

    @Option(
        help: ArgumentHelp(
            "With --two-way: the bookkeeping table at both sides; else each table's name with .dyad behind.",
            valueName: "table"))
    var bookkeepingTable: String?

    @Option(help: "With --two-way: the file for writes that lost, a line of JSON each.", completion: .file())
    var conflictLog: String?

    @Option(help: "Seconds between progress lines.")
    var progress = 10

    @Option(
        help: ArgumentHelp(
            "text: lines of the log; json: lines on standard output, an object each; live: one line of the terminal, "
                + "every second, which is what a terminal gets."))
    var progressFormat: ProgressFormat?

    @Option(
        help: ArgumentHelp(
            "text: lines for people; json: an object a line, as OpenTelemetry has log records, with sequence numbers "
                + "wherever a record or a shard is meant."))
    var logFormat = LogFormat.text

    @Option(
        help: ArgumentHelp("Where GET /metrics is answered for Prometheus; 0 takes a free port.", valueName: "port"))
    var metricsPort: Int?

    @Option(help: "The address of that port.")
    var metricsHost = "127.0.0.1"

    func validate() throws {
        guard (1...10_000).contains(batchSize) else { throw ValidationError("--batch-size is 1 to 10000") }
        guard (1...256).contains(parallelism) else { throw ValidationError("--parallelism is 1 to 256") }
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts is 1 or more") }
        if let maxRecordAge, maxRecordAge < 1 { throw ValidationError("--max-record-age is 1 second or more") }
        for (name, rate) in [("read", readRateLimit), ("write", writeRateLimit)] {
            guard let rate else { continue }
            guard rate > 0, rate.isFinite else { throw ValidationError("--\(name)-rate-limit is above 0") }
        }
        if deadLetters != nil, onError == .stop {
            throw ValidationError("--dead-letters goes with --on-error skip-to-dead-letter")
        }
        if spool != nil, noSpool { throw ValidationError("--spool and --no-spool exclude each other") }
        guard spoolMaxBytes > 0 else { throw ValidationError("--spool-max-bytes is 1 or more") }
        if !twoWay, bookkeepingTable != nil || conflictLog != nil {
            throw ValidationError("--bookkeeping-table and --conflict-log go with --two-way")
        }
        if twoWay, untilCaughtUp, startingPosition == .latest {
            throw ValidationError("--two-way with --until-caught-up begins at TRIM_HORIZON")
        }
        if twoWay, `guard` || coordinationTable != nil || name != nil {
            throw ValidationError("--two-way guards its writes by itself: it takes no --guard, table or --name")
        }
        if name != nil, spool != nil {
            throw ValidationError("--name has no spool: a fleet's copying rests on what the stream keeps, 24 hours")
        }
        if twoWay, spool != nil {
            throw ValidationError("--two-way has no spool: its copying rests on what the streams keep, 24 hours")
        }
        if let metricsPort, !(0...65_535).contains(metricsPort) {
            throw ValidationError("--metrics-port is 0 to 65535")
        }
        if logFormat == .json, progressFormat == .live {
            throw ValidationError("--progress-format live would write between the lines of --log-format json")
        }
        if name != nil, checkpoint != nil {
            throw ValidationError("--checkpoint does not go with --name: workers keep theirs in the coordination table")
        }
        guard (1...3600).contains(leaseDuration) else { throw ValidationError("--lease-duration is 1 to 3600 seconds") }
        guard (1...86_400).contains(progress) else { throw ValidationError("--progress is 1 to 86400 seconds") }
    }

    func run() async throws {
        var settings = Replicator.Configuration(source: tables.source, target: tables.target)
        settings.startingPosition = startingPosition == .latest ? .latest : .trimHorizon
        settings.backfill = backfill
        settings.untilCaughtUp = untilCaughtUp
        settings.batchSize = batchSize
        settings.parallelism = parallelism
        settings.progressInterval = .seconds(progress)
        let path = checkpoint ?? tables.defaultFile("checkpoint")
        settings.checkpointPath = name == nil ? path : nil
        // A fleet's workers come and go, and their disks with them.
        settings.spoolPath = noSpool || name != nil ? nil : spool ?? "\(path).spool"
        settings.spoolBytesMax = spoolMaxBytes
        if `guard` || coordinationTable != nil || name != nil {
            var coordination = Replicator.Coordination(
                table: coordinationTable ?? Self.coordinationTableDefault, name: name ?? tables.defaultName)
            coordination.isShared = name != nil
            coordination.leaseDuration = .seconds(leaseDuration)
            settings.coordination = coordination
        }
        settings.attemptsMax = maxAttempts
        settings.recordAgeMax = maxRecordAge.map { .seconds($0) }
        settings.readUnitsPerSecond = readRateLimit
        settings.writeUnitsPerSecond = writeRateLimit
        let format = progressFormat ?? (isTerminal(STDERR_FILENO) && logFormat == .text ? .live : .text)
        let output = LogOutput(
            command: "replicate", format: logFormat, attributes: tables.logAttributes,
            eraser: format == .live ? LiveLineEraser() : nil)
        let logger = output.logger
        if name == nil { logger.notice("the checkpoint is kept in \(path)") }
        if onError == .skipToDeadLetter {
            let letters = deadLetters ?? tables.defaultFile("dead-letters.jsonl")
            settings.onError = .skipToDeadLetter
            settings.deadLetterPath = letters
            logger.notice("changes that the target refuses are kept in \(letters)")
        }
        settings.metrics = metricsPort.map { Replicator.MetricsAddress(host: metricsHost, port: $0) }
        switch format {
        case .text: break
        case .json: settings.onProgress = { printLine($0.json) }
        case .live:
            settings.progressInterval = .seconds(1)
            // Back to the line's start, and clear what stood there.
            settings.onProgress = { printPart("\r\u{1b}[K\($0.line)") }
        }
        if twoWay { settings.twoWay = bothWays(logger) }
        let replicator = Replicator(settings, logger: logger)
        ignoreBrokenPipes()
        keepMemoryTight()
        let signals = StopSignals()
        let waiting = Task { replicator.stop(await signals.first()) }
        defer { waiting.cancel() }
        let outcome: Replicator.Outcome
        do throws(Replicator.NotStarted) { outcome = try await replicator.run() } catch {
            output.end(
                error.description, hasFailed: true,
                metadata: ["event.name": "dyad.replication.not_started", "exception.message": "\(error.description)"])
            throw ExitCode(1)
        }
        if format == .live { printError("") }
        output.end(outcome.finalLine, hasFailed: outcome.ending == .failed, metadata: outcome.metadata)
        if outcome.ending == .failed { throw ExitCode(1) }
    }

    private func bothWays(_ logger: Logger) -> Replicator.TwoWay {
        var twoWay = Replicator.TwoWay()
        twoWay.bookkeepingTable = bookkeepingTable
        twoWay.conflictLogPath = conflictLog
        let path = checkpoint.map { "\($0).back" } ?? tables.defaultFile("checkpoint", isBack: true)
        twoWay.backCheckpointPath = path
        logger.notice("the checkpoint of the way back is kept in \(path)")
        return twoWay
    }
}

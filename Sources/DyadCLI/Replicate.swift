import ArgumentParser
import Dyad
import Logging

/// `dyad replicate`: the changes of one table, carried to another.
struct Replicate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
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
            are left alone; dyad verify names them.

            The last line on standard error says why it ended and where it stands. Exit code 0: caught up, or \
            interrupted; 1: an error, which names the record if one is to blame.
            """)

    enum StartingPosition: String, ExpressibleByArgument, CaseIterable {
        case trimHorizon = "TRIM_HORIZON"
        case latest = "LATEST"
    }

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

    @Option(help: "Seconds between progress lines.")
    var progress = 10

    func validate() throws {
        guard (1...10_000).contains(batchSize) else { throw ValidationError("--batch-size is 1 to 10000") }
        guard (1...256).contains(parallelism) else { throw ValidationError("--parallelism is 1 to 256") }
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
        let path = checkpoint ?? Self.defaultCheckpoint(tables)
        settings.checkpointPath = path
        let logger = Logger(label: "replicate") { StreamLogHandler.standardError(label: $0) }
        logger.notice("the checkpoint is kept in \(path)")
        let replicator = Replicator(settings, logger: logger)
        ignoreBrokenPipes()
        let signals = StopSignals()
        let waiting = Task { replicator.stop(await signals.first()) }
        defer { waiting.cancel() }
        let outcome: Replicator.Outcome
        do throws(Replicator.NotStarted) { outcome = try await replicator.run() } catch {
            printError("dyad replicate: \(error.description)")
            throw ExitCode(1)
        }
        printError("dyad replicate: \(outcome.finalLine)")
        if outcome.ending == .failed { throw ExitCode(1) }
    }

    /// `dyad-cn-north-1-tlog-cn-northwest-1-tlog_replica.checkpoint`; no character of a table's or a region's name
    /// needs replacing (AWS: a-z, A-Z, 0-9, _, - and .), but an ARN given for a name does.
    static func defaultCheckpoint(_ tables: TableSides) -> String {
        let parts = [tables.sourceRegion, tables.sourceTable, tables.targetRegion, tables.targetTable]
        let name = parts.joined(separator: "-").map { "/:".contains($0) ? "_" : $0 }
        return "dyad-\(String(name)).checkpoint"
    }
}

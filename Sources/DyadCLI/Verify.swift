import ArgumentParser
import Dyad

/// `dyad verify`: whether two tables hold the same.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare two tables item by item.",
        discussion: """
            Prints each key that differs (missing: in the source alone; extra: in the target alone; different: in both, \
            with other attributes), then the counts. Items are equal as DynamoDB has it: sets whatever their order, \
            numbers by value. All reads are consistent, but not of one moment: compare tables that are at rest.

            --live compares while both are written to and dyad replicate runs. A key that looks different is read at \
            the source, then, once the replicator has applied all that was changed by then, at the target, then at the \
            source again: only an unchanged source with another target is a difference. Its key, both items and the \
            last applied sequence number are printed. It needs the replicator's checkpoint file or, where workers share \
            the replication, its --name and --coordination-table. Their rows are written at the end of a third of \
            --lease-duration, so --patience must be longer than that.

            --repair writes to the target what the source has, and reads again until that is still so. Beside a running \
            replicator the target may show a key's older item for that moment.

            Exit code 0: equal, or repaired; 1: they differ; 2: they could not be compared.
            """)

    @OptionGroup var tables: TableSides

    @Option(help: "Segments that are compared at a time.")
    var parallelism = 4

    @Flag(help: "Compare while both tables are written to, with the help of the replicator's checkpoint.")
    var live = false

    @Flag(help: "Make the target's items like the source's where they differ.")
    var repair = false

    @Option(help: "Read capacity units a second that may be taken from each side.")
    var rateLimit: Double?

    @Option(
        help: "With --live: the replicator's checkpoint file; else the one named after both tables.",
        completion: .file())
    var checkpoint: String?

    @Option(help: ArgumentHelp("With --live: the name of the workers' replication.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "With --name: the table in which the workers keep their leases, beside the target's; else dyad-coordination.",
            valueName: "table"))
    var coordinationTable: String?

    @Option(help: "With --live: seconds to wait for a replicator that makes no progress.")
    var patience = 60

    func validate() throws {
        guard (1...64).contains(parallelism) else { throw ValidationError("--parallelism is 1 to 64") }
        if let rateLimit, !(rateLimit > 0 && rateLimit.isFinite) { throw ValidationError("--rate-limit is above 0") }
        guard (1...86_400).contains(patience) else { throw ValidationError("--patience is 1 to 86400 seconds") }
        if checkpoint != nil, !live { throw ValidationError("--checkpoint goes with --live") }
        if name != nil, !live { throw ValidationError("--name goes with --live") }
        if name != nil, checkpoint != nil {
            throw ValidationError("--checkpoint does not go with --name: the checkpoint lies in the coordination table")
        }
        if coordinationTable != nil, name == nil { throw ValidationError("--coordination-table goes with --name") }
    }

    func run() async throws {
        var comparison = TableComparison(source: tables.source, target: tables.target, parallelism: parallelism)
        comparison.repairs = repair
        comparison.readUnitsPerSecond = rateLimit
        if live {
            var settings =
                if let name {
                    TableComparison.Live(
                        fleet: .init(table: coordinationTable ?? Replicate.coordinationTableDefault, name: name))
                } else {
                    TableComparison.Live(checkpointPath: checkpoint ?? tables.defaultFile("checkpoint"))
                }
            settings.patience = .seconds(patience)
            comparison.live = settings
        }
        let counts: TableComparison.Counts
        do throws(TableComparison.Failed) {
            counts = try await comparison.run { print($0) }
        } catch {
            printError("dyad verify: \(error.description)")
            throw ExitCode(2)
        }
        let (source, target) = (tables.source, tables.target)
        printLine("source \(source.table) in \(source.region): \(counts.source) items")
        printLine("target \(target.table) in \(target.region): \(counts.target) items")
        printLine("missing \(counts.missing), extra \(counts.extra), different \(counts.different)")
        if repair { printLine("repaired \(counts.repaired)") }
        guard counts.restless == 0 else {
            printError("dyad verify: \(counts.restless) keys changed each time they were looked at; try again")
            throw ExitCode(2)
        }
        printLine(counts.areEqual ? "equal" : repair && counts.areRepaired ? "equal now" : "NOT equal")
        if !counts.areEqual, !(repair && counts.areRepaired) { throw ExitCode(1) }
    }

    private func print(_ difference: TableComparison.Difference) {
        printLine("\(difference.kind.rawValue) \(difference.key)")
        guard live else { return }
        printLine("  source \(difference.source ?? "nothing")")
        printLine("  target \(difference.target ?? "nothing")")
        printLine("  last applied sequence number \(difference.lastAppliedSequenceNumber ?? "none")")
    }
}

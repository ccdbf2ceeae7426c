import ArgumentParser
import Dyad

/// `dyad verify`: whether two tables hold the same.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two tables item by item.",
        discussion: """
            Prints each key that differs (missing: in the source alone; extra: in the target alone; different: in both, \
            with other attributes), then the counts. Items are equal as DynamoDB has it: sets whatever their order, \
            numbers by value. All reads are consistent, but not of one moment: compare tables that are at rest.

            Exit code 0: equal; 1: they differ; 2: they could not be compared.
            """)

    @OptionGroup var tables: TableSides

    @Option(help: "Segments that are compared at a time.")
    var parallelism = 4

    func run() async throws {
        let comparison = TableComparison(source: tables.source, target: tables.target, parallelism: parallelism)
        let counts: TableComparison.Counts
        do throws(TableComparison.Failed) {
            counts = try await comparison.run { printLine("\($0.kind.rawValue) \($0.key)") }
        } catch {
            printError("dyad verify: \(error.description)")
            throw ExitCode(2)
        }
        let (source, target) = (tables.source, tables.target)
        printLine("source \(source.table) in \(source.region): \(counts.source) items")
        printLine("target \(target.table) in \(target.region): \(counts.target) items")
        printLine("missing \(counts.missing), extra \(counts.extra), different \(counts.different)")
        printLine(counts.areEqual ? "equal" : "NOT equal")
        if !counts.areEqual { throw ExitCode(1) }
    }
}

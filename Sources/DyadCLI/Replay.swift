import ArgumentParser
import Dyad

/// `dyad replay`: dead letters, applied after all.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Apply what a replication kept in its dead-letter file.",
        discussion: """
            Regions and tables stand in the file. A letter may be old by now, so each of their keys gets what its source \
            has at present: the letter's own change, or a newer one. It may be repeated, and may run beside the \
            replicator. The file is left as it is; remove it when all went well.

            Exit code 0: all is applied; 1: some keys are refused again or a line is no dead letter, each named; 2: the \
            tables or the file could not be reached.
            """)

    @Argument(help: "The dead-letter file.", completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The endpoint's URL for both sides.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("The source's endpoint, instead of --endpoint.", valueName: "url"))
    var sourceEndpoint: String?

    @Option(help: ArgumentHelp("The target's endpoint, instead of --endpoint.", valueName: "url"))
    var targetEndpoint: String?

    @Option(help: ArgumentHelp("The profile for the source's credentials.", valueName: "profile"))
    var sourceProfile: String?

    @Option(help: ArgumentHelp("The profile for the target's credentials.", valueName: "profile"))
    var targetProfile: String?

    @OptionGroup var timeouts: Timeouts

    func run() async throws {
        var sides = [
            DeadLetterReplay.Side(endpoint: sourceEndpoint ?? endpoint, profile: sourceProfile),
            DeadLetterReplay.Side(endpoint: targetEndpoint ?? endpoint, profile: targetProfile),
        ]
        for index in sides.indices {
            sides[index].connectTimeout = timeouts.connect
            sides[index].readTimeout = timeouts.read
        }
        let replay = DeadLetterReplay(path: file, source: sides[0], target: sides[1])
        let outcome: DeadLetterReplay.Outcome
        do throws(DeadLetterReplay.Failed) { outcome = try await replay.run() } catch {
            printError("dyad replay: \(error.description)")
            throw ExitCode(2)
        }
        for line in outcome.unreadable { printLine("unreadable \(line)") }
        for key in outcome.refused { printLine("refused \(key)") }
        for key in outcome.unfinished { printLine("unfinished \(key)") }
        printLine("\(outcome.letters) dead letters: \(outcome.puts) items put, \(outcome.deletes) deleted")
        if !outcome.isComplete { throw ExitCode(1) }
    }
}

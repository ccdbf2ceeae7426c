import ArgumentParser

@main
struct DyadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dyad",
        abstract: "DynamoDB on this machine, in as many regions as you like, and a replicator between regions.",
        version: "0.1.0",
        // Each says its name: to make one of its type, the runtime searches all conformances, a tenth of a cold start.
        subcommands: [Serve.self, Load.self, Replicate.self, Replay.self, Verify.self])
}

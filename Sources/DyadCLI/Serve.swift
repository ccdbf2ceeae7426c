import ArgumentParser
import Dyad

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer as Amazon DynamoDB does, all regions on one port.",
        discussion: """
            A client's signature names the region it means, so the AWS CLI and SDKs need only \
            AWS_ENDPOINT_URL=http://127.0.0.1:8000. Any access key and secret will do.

            The first line of standard output, 'listening on http://…', says that requests are answered. SIGTERM and \
            SIGINT finish what is in flight and exit with 0.

            IAM and STS are answered on the same port; no permission is enforced.

            Tests read and move the server's time at /_dyad/clock.
            """)

    @Option(help: "The address to listen on. Who can reach it may read and write everything.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any that is free.")
    var port = 8000

    @Option(help: ArgumentHelp("Keep the data in this folder.", valueName: "folder"))
    var data: String?

    @Flag(help: "Keep nothing after the exit (the default).")
    var memory = false

    @Option(help: "The account of clients whose access key is not itself twelve digits.")
    var account = "123456789012"

    func validate() throws {
        if data != nil, memory { throw ValidationError("Choose one of '--data' and '--memory'.") }
        if data?.isEmpty == true { throw ValidationError("'--data' needs a folder.") }
        guard (0...65_535).contains(port) else { throw ValidationError("'--port' is between 0 and 65535.") }
        guard account.utf8.count == 12, account.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw ValidationError("'--account' is twelve digits.")
        }
    }

    func run() async throws {
        ignoreBrokenPipes()
        raiseOpenFilesLimit()
        // Before anything starts: a signal that comes early stops the server as soon as it runs.
        let signals = StopSignals()
        let server: LocalDynamoDB
        do {
            server = try await LocalDynamoDB.start(
                storage: data.map { .folder($0) } ?? .memory, host: host, port: port, account: account)
        } catch {
            printError("dyad: \(error)")
            throw ExitCode(1)
        }
        printLine("listening on \(server.endpoint)")
        let name = await signals.first()
        printError("dyad: \(name), finishing what is in flight")
        await server.stop()
    }
}

import ArgumentParser
import Dyad

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
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

    @Flag(
        help: """
            Answer as AWS Lambda does, too, and run functions' code on this machine with your rights. Whoever can reach \
            the port can run code as you: it listens on a loopback address alone.
            """)
    var functions = false

    @Option(help: ArgumentHelp("With --functions: the Python that runs Python handlers.", valueName: "path"))
    var python: String?

    func validate() throws {
        if python != nil, !functions { throw ValidationError("'--python' needs '--functions'.") }
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
        leaveSQLiteUncounted()
        // Before anything starts: a signal that comes early stops the server as soon as it runs.
        let signals = StopSignals()
        let server: LocalDynamoDB
        do {
            server = try await LocalDynamoDB.start(
                storage: storage, host: host, port: port, account: account, functions: lambda)
        } catch {
            printError("dyad: \(error)")
            throw ExitCode(1)
        }
        printLine("listening on \(server.endpoint)")
        if functions { printError("dyad: functions' code runs on this machine as you; \(logsWords)") }
        forgetStart()
        let name = await signals.first()
        printError("dyad: \(name), finishing what is in flight")
        await server.stop()
    }

    private var storage: LocalDynamoDB.Storage { data.map { .folder($0) } ?? .memory }

    private var lambda: LocalDynamoDB.Functions? {
        guard functions else { return nil }
        let python = python ?? environmentVariable("DYAD_PYTHON") ?? "python3"
        return LocalDynamoDB.Functions(python: python) { printError($0) }
    }

    private var logsWords: String {
        LocalDynamoDB.functionLogs(storage).map { "their logs go here and to \($0)" } ?? "their logs go here"
    }
}

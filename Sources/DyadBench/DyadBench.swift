import ArgumentParser
import DyadServer

/// What measurements need beside the server: the HTTP stack without DynamoDB behind it, and a writer that is no
/// bottleneck. The engine without HTTP is `DyadOperations`.
@main
struct DyadBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "DyadBench", subcommands: [Fixed.self, Writer.self])
}

struct Fixed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer every request with the same JSON body. Ends on SIGTERM, SIGINT or after the given time.")

    @Option(help: "The port to listen on; 0 for any that is free.")
    var port = 0

    @Option(help: "The body's size in bytes, at least 12.")
    var bytes = 500

    @Option(help: "Seconds after which it ends by itself.")
    var seconds = 3600

    func validate() throws {
        guard bytes >= 12, bytes <= 16 << 20 else { throw ValidationError("'--bytes' is between 12 and 16 MiB.") }
    }

    func run() async throws {
        let opening = "{\"Body\":\""
        let text = opening + String(repeating: "x", count: bytes - opening.utf8.count - 2) + "\"}"
        let body = Array(text.utf8)
        let server = try await Listener.bind(host: "127.0.0.1", port: port).serve { _ in FixedResponder(body: body) }
        print("listening on \(server.address.url)")
        flushOutput()
        // SIGTERM and SIGINT keep their default here: nothing is lost.
        try await Task.sleep(for: .seconds(seconds))
        await server.stop()
    }
}

import Dyad
import DyadClient
import DyadMappings
import DyadModel
import Foundation
import Logging
import Synchronization
import Testing

/// A function whose handler is a closure.
final class ScriptedFunction: FunctionInvoker {
    /// One invocation, as the handler sees it.
    struct Invocation: Sendable {
        /// From 1 on.
        let number: Int
        let functionARN: String
        let payload: [UInt8]
        let records: [JSONNode]

        /// The partition keys' `id`, in their order.
        var ids: [String] { records.compactMap { $0["dynamodb"]?["Keys"]?["id"]?["S"]?.string } }
        var sequenceNumbers: [String] { records.compactMap { $0["dynamodb"]?["SequenceNumber"]?.string } }
    }

    typealias Handler = @Sendable (Invocation) async -> FunctionAnswer.Outcome

    private struct State {
        var handler: Handler
        var invocations: [Invocation] = []
    }

    private let state: Mutex<State>

    init(_ handler: @escaping Handler = { _ in .returned(Array("null".utf8)) }) {
        state = Mutex(State(handler: handler))
    }

    var invocations: [Invocation] { state.withLock(\.invocations) }
    func change(_ handler: @escaping Handler) { state.withLock { $0.handler = handler } }

    func exists(_ functionARN: String, in scope: Scope) async -> Bool { true }

    func invoke(_ functionARN: String, payload: [UInt8], in scope: Scope) async -> FunctionAnswer {
        guard let root = try? JSONDocument(parsing: payload).root, let records = root["Records"] else {
            return FunctionAnswer(requestID: "none", .failed("the payload is no event"))
        }
        let (invocation, handler) = state.withLock { state in
            let invocation = Invocation(
                number: state.invocations.count + 1, functionARN: functionARN, payload: payload,
                records: records.elements.map { $0 })
            state.invocations.append(invocation)
            return (invocation, state.handler)
        }
        return FunctionAnswer(requestID: "request-\(invocation.number)", await handler(invocation))
    }
}

/// A table with a stream, and mappings of it in the same process.
struct MappedTable: Sendable {
    static let region = "cn-north-1"
    static let account = "123456789012"

    let server: LocalDynamoDB
    let side: Side
    let streamARN: String
    let documents: any DocumentStore
    let mappings: EventSourceMappings
    let function: ScriptedFunction
    let folder: String?
    let log: LogLines

    private static var scope: Scope {
        get throws { Scope(account: try #require(AccountID(account)), region: RegionName(region)) }
    }

    func start() async throws { await mappings.start([try Self.scope]) }

    @discardableResult
    func ask(_ method: String, _ id: String = "", _ body: String = "") async throws -> JSONNode {
        let request = ServiceRequest(
            method: method, target: "/2015-03-31/event-source-mappings/\(id)", headers: [], body: Array(body.utf8),
            scope: try Self.scope, service: "lambda", accessKeyID: "key", id: "1")
        let reply = try #require(await mappings.respond(to: request))
        return try JSONDocument(parsing: reply.body).root
    }

    /// Makes a mapping of `f` and waits until it is there.
    func map(_ more: String = "", from start: String = "TRIM_HORIZON") async throws -> String {
        let made = try await ask(
            "POST", "",
            """
            {"FunctionName": "f", "EventSourceArn": "\(streamARN)", "StartingPosition": "\(start)"
             \(more.isEmpty ? "" : ", \(more)")}
            """)
        let id = try #require(made["UUID"]?.string)
        try await become(id, "Enabled")
        return id
    }

    func update(_ id: String, _ body: String, until state: String = "Enabled") async throws {
        try await ask("PUT", id, body)
        try await become(id, state)
    }

    func become(_ id: String, _ state: String?) async throws {
        try await eventually("\(id) is \(state ?? "gone")") { try await ask("GET", id)["State"]?.string == state }
    }

    func result(_ id: String) async throws -> String? { try await ask("GET", id)["LastProcessingResult"]?.string }

    /// The same server and documents, other mappings: as after a restart.
    func restarted(_ function: ScriptedFunction) async throws -> MappedTable {
        let again = MappedTable(
            server: server, side: side, streamARN: streamARN, documents: documents,
            mappings: server.eventSourceMappings(
                keptIn: documents, invoking: function, folder: folder, logger: log.logger),
            function: function, folder: folder, log: log)
        try await again.start()
        return again
    }
}

/// Asks again and again; the machine may be slow, and what never comes is told.
func eventually(
    _ what: String, at location: SourceLocation = #_sourceLocation, _ isSo: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try await isSo() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("it did not come to this: \(what)", sourceLocation: location)
}

func withMappedTable(
    keys: String = "id:S", view: String = "NEW_AND_OLD_IMAGES", folder: String? = nil,
    clock: LocalDynamoDB.Clock = .system, _ body: (MappedTable) async throws -> Void
) async throws {
    let server = try await LocalDynamoDB.start(account: MappedTable.account, clock: clock)
    let side = try Side(server, MappedTable.region, "tlog")
    let documents = MemoryDocumentStore()
    let function = ScriptedFunction()
    let log = LogLines()
    let mappings = server.eventSourceMappings(
        keptIn: documents, invoking: function, folder: folder, logger: log.logger)
    var failure: (any Error)?
    do {
        try await side.makeTable(keys: keys, streaming: view)
        let arn = try #require(try await side.client.describeTable("tlog").streamARN)
        let table = MappedTable(
            server: server, side: side, streamARN: arn, documents: documents, mappings: mappings,
            function: function, folder: folder, log: log)
        try await body(table)
    } catch { failure = error }
    await mappings.stop(within: 0)
    await side.client.shutdown()
    await server.stop()
    if let failure { throw failure }
}

/// The lines of a file that has to be there.
func textLines(of path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
}

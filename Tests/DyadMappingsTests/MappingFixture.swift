import DyadMappings
import DyadModel
import DyadReplicator
import Logging
import Synchronization
import Testing

let scope: Scope = {
    guard let account = AccountID("123456789012") else { preconditionFailure("twelve digits") }
    return Scope(account: account, region: RegionName("eu-west-1"))
}()

let stream = "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-01-01T00:00:00.000"
let otherStream = "arn:aws:dynamodb:eu-west-1:123456789012:table/u/stream/2026-01-01T00:00:00.000"

/// Functions by their names; all answer nothing.
final class FakeFunctions: FunctionInvoker {
    private let names: Mutex<Set<String>>

    init(_ names: Set<String> = ["f", "g"]) { self.names = Mutex(names) }

    func remove(_ name: String) { names.withLock { _ = $0.remove(name) } }

    func exists(_ functionARN: String, in scope: Scope) async -> Bool {
        guard let name = FunctionName(functionARN)?.name else { return false }
        return names.withLock { $0.contains(name) }
    }

    func invoke(_ functionARN: String, payload: [UInt8], in scope: Scope) async -> FunctionAnswer {
        FunctionAnswer(requestID: "r", .returned(Array("null".utf8)))
    }
}

/// Streams that have no shards yet.
struct FakeStreams: MappingStreams {
    func stream(_ arn: String, in scope: Scope) async throws(PortError) -> MappedStream? {
        [DyadMappingsTests.stream, otherStream].contains(arn) ? MappedStream(partitionKey: "id") : nil
    }

    func source(of streamARN: String, in scope: Scope, reader: EventReader) -> any MappingSource { NoShards() }

    struct NoShards: MappingSource {
        func shards() async throws(PortError) -> StreamListing { StreamListing([]) }
        func tips() async throws(PortError) -> [ShardID: SequenceNumber?] { [:] }
        func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator {
            throw PortError(.trimmed, "no shard")
        }
        func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage {
            throw PortError(.trimmed, "no shard")
        }
    }
}

/// Mappings that are asked without HTTP.
struct Service {
    let mappings: EventSourceMappings
    let clock = ManualClock()
    let functions = FakeFunctions()

    init(keptIn documents: any DocumentStore = MemoryDocumentStore()) {
        let numbers = Numbers(count: 0)
        var logger = Logger(label: "mappings") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        mappings = EventSourceMappings(
            MappingPorts(
                documents: documents, streams: FakeStreams(), functions: functions,
                destination: FailureLog(logger), clock: clock, identity: { numbers.uuid() }, logger: logger))
    }

    struct Answer {
        let status: Int
        let type: String?
        let root: JSONNode

        subscript(name: String) -> String? { root[name]?.string }
        var message: String? { (root["Message"] ?? root["message"])?.string }
    }

    func ask(_ method: String, _ target: String = "", _ body: String = "") async throws -> Answer {
        let request = ServiceRequest(
            method: method, target: "/2015-03-31/event-source-mappings/\(target)", headers: [], body: Array(body.utf8),
            scope: scope, service: "lambda", accessKeyID: "key", id: "1")
        let reply = try #require(await mappings.respond(to: request))
        return Answer(
            status: reply.status, type: reply.headers.first { $0.name == "x-amzn-ErrorType" }?.value,
            root: try JSONDocument(parsing: reply.body).root)
    }

    func create(
        _ function: String = "f", _ arn: String = stream, _ more: String = "", start: String? = "TRIM_HORIZON"
    ) async throws -> Answer {
        let position = start.map { #", "StartingPosition": "\#($0)""# } ?? ""
        return try await ask(
            "POST", "", #"{"FunctionName": "\#(function)", "EventSourceArn": "\#(arn)"\#(position)\#(more)}"#)
    }

    /// Waits until nothing is under way with it; what is so after a minute is told as it is.
    func settled(_ id: String?) async throws -> Answer {
        let id = try #require(id)
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let answer = try await ask("GET", id)
            let isSettled = ["Enabled", "Disabled", nil].contains(answer["State"])
            if isSettled || ContinuousClock.now > deadline { return answer }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// Identifiers in an order.
private final class Numbers: Sendable {
    private let count: Mutex<Int>
    init(count: Int) { self.count = Mutex(count) }

    func uuid() -> String {
        let number = count.withLock {
            $0 += 1
            return $0
        }
        let digits = String(number)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }
}

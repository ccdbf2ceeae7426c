import Dyad
import DyadClient
import DyadModel
import Logging
import Synchronization
import Testing

/// A table on a server, and a client of its region.
struct Side: Sendable {
    let server: LocalDynamoDB
    let region: String
    let table: String
    let client: DynamoDBClient

    var address: TableAddress { TableAddress(region: region, table: table, endpoint: server.endpoint) }

    init(_ server: LocalDynamoDB, _ region: String, _ table: String) throws {
        self.server = server
        self.region = region
        self.table = table
        client = try DynamoDBClient(ClientSettings(region: region, endpoint: server.endpoint))
    }

    @discardableResult
    func call(_ operation: String, _ body: String) async throws -> JSONNode {
        try await client.call(operation, body: Array(body.utf8)).root
    }

    /// The item `{"id": …, "v": …}`, `id` the string of the number.
    func put(_ id: Int, _ version: Int) async throws {
        try await put(#"{"id": {"S": "\#(id)"}, "v": {"N": "\#(version)"}}"#)
    }

    func put(_ item: String) async throws {
        try await call("PutItem", #"{"TableName": "\#(table)", "Item": \#(item)}"#)
    }

    func delete(_ id: Int) async throws { try await delete(#"{"id": {"S": "\#(id)"}}"#) }

    func delete(_ key: String) async throws {
        try await call("DeleteItem", #"{"TableName": "\#(table)", "Key": \#(key)}"#)
    }

    /// The item's `v`; nil when there is no such item.
    func version(_ id: Int) async throws -> Int? {
        let key = Array(#"{"id": {"S": "\#(id)"}}"#.utf8)
        guard let item = try await client.getItem(table, key: key, isConsistent: true) else { return nil }
        return try JSONDocument(parsing: item).root["v"]?["N"]?.string.flatMap { Int($0) }
    }

    /// - Parameter keys: `id:S` or `id:S,sort:N`.
    func makeTable(keys: String = "id:S", streaming view: String? = nil) async throws {
        let named = keys.split(separator: ",").map { $0.split(separator: ":") }
        let attributes = named.map { #"{"AttributeName": "\#($0[0])", "AttributeType": "\#($0[1])"}"# }
        let schema = zip(named, ["HASH", "RANGE"]).map { #"{"AttributeName": "\#($0[0])", "KeyType": "\#($1)"}"# }
        let stream = view.map { #", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "\#($0)"}"# } ?? ""
        try await call(
            "CreateTable",
            """
            {"TableName": "\(table)", "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [\(attributes.joined(separator: ","))],
             "KeySchema": [\(schema.joined(separator: ","))]\(stream)}
            """)
        try await waitUntilActive()
    }

    /// - Parameter view: nil disables it.
    func setStream(_ view: String?) async throws {
        let specification =
            view.map { #"{"StreamEnabled": true, "StreamViewType": "\#($0)"}"# } ?? #"{"StreamEnabled": false}"#
        try await call("UpdateTable", #"{"TableName": "\#(table)", "StreamSpecification": \#(specification)}"#)
        try await waitUntilActive()
    }

    /// Tables change in milliseconds; what takes so many questions has failed.
    func waitUntilActive() async throws {
        // A clock that stands still is moved past the change; another one may as well be a second ahead.
        server.advance(by: .seconds(1))
        for _ in 0..<10_000 where try await client.describeTable(table).status == "ACTIVE" { return }
        Issue.record("\(table) did not become ACTIVE")
    }

    func deleteTable() async throws {
        try await call("DeleteTable", #"{"TableName": "\#(table)"}"#)
        for _ in 0..<10_000 {
            do { _ = try await client.describeTable(table) } catch ClientError.service { return }
        }
        Issue.record("\(table) is still there")
    }
}

/// What a replication logs.
final class LogLines: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(part: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [String] { state.withLock(\.lines) }
    func has(_ part: String) -> Bool { all.contains { $0.contains(part) } }

    /// Returns when a line with that in it was logged.
    func wait(for part: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.lines.contains(where: { $0.contains(part) }) { return true }
                state.waiting.append((part, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func add(_ line: String) {
        let woken = state.withLock { state in
            state.lines.append(line)
            let woken = state.waiting.filter { line.contains($0.part) }
            state.waiting.removeAll { line.contains($0.part) }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.level): \(event.message)") }
    }
}

/// A source and a target.
struct Pair: Sendable {
    var source: Side
    var target: Side
    let log = LogLines()

    /// How a test wants its replication.
    struct Wishes {
        var backfill = false
        var untilCaughtUp = true
        var checkpoint: String?
        var batchSize = 100
        var parallelism = 4
        var position = Replicator.Configuration.StartingPosition.trimHorizon
        var sourceFaults: FaultyTransport.Plan?
        var targetFaults: FaultyTransport.Plan?
        var isGuarded = false
    }

    func replicator(_ wish: (inout Wishes) -> Void = { _ in }) -> Replicator {
        var wishes = Wishes()
        wish(&wishes)
        var configuration = Replicator.Configuration(source: source.address, target: target.address)
        configuration.backfill = wishes.backfill
        configuration.untilCaughtUp = wishes.untilCaughtUp
        configuration.checkpointPath = wishes.checkpoint
        configuration.batchSize = wishes.batchSize
        configuration.parallelism = wishes.parallelism
        configuration.startingPosition = wishes.position
        if wishes.isGuarded { configuration.coordination = .init(table: "coordination", name: "tlog") }
        var replicator = Replicator(configuration, logger: log.logger)
        if let plan = wishes.sourceFaults { replicator.wrapSource = { FaultyTransport($0, plan) } }
        if let plan = wishes.targetFaults { replicator.wrapTarget = { FaultyTransport($0, plan) } }
        return replicator
    }

    /// Replicates until the replica has all that was in the stream.
    @discardableResult
    func catchUp(
        at location: SourceLocation = #_sourceLocation, _ wish: (inout Wishes) -> Void = { _ in }
    ) async throws -> Replicator.Outcome {
        let outcome = try await replicator(wish).run()
        #expect(outcome.ending == .caughtUp, "\(outcome.finalLine)", sourceLocation: location)
        return outcome
    }

    func compare(
        parallelism: Int = 2, faults: FaultyTransport.Plan? = nil
    ) async throws -> (counts: TableComparison.Counts, differences: [String]) {
        var comparison = TableComparison(source: source.address, target: target.address, parallelism: parallelism)
        if let faults { comparison.wrap = { FaultyTransport($0, faults) } }
        let found = Mutex<[String]>([])
        let counts = try await comparison.run { difference in
            found.withLock { $0.append("\(difference.kind.rawValue) \(difference.key)") }
        }
        return (counts, found.withLock { $0.sorted() })
    }

    func expectEqual(_ count: Int? = nil, at location: SourceLocation = #_sourceLocation) async throws {
        let (counts, differences) = try await compare()
        #expect(counts.areEqual, "\(differences.prefix(10))", sourceLocation: location)
        if let count { #expect(counts.source == count, sourceLocation: location) }
    }
}

/// Two regions, `tlog` with a stream in one and `tlog_replica` in the other; gone with the test.
func withPair(
    servers: Int = 1, keys: String = "id:S", targetKeys: String? = nil, streaming view: String? = "NEW_AND_OLD_IMAGES",
    clock: LocalDynamoDB.Clock = .system, _ body: (Pair) async throws -> Void
) async throws {
    let first = try await LocalDynamoDB.start(clock: clock)
    let second = servers == 2 ? try await LocalDynamoDB.start() : first
    let source = try Side(first, "cn-north-1", "tlog")
    let target = try Side(second, servers == 2 ? "cn-north-1" : "cn-northwest-1", "tlog_replica")
    var failure: (any Error)?
    do {
        try await source.makeTable(keys: keys, streaming: view)
        try await target.makeTable(keys: targetKeys ?? keys)
        try await body(Pair(source: source, target: target))
    } catch { failure = error }
    for side in [source, target] { await side.client.shutdown() }
    await first.stop()
    if servers == 2 { await second.stop() }
    if let failure { throw failure }
}

import DyadClient
import DyadModel
import DyadReplicator
import Synchronization
import Testing

@testable import Dyad

/// Rates against an endpoint: what its answers tell is what is paid, on a clock that moves when it is waited for.
@Suite struct EndpointPaceTests {
    private final class Clock: ReplicationClock {
        let passed = Mutex<Int64>(0)
        var now: Timestamp { Timestamp(milliseconds: 1_000_000 + passed.withLock { $0 }) }
        func sleep(until time: Timestamp) async throws {
            passed.withLock { $0 = max($0, time.milliseconds - 1_000_000) }
        }
    }

    /// Answers with ConsumedCapacity under another name, as an endpoint that does not know it.
    private struct Silent: Transport {
        let network: any Transport
        func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
            let answer = try await network.send(request)
            let text = String(decoding: answer.body, as: UTF8.self)
            let body = text.replacing("ConsumedCapacity", with: "Other")
            return TransportAnswer(
                status: answer.status, headers: answer.headers.filter { $0.name.lowercased() != "x-amz-crc32" },
                body: Array(body.utf8))
        }
        func shutdown() async { await network.shutdown() }
    }

    private static func item(_ id: Int, bytes: Int) -> String {
        #"{"id": {"S": "\#(id)"}, "text": {"S": "\#(String(repeating: "x", count: bytes))"}}"#
    }

    /// Puts `count` items of `bytes` at a unit a second; returns the seconds until the next call may begin.
    private func seconds(
        toWrite count: Int, bytes: Int, in pair: Pair, wrap: @Sendable (any Transport) -> any Transport = { $0 }
    ) async throws -> Double {
        let clock = Clock()
        let pace = CapacityPace(unitsPerSecond: 1, clock: clock)
        let client = try DynamoDBClient(pair.target.address.settings, wrap: wrap)
        let target = EndpointReplicaTarget(
            client: client, table: pair.target.table, keyNames: [Text("id")], pace: pace)
        // One after the other: the clock would not wait for answers.
        for id in 0..<count {
            let item = try ItemBytes(
                parsing: JSONDocument(parsing: Array(Self.item(id, bytes: bytes).utf8)).root)
            let batch = ReplicaBatch(writes: [ReplicaWrite(key: item.key([Text("id")]), .put(item))])
            let outcome = try await target.apply(batch, of: LaneID(.segment(0)))
            #expect(outcome.unprocessed == [])
        }
        _ = try await pace.begin(expecting: 0)
        await client.shutdown()
        return Double(clock.passed.withLock { $0 }) / 1000
    }

    @Test func `writes are paid by what the endpoint says`() async throws {
        try await withPair { pair in
            // An item of 1,007 bytes, whose JSON has 1,033.
            let told = try await seconds(toWrite: 10, bytes: 1000, in: pair)
            let estimated = try await seconds(toWrite: 10, bytes: 1000, in: pair, wrap: { Silent(network: $0) })
            #expect(told == 10 && estimated == 20)
        }
    }

    /// The same by transactions, each with its lane's position.
    private func seconds(
        toWriteGuarded count: Int, bytes: Int, in pair: Pair, wrap: @Sendable (any Transport) -> any Transport = { $0 }
    ) async throws -> Double {
        let clock = Clock()
        let pace = CapacityPace(unitsPerSecond: 1, clock: clock)
        let client = try DynamoDBClient(pair.target.address.settings, wrap: wrap)
        let target = GuardedReplicaTarget(
            client: client, table: pair.target.table,
            link: CoordinatedLink(table: CoordinationTable(client: client, table: "coordination"), name: "tlog"),
            beginning: "now", pace: pace)
        while true {
            do throws(PortError) {
                _ = try await target.prepare(isNew: true, laneCount: 1)
                break
            } catch { guard error.isRetryable else { throw error } }
        }
        for id in 0..<count {
            let item = try ItemBytes(
                parsing: JSONDocument(parsing: Array(Self.item(id, bytes: bytes).utf8)).root)
            let batch = ReplicaBatch(
                writes: [ReplicaWrite(key: item.key([Text("id")]), .put(item))],
                through: SequenceNumber("\(100 + id)"))
            _ = try await target.apply(batch, of: LaneID(.shard(ShardID("a"))))
        }
        _ = try await pace.begin(expecting: 0)
        await client.shutdown()
        return Double(clock.passed.withLock { $0 }) / 1000
    }

    @Test func `guarded writes are paid twice, and their positions are not counted`() async throws {
        try await withPair { pair in
            let told = try await seconds(toWriteGuarded: 10, bytes: 1000, in: pair)
            let estimated = try await seconds(toWriteGuarded: 10, bytes: 1000, in: pair, wrap: { Silent(network: $0) })
            #expect(told == 20 && estimated == 40)
        }
    }

    /// Replicates with a backfill until it has caught up; whether each operation asked what it had cost.
    private func asked(
        in pair: Pair, rate: Double?, _ change: (inout Replicator.Configuration) -> Void = { _ in }
    ) async throws -> [String: Set<Bool>] {
        let asked = Mutex<[String: Set<Bool>]>([:])
        let plan = FaultyTransport.Plan.watching { operation, body in
            let asks = body["ReturnConsumedCapacity"]?.string == "TOTAL"
            asked.withLock { _ = $0[operation, default: []].insert(asks) }
        }
        var configuration = Replicator.Configuration(source: pair.source.address, target: pair.target.address)
        configuration.backfill = true
        configuration.untilCaughtUp = true
        configuration.readUnitsPerSecond = rate
        configuration.writeUnitsPerSecond = rate
        change(&configuration)
        var replicator = Replicator(configuration, logger: pair.log.logger)
        replicator.wrapSource = { FaultyTransport($0, plan) }
        replicator.wrapTarget = { FaultyTransport($0, plan) }
        let outcome = try await replicator.run()
        #expect(outcome.ending == .caughtUp, "\(outcome.finalLine)")
        return asked.withLock { $0 }
    }

    @Test(arguments: [true, false]) func `guarded and both ways, capacity is asked for where a rate is given`(
        isGuarded: Bool
    ) async throws {
        try await withPair { pair in
            try await pair.target.setStream("NEW_AND_OLD_IMAGES")
            for id in 0..<60 { try await pair.source.put(id, 1) }
            for rate in [nil, 500.0] {
                let seen = try await asked(in: pair, rate: rate) { configuration in
                    if isGuarded {
                        configuration.coordination = .init(table: "coordination", name: "tlog")
                    } else {
                        configuration.twoWay = .init()
                    }
                }
                for operation in ["Scan", "TransactWriteItems"] + (isGuarded ? [] : ["BatchGetItem"]) {
                    #expect(seen[operation]?.contains(true) == (rate != nil), "\(operation)")
                }
                #expect(seen["GetRecords"] == [false])
                if isGuarded { try await pair.expectEqual(60) }
                for id in 0..<60 { try await pair.source.put(id, 2) }
            }
        }
    }

    @Test func `pages are paid by what the endpoint says, and hold what a second allows`() async throws {
        try await withPair { pair in
            // An item of 4,087 bytes, whose JSON has 4,113.
            for id in 0..<10 { try await pair.source.put(Self.item(id, bytes: 4080)) }
            for (isSilent, expected) in [(false, 10.0), (true, 20.0)] {
                let clock = Clock()
                let pace = CapacityPace(unitsPerSecond: 1, clock: clock)
                let client = try DynamoDBClient(
                    pair.source.address.settings, wrap: { isSilent ? Silent(network: $0) : $0 })
                let source = EndpointSnapshotSource(
                    client: client, table: pair.source.table, keyNames: [Text("id")], pace: pace)
                var found = 0
                var after: ItemBytes?
                repeat {
                    let page = try await source.page(segment: 0, of: 1, after: after)
                    #expect(page.items.count <= 1)
                    found += page.items.count
                    after = page.lastKey
                } while after != nil
                #expect(found == 10)
                _ = try await pace.begin(expecting: 0)
                // The last page may be empty, and costs a unit or half of one then.
                let passed = Double(clock.passed.withLock { $0 }) / 1000
                #expect(passed >= expected && passed <= expected + 1)
                await client.shutdown()
            }
        }
    }

    @Test func `capacity is asked for where a rate is given, and only there`() async throws {
        try await withPair { pair in
            for id in 0..<60 { try await pair.source.put(id, 1) }
            for rate in [nil, 500.0] {
                let seen = try await asked(in: pair, rate: rate)
                #expect(seen["Scan"] == [rate != nil] && seen["BatchWriteItem"] == [rate != nil])
                #expect(seen["GetRecords"] == [false])
            }
            try await pair.expectEqual(60)
        }
    }

    @Test func `a rate of nothing is refused`() async throws {
        var configuration = Replicator.Configuration(
            source: TableAddress(region: "cn-north-1", table: "a", endpoint: "http://127.0.0.1:1"),
            target: TableAddress(region: "cn-northwest-1", table: "b", endpoint: "http://127.0.0.1:1"))
        configuration.writeUnitsPerSecond = 0
        let replicator = Replicator(configuration, logger: LogLines().logger)
        await #expect(throws: Replicator.NotStarted.self) { try await replicator.run() }
    }
}

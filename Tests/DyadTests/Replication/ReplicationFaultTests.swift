import Dyad
import DyadClient
import DyadModel
import Synchronization
import Testing

/// What goes wrong between the replicator and its two sides, and is put right.
@Suite struct ReplicationFaultTests {
    typealias Fault = FaultyTransport.Fault

    @Test(arguments: Fault.allCases) func `a target that fails every second time loses nothing`(
        _ fault: Fault
    ) async throws {
        try await withPair { pair in
            for id in 0..<40 { try await pair.source.put(id, 1) }
            for id in 0..<40 where id % 3 == 0 { try await pair.source.put(id, 2) }
            for id in 0..<40 where id % 5 == 0 { try await pair.source.delete(id) }
            let plan = FaultyTransport.Plan { operation, number in
                operation == "BatchWriteItem" && number % 2 == 1 && number < 20 ? fault : nil
            }
            let outcome = try await pair.catchUp { $0.targetFaults = plan }
            #expect(plan.faultsMet >= 3)
            #expect(outcome.recordsApplied == 62)
            try await pair.expectEqual(32)
        }
    }

    @Test(arguments: [Fault.refusedConnection, .lostAnswer, .serverError, .throttled])
    func `a source that fails every second time loses nothing`(_ fault: Fault) async throws {
        try await withPair { pair in
            for id in 0..<40 { try await pair.source.put(id, 1) }
            for id in 0..<10 { try await pair.source.delete(id) }
            // The first request of each kind, the very first DescribeTable among them.
            let plan = FaultyTransport.Plan { _, number in number % 2 == 1 && number < 4 ? fault : nil }
            try await pair.catchUp {
                $0.backfill = true
                $0.sourceFaults = plan
            }
            for operation in ["DescribeTable", "DescribeStream", "GetShardIterator", "GetRecords", "Scan"] {
                #expect(plan.count(operation) >= 2, "\(operation)")
            }
            #expect(pair.log.has("waiting for both sides: the source (tlog in cn-north-1)"))
            try await pair.expectEqual(30)
        }
    }

    @Test func `one write that is left over again and again does not let a later one pass`() async throws {
        try await withPair { pair in
            for version in 1...5 { for id in 0..<10 { try await pair.source.put(id, version) } }
            let plan = FaultyTransport.Plan { operation, number in
                operation == "BatchWriteItem" && number <= 8 ? .allUnprocessed : nil
            }
            let outcome = try await pair.catchUp { $0.targetFaults = plan }
            #expect(plan.faultsMet == 8)
            #expect(outcome.finalLine.contains("unprocessed writes sent again"))
            try await pair.expectEqual(10)
        }
    }

    @Test func `an item that the target refuses is named, and all before it is applied`() async throws {
        try await withPair(targetKeys: "id:S") { pair in
            // An index over `v` in the target alone: a `v` of another type is refused there.
            try await pair.target.deleteTable()
            try await pair.target.call(
                "CreateTable",
                """
                {"TableName": "tlog_replica", "BillingMode": "PAY_PER_REQUEST",
                 "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"},
                  {"AttributeName": "v", "AttributeType": "N"}],
                 "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                 "GlobalSecondaryIndexes": [{"IndexName": "byV", "Projection": {"ProjectionType": "ALL"},
                  "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}]}]}
                """)
            try await pair.target.waitUntilActive()
            for id in 0..<10 { try await pair.source.put(id, 1) }
            try await pair.source.put(#"{"id": {"S": "bad"}, "v": {"S": "no number"}}"#)
            let outcome = try await pair.replicator { $0.parallelism = 1 }.run()
            #expect(outcome.ending == .failed)
            #expect(outcome.finalLine.contains(#"key {"id":{"S":"bad"}}: ValidationException: "#))
            let (counts, differences) = try await pair.compare()
            #expect(differences == [#"missing {"id":{"S":"bad"}}"#])
            #expect(counts.target == 10)
        }
    }

    @Test func `a target that goes away and comes back is waited for`() async throws {
        let folder = FreshFolder()
        let first = try await LocalDynamoDB.start()
        var second = try await LocalDynamoDB.start(storage: .folder(folder.path))
        let source = try Side(first, "cn-north-1", "tlog")
        let target = try Side(second, "cn-north-1", "tlog")
        try await source.makeTable(streaming: "NEW_IMAGE")
        try await target.makeTable()
        let pair = Pair(source: source, target: target)
        for id in 0..<10 { try await source.put(id, 1) }
        let replicator = pair.replicator { $0.untilCaughtUp = false }
        async let running = replicator.run()
        while try await target.version(9) == nil { await Task.yield() }
        await second.stop()
        for id in 0..<10 { try await source.put(id, 2) }
        try await source.delete(5)
        await pair.log.wait(for: "BatchWriteItem failed, trying again")
        second = try await LocalDynamoDB.start(storage: .folder(folder.path), port: second.port)
        await pair.log.wait(for: "the target answers again")
        replicator.stop("enough")
        #expect(try await running.ending == .stopped)
        try await pair.catchUp()
        try await pair.expectEqual(9)
        for side in [source, target] { await side.client.shutdown() }
        await first.stop()
        await second.stop()
        withExtendedLifetime(folder) {}
    }
}

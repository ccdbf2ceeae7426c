import Dyad
import DyadClient
import DyadModel
import Testing

/// Two tables, item by item.
@Suite struct TableComparisonTests {
    private func failure(_ pair: Pair, _ faults: FaultyTransport.Plan? = nil) async -> String? {
        let error = await #expect(throws: TableComparison.Failed.self) { try await pair.compare(faults: faults) }
        return error?.description
    }

    @Test(arguments: [1, 2, 64]) func `missing, extra and different items are named`(parallelism: Int) async throws {
        try await withPair { pair in
            for id in 0..<30 { for side in [pair.source, pair.target] { try await side.put(id, 1) } }
            #expect(try await pair.compare(parallelism: parallelism).counts.areEqual)
            try await pair.source.put(100, 1)
            try await pair.target.put(200, 1)
            try await pair.target.put(201, 1)
            try await pair.target.put(7, 2)
            let (counts, differences) = try await pair.compare(parallelism: parallelism)
            #expect(!counts.areEqual)
            #expect((counts.source, counts.target) == (31, 32))
            #expect((counts.missing, counts.extra, counts.different) == (1, 2, 1))
            #expect(
                differences == [
                    #"different {"id":{"S":"7"}}"#, #"extra {"id":{"S":"200"}}"#, #"extra {"id":{"S":"201"}}"#,
                    #"missing {"id":{"S":"100"}}"#,
                ])
        }
    }

    @Test func `as many extra as missing items are found too`() async throws {
        try await withPair { pair in
            try await pair.source.put(1, 1)
            try await pair.target.put(2, 1)
            let (counts, differences) = try await pair.compare()
            #expect((counts.source, counts.target) == (1, 1))
            #expect(differences == [#"extra {"id":{"S":"2"}}"#, #"missing {"id":{"S":"1"}}"#])
        }
    }

    @Test func `items are equal by value, however they are spelled`() async throws {
        try await withPair(keys: "id:N") { pair in
            try await pair.source.put(
                #"""
                {"id": {"N": "1.50"}, "n": {"N": "100"}, "s": {"SS": ["a", "b"]}, "m": {"M": {"x": {"N": "0.10"},
                 "y": {"BOOL": true}}}, "ns": {"NS": ["1", "2e1"]}, "t": {"S": "\u00e9"}}
                """#)
            try await pair.target.put(
                #"""
                {"ns": {"NS": ["20", "1.0"]}, "m": {"M": {"y": {"BOOL": true}, "x": {"N": "1e-1"}}},
                 "s": {"SS": ["b", "a"]}, "id": {"N": "15e-1"}, "n": {"N": "1E2"}, "t": {"S": "é"}}
                """#)
            #expect(try await pair.compare().counts.areEqual)
        }
    }

    @Test(arguments: [
        (#"{"S": "\u00e9"}"#, #"{"S": "e\u0301"}"#),
        (#"{"L": [{"S": "a"}, {"S": "b"}]}"#, #"{"L": [{"S": "b"}, {"S": "a"}]}"#),
        (#"{"S": "1"}"#, #"{"N": "1"}"#), (#"{"S": ""}"#, #"{"B": ""}"#), (#"{"SS": ["1"]}"#, #"{"NS": ["1"]}"#),
        (#"{"NULL": true}"#, #"{"BOOL": true}"#), (#"{"L": []}"#, #"{"M": {}}"#),
    ])
    func `what only looks alike is different`(left: String, right: String) async throws {
        try await withPair { pair in
            try await pair.source.put(#"{"id": {"S": "1"}, "a": \#(left)}"#)
            try await pair.target.put(#"{"id": {"S": "1"}, "a": \#(right)}"#)
            #expect(try await pair.compare().differences == [#"different {"id":{"S":"1"}}"#])
        }
    }

    @Test func `tables of many pages are compared whole, and keys left unprocessed are asked for again`() async throws {
        try await withPair { pair in
            let filler = String(repeating: "x", count: 30_000)
            for id in 0..<120 {
                for side in [pair.source, pair.target] where side.region == "cn-north-1" || id != 119 {
                    try await side.put(#"{"id": {"S": "\#(id)"}, "f": {"S": "\#(filler)"}}"#)
                }
            }
            let plan = FaultyTransport.Plan { operation, number in
                guard operation == "BatchGetItem", number <= 3 else { return nil }
                return number == 1 ? .allUnprocessed : .halfUnprocessed
            }
            let (counts, differences) = try await pair.compare(parallelism: 1, faults: plan)
            #expect((counts.source, counts.target, counts.different) == (120, 119, 0))
            #expect(differences == [#"missing {"id":{"S":"119"}}"#])
            // 120 items of 30 KB are four pages of 1 MB.
            #expect(plan.count("Scan") >= 8)
            #expect(plan.faultsMet == 3)
        }
    }

    @Test func `more than what one BatchGetItem answers is asked for in parts`() async throws {
        try await withPair(servers: 2) { pair in
            // In the target the same keys hold more than 16 MB: BatchGetItem leaves some of a page's keys for later.
            let filler = String(repeating: "x", count: 395_000)
            for id in 0..<43 {
                try await pair.source.put(id, 1)
                try await pair.target.put(#"{"id": {"S": "\#(id)"}, "f": {"S": "\#(filler)"}}"#)
            }
            let plan = FaultyTransport.Plan { _, _ in nil }
            let (counts, _) = try await pair.compare(parallelism: 1, faults: plan)
            #expect((counts.source, counts.target, counts.missing, counts.different) == (43, 43, 0, 43))
            #expect(plan.count("BatchGetItem") == 2)
        }
    }

    @Test func `tables that cannot be compared are no equal ones`() async throws {
        try await withPair(targetKeys: "id:N") { pair in
            #expect(
                await failure(pair) == "the keys differ: tlog has id (S, partition key), tlog_replica has "
                    + "id (N, partition key)")
            var other = pair
            other.target = try Side(pair.source.server, "eu-west-1", "tlog")
            #expect(await failure(other)?.hasPrefix("tlog in eu-west-1: ResourceNotFoundException: ") == true)
            await other.target.client.shutdown()
        }
    }
}

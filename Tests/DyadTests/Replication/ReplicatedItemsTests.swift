import DyadClient
import DyadModel
import DyadReplicator
import Testing

@testable import Dyad

/// What an item may hold, on its way through stream, replicator and target.
@Suite struct ReplicatedItemsTests {
    @Test(arguments: [false, true]) func `every type arrives as it was`(isBackfill: Bool) async throws {
        try await withPair(keys: "id:B,sort:N") { pair in
            try await pair.source.put(
                #"""
                {"id": {"B": "AP8="}, "sort": {"N": "-1.50E+3"}, "s": {"S": "é\u0000\"\\\n\ud83d\ude00"}, "e": {"S": ""},
                 "n": {"N": "9.9999999999999999999999999999999999999E+125"}, "tiny": {"N": "-1E-130"}, "b": {"B": ""},
                 "t": {"BOOL": true}, "f": {"BOOL": false}, "z": {"NULL": true}, "ss": {"SS": ["b", "", "a"]},
                 "ns": {"NS": ["2", "1.0", "-0.5"]}, "bs": {"BS": ["AA==", "/w=="]}, "l": {"L": [{"L": []}, {"M": {}}]},
                 "m": {"M": {"": {"S": ""}, "e\u0301": {"N": "1"}, "\u00e9": {"N": "2"}}}}
                """#)
            try await pair.source.put(#"{"id": {"B": "AP8="}, "sort": {"N": "0.10"}}"#)
            try await pair.source.put(#"{"id": {"B": "AP8="}, "sort": {"N": "1e-1"}, "again": {"BOOL": true}}"#)
            try await pair.source.put(#"{"id": {"B": "AP8="}, "sort": {"N": "7"}}"#)
            try await pair.source.delete(#"{"id": {"B": "AP8="}, "sort": {"N": "7.00"}}"#)
            try await pair.catchUp { $0.backfill = isBackfill }
            try await pair.expectEqual(2)
        }
    }

    @Test func `items of 300 KB arrive, by stream and by backfill`() async throws {
        try await withPair { pair in
            let filler = String(repeating: "x", count: 300_000)
            for id in 0..<6 { try await pair.source.put(#"{"id": {"S": "\#(id)"}, "f": {"S": "\#(filler)"}}"#) }
            try await pair.catchUp { $0.backfill = true }
            for id in 6..<12 { try await pair.source.put(#"{"id": {"S": "\#(id)"}, "f": {"S": "\#(filler)"}}"#) }
            try await pair.catchUp()
            try await pair.expectEqual(12)
        }
    }

    @Test(arguments: [(100, 1, 4), (100, 2_400_000, 20), (3, 13 << 20, 3), (1, 13 << 20, 1)])
    func `what one BatchWriteItem cannot take is sent in parts`(count: Int, size: Int, parts: Int) {
        // 400 KB of control characters are 2.4 MB of JSON.
        let item = ItemBytes(canonical: Array(repeating: UInt8(ascii: "x"), count: size))
        let key = ItemBytes(canonical: Array("{}".utf8))
        let calls = EndpointReplicaTarget.split(
            Array(repeating: ReplicaWrite(key: key, .put(item), sequence: nil), count: count)
        ).map(\.requests)
        #expect(calls.count == parts)
        #expect(calls.map(\.count).reduce(0, +) == count)
        #expect(calls.allSatisfy { $0.count <= 25 })
        for call in calls where call.count > 1 { #expect(call.map(\.count).reduce(0, +) <= 12 << 20) }
    }

    @Test func `one key many times over in a page of the stream is written once`() async throws {
        try await withPair(keys: "id:S,sort:N") { pair in
            for version in 0..<200 {
                try await pair.source.put(
                    #"{"id": {"S": "same"}, "sort": {"N": "\#(version % 2)"}, "v": {"N": "\#(version)"}}"#)
            }
            try await pair.source.delete(#"{"id": {"S": "same"}, "sort": {"N": "0"}}"#)
            let plan = FaultyTransport.Plan { _, _ in nil }
            let outcome = try await pair.catchUp { $0.targetFaults = plan }
            #expect(outcome.recordsApplied == 201)
            #expect(plan.count("BatchWriteItem") <= 4)
            try await pair.expectEqual(1)
        }
    }
}

import Dyad
import DyadClient
import DyadModel
import Testing

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

    @Test(arguments: [false, true]) func `more bytes than one BatchWriteItem takes are sent in parts`(
        isBackfill: Bool
    ) async throws {
        try await withPair { pair in
            // In DynamoDB JSON each of these bytes is an escape of six: 25 of them are 45 MB.
            let filler = String(repeating: #"\u0001"#, count: 300_000)
            for id in 0..<25 { try await pair.source.put(#"{"id": {"S": "\#(id)"}, "f": {"S": "\#(filler)"}}"#) }
            try await pair.catchUp {
                $0.backfill = isBackfill
                $0.parallelism = 1
            }
            try await pair.expectEqual(25)
        }
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

import DyadModel
import DyadStore
import Testing

struct StreamRecordTests {
    @Test func `a shard of an older version's record owns all hashes and is as old as its stream`() throws {
        let record = """
            {"table":"t","label":"2019","view":"KEYS_ONLY","key":[{"name":"pk","type":"S"}],"createdAt":1000,
             "disabledAt":5000,"dueAt":9000,"shards":[{"number":3,"id":"shardId-1","first":7,"last":9}]}
            """
        let stream = try #require(StreamDescription(json: Array(record.utf8)))
        let shard = try #require(stream.shards.first)
        #expect(shard.range == .whole)
        #expect(shard.openedAt == Timestamp(milliseconds: 1000))
        #expect(shard.closedAt == Timestamp(milliseconds: 5000))
        #expect(shard.lastSequence == 9)
        #expect(StreamDescription(json: stream.json) == stream)
    }

    @Test func `ranges and lineage survive the record`() throws {
        let halves = try #require(HashRange.whole.halves)
        var parent = StreamDescription.Shard(
            number: 1, id: "shardId-1", openedAt: Timestamp(milliseconds: 1), firstSequence: 1)
        parent.close(at: Timestamp(milliseconds: 2), lastSequence: 2)
        let children = [halves.0, halves.1].enumerated().map { place, range in
            StreamDescription.Shard(
                number: Int64(place) + 2, id: "shardId-\(place + 2)", parent: "shardId-1", range: range,
                openedAt: Timestamp(milliseconds: 2), firstSequence: Int64(place) + 3)
        }
        let stream = StreamDescription(
            table: "t", label: "2019", view: .keysOnly, key: KeySchema(partition: [.init("pk", .string)], sort: []),
            createdAt: Timestamp(milliseconds: 1), shards: [parent] + children)
        #expect(StreamDescription(json: stream.json) == stream)
        #expect(stream.openShards == OpenShards([(halves.1.first, 3), (0, 2)]))
    }

    @Test func `a range is halved down to single hashes`() throws {
        var range = HashRange.whole
        for _ in 0..<64 { range = try #require(range.halves).1 }
        #expect(range.first == UInt64.max && range.last == UInt64.max)
        #expect(range.halves == nil)
    }
}

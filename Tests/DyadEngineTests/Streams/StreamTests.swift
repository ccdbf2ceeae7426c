import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

let streamedTable = onDemand(
    "tlog", #", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}"#)

extension TestRegion {
    /// Appends records to a table's open shard beside all operations: keys 0, 1, 2, ….
    func appendRecords(_ count: Int, to name: String = "tlog", size: Int = 6) throws {
        try write { (store, call) throws(DynamoError) in
            guard let table = store.catalog.tables[name], let shards = table.stream?.openShards else {
                throw .resourceNotFound(name)
            }
            for number in 0..<count {
                let item = Array(#"{"pk":{"S":"\#(number)"}}"#.utf8)
                let key = StorageKey(
                    space: table.space, partition: [KeyComponent(.string(Text("\(number)")))].compactMap { $0 }[...])
                let shard = shards.owner(of: key)
                try store.append(.insert, to: shard, at: call.now, keys: item, old: nil, new: item, size: size)
            }
        }
    }

    func streamARN(_ table: String = "tlog") throws -> String {
        try #require(try ok("DescribeTable", #"{"TableName":"\#(table)"}"#).string("Table.LatestStreamArn"))
    }

    func shardID(of stream: String) throws -> String {
        let reply = try ok("DescribeStream", #"{"StreamArn":"\#(stream)"}"#)
        return try #require(reply.string("StreamDescription.Shards.0.ShardId"))
    }

    func iterator(_ type: String, _ sequence: String? = nil, of stream: String) throws -> Reply {
        let more = sequence.map { #","SequenceNumber":"\#($0)""# } ?? ""
        return try send(
            "GetShardIterator",
            #"{"StreamArn":"\#(stream)","ShardId":"\#(shardID(of: stream))","ShardIteratorType":"\#(type)"\#(more)}"#)
    }

    func records(_ iterator: String?, limit: Int? = nil) throws -> Reply {
        let more = limit.map { #","Limit":\#($0)"# } ?? ""
        return try send("GetRecords", #"{"ShardIterator":"\#(try #require(iterator))"\#(more)}"#)
    }
}

extension Reply {
    var iterator: String? { string("ShardIterator") }
    var next: String? { string("NextShardIterator") }
    var sequences: [String] { at("Records")?.elements.compactMap { $0["dynamodb"]?["SequenceNumber"]?.string } ?? [] }
    var keys: [String] { at("Records")?.elements.compactMap { $0["dynamodb"]?["Keys"]?["pk"]?["S"]?.string } ?? [] }
}

struct StreamTests {
    @Test func `a stream is described with one open shard`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        let stream = try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#)
        #expect(stream.string("StreamDescription.StreamStatus") == "ENABLED")
        #expect(stream.string("StreamDescription.StreamViewType") == "NEW_AND_OLD_IMAGES")
        #expect(stream.json("StreamDescription.CreationRequestDateTime") == "1550036758.026")
        #expect(stream.json("StreamDescription.KeySchema") == #"[{"AttributeName":"pk","KeyType":"HASH"}]"#)
        let shard = try #require(stream.string("StreamDescription.Shards.0.ShardId"))
        #expect(shard.hasPrefix("shardId-00000001550036758026-"))
        #expect(shard.utf8.count == 37)
        #expect(stream.at("StreamDescription.Shards.0.SequenceNumberRange.EndingSequenceNumber") == nil)
        let start = stream.string("StreamDescription.Shards.0.SequenceNumberRange.StartingSequenceNumber")
        #expect(start?.utf8.count == 21)
        try region.appendRecords(1)
        let records = try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator)
        #expect(try #require(start) <= #require(records.sequences.first))
    }

    @Test func `a record has AWS's form`() throws {
        let region = try TestRegion("cn-north-1")
        try region.makeTable(streamedTable)
        try region.appendRecords(1)
        let reply = try region.records(region.iterator("TRIM_HORIZON", of: region.streamARN()).iterator)
        #expect(
            reply.at("Records.0")?.members.map(\.name).sorted() == [
                "awsRegion", "dynamodb", "eventID", "eventName", "eventSource", "eventVersion",
            ])
        #expect(reply.string("Records.0.awsRegion") == "cn-north-1")
        #expect(reply.string("Records.0.eventName") == "INSERT")
        #expect(reply.string("Records.0.eventVersion") == "1.1")
        #expect(reply.string("Records.0.eventID")?.utf8.count == 32)
        #expect(reply.json("Records.0.dynamodb.ApproximateCreationDateTime") == "1550036759")
        #expect(reply.json("Records.0.dynamodb.NewImage") == #"{"pk":{"S":"0"}}"#)
        #expect(reply.at("Records.0.dynamodb.OldImage") == nil)
        #expect(reply.integer("Records.0.dynamodb.SizeBytes") == 6)
        #expect(reply.string("Records.0.dynamodb.StreamViewType") == "NEW_AND_OLD_IMAGES")
    }

    @Test func `every iterator type starts where it says`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        try region.appendRecords(3)
        let latest = try region.iterator("LATEST", of: arn).iterator
        let all = try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator)
        #expect(all.keys == ["0", "1", "2"])
        let second = all.sequences[1]
        #expect(try region.records(region.iterator("AT_SEQUENCE_NUMBER", second, of: arn).iterator).keys == ["1", "2"])
        #expect(try region.records(region.iterator("AFTER_SEQUENCE_NUMBER", second, of: arn).iterator).keys == ["2"])
        #expect(try region.records(latest).keys.isEmpty)
        try region.appendRecords(1)
        #expect(try region.records(latest).keys == ["0"])
    }

    /// The rules of docs, GetShardIterator.
    @Test func `an iterator at a time starts at the first record of that time or later`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        let start = region.clock.now.milliseconds
        for _ in 0..<20 {
            try region.appendRecords(2)
            try region.advance(by: 1000)
        }
        func count(since milliseconds: Int64) throws -> Int {
            let shard = try region.shardID(of: arn)
            let seconds = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
            let reply = try region.ok(
                "GetShardIterator",
                #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"AT_TIMESTAMP","Timestamp":\#(seconds)}"#
            )
            return try region.records(reply.iterator).keys.count
        }
        #expect(try count(since: 1000) == 40)
        for step in 0..<20 {
            #expect(try count(since: start + Int64(step) * 1000) == 40 - 2 * step)
            #expect(try count(since: start + Int64(step) * 1000 + 1) == 38 - 2 * step)
        }
        #expect(try count(since: region.clock.now.milliseconds) == 0)
        try region.advance(by: 24 * 60 * 60 * 1000 - 12_000)
        #expect(try count(since: start) == 22)
    }

    @Test func `an open shard gives empty pages and goes on`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let empty = try region.records(region.iterator("TRIM_HORIZON", of: region.streamARN()).iterator)
        #expect(empty.sequences.isEmpty)
        try region.appendRecords(1)
        #expect(try region.records(empty.next).keys == ["0"])
    }

    @Test func `pages end at the limit and at a megabyte`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        try region.appendRecords(5, size: 400_000)
        let first = try region.records(region.iterator("TRIM_HORIZON", of: region.streamARN()).iterator)
        #expect(first.keys == ["0", "1"])
        let second = try region.records(first.next, limit: 1)
        #expect(second.keys == ["2"])
        #expect(try region.records(second.next).keys == ["3", "4"])
    }

    @Test func `a closed shard ends, and its stream stays readable for a day after its table is gone`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        try region.appendRecords(3)
        try region.ok("DeleteTable", #"{"TableName":"tlog"}"#)
        try region.advance(by: 10)
        let stream = try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#)
        #expect(stream.string("StreamDescription.StreamStatus") == "DISABLED")
        let end = stream.string("StreamDescription.Shards.0.SequenceNumberRange.EndingSequenceNumber")
        let first = try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator, limit: 2)
        #expect(first.next != nil)
        let last = try region.records(first.next)
        #expect(last.keys == ["2"])
        #expect(last.next == nil)
        #expect(try #require(last.sequences.last) < #require(end))
        #expect(try region.ok("ListStreams").string("Streams.0.StreamArn") == arn)

        try region.advance(by: 24 * 60 * 60 * 1000)
        #expect(
            try region.send("DescribeStream", #"{"StreamArn":"\#(arn)"}"#).error
                == "ResourceNotFoundException: Requested resource not found: Stream: \(arn) not found")
        #expect(try region.read { $0.catalog.dueAt } == nil)
    }

    @Test func `sequence numbers and event identifiers grow and never repeat, over tables of one name`() throws {
        let region = try TestRegion()
        var seen: [String] = []
        var events: Set<String> = []
        for _ in 0..<2 {
            try region.makeTable(streamedTable)
            try region.appendRecords(10)
            let reply = try region.records(region.iterator("TRIM_HORIZON", of: region.streamARN()).iterator)
            seen += reply.sequences
            for record in reply.at("Records")?.elements ?? reply.root.elements {
                events.insert(try #require(record["eventID"]?.string))
            }
            try region.ok("DeleteTable", #"{"TableName":"tlog"}"#)
            try region.advance(by: 10)
        }
        #expect(seen == seen.sorted() && Set(seen).count == 20)
        #expect(seen.allSatisfy { $0.utf8.count == 21 })
        #expect(events.count == 20)
    }

    @Test func `records are trimmed after a day, and a place before the trim horizon is refused`() throws {
        // One shard all along.
        var settings = EngineSettings()
        settings.shardLifetimeMilliseconds = 100 * settings.streamRetentionMilliseconds
        let region = try TestRegion(settings: settings)
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        try region.appendRecords(2)
        let old = try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator).sequences
        try region.advance(by: 12 * 60 * 60 * 1000)
        try region.appendRecords(1)
        let waiting = try region.iterator("AT_SEQUENCE_NUMBER", old[0], of: arn).iterator
        try region.advance(by: 12 * 60 * 60 * 1000)
        let trimmed = "TrimmedDataAccessException: The data you are trying to access has been trimmed"
        #expect(try region.iterator("AT_SEQUENCE_NUMBER", old[1], of: arn).error == trimmed)
        #expect(try region.iterator("AFTER_SEQUENCE_NUMBER", old[0], of: arn).error == trimmed)
        let next = try region.iterator("AFTER_SEQUENCE_NUMBER", old[1], of: arn)
        #expect(try region.records(next.iterator).keys == ["0"])
        #expect(try region.records(waiting).code == "ExpiredIteratorException")
        #expect(try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator).keys == ["0"])
        try region.advance(by: 24 * 60 * 60 * 1000)
        let empty = try region.records(region.iterator("TRIM_HORIZON", of: arn).iterator)
        #expect(empty.status == 200 && empty.sequences.isEmpty)
    }

    @Test func `an iterator whose records were trimmed before its use says so`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        try region.appendRecords(1)
        try region.advance(by: 24 * 60 * 60 * 1000 - 60_000)
        let iterator = try region.iterator("TRIM_HORIZON", of: arn).iterator
        try region.advance(by: 120_000)
        #expect(try region.records(iterator).code == "TrimmedDataAccessException")
    }
}

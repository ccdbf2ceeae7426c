import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct StreamErrorTests {
    @Test func `an iterator lives fifteen minutes`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let iterator = try region.iterator("LATEST", of: region.streamARN()).iterator
        try region.advance(by: ShardIterator.lifetimeMilliseconds)
        #expect(try region.records(iterator).status == 200)
        try region.advance(by: 1)
        #expect(try region.records(iterator).code == "ExpiredIteratorException")
    }

    @Test func `an iterator that was changed is no iterator`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let iterator = try #require(try region.iterator("LATEST", of: region.streamARN()).iterator)
        #expect(iterator.hasPrefix("\(try region.streamARN())|1|"))
        for text in ["x", "a|1|b", "\(iterator)A", String(iterator.dropLast(4)), "X\(iterator)"] {
            #expect(try region.records(text).error == "ValidationException: Invalid ShardIterator")
        }
    }

    @Test(arguments: [Int64.min, Int64.min + 1, 0, Int64.max], [Int64.min, -1, 0, Int64.max])
    func `an iterator that a client made up is refused or leads nowhere`(madeAt: Int64, position: Int64) throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        for shard in [Int64.min, 1, Int64.max] {
            let made = ShardIterator(
                arn: try region.streamARN(), shard: shard, position: position,
                madeAt: Timestamp(milliseconds: madeAt))
            let reply = try region.records(made.text)
            #expect(reply.status == 200 || reply.status == 400, "\(reply.text)")
        }
    }

    @Test func `a stream that is none is malformed, or is not found`() throws {
        let region = try TestRegion()
        let unknown = "arn:aws:dynamodb:us-east-1:123456789012:table/tlog/stream/2019-02-13T05:45:58.026"
        #expect(
            try region.send("DescribeStream", #"{"StreamArn":"\#(unknown)"}"#).error
                == "ResourceNotFoundException: Requested resource not found: Stream: \(unknown) not found")
        #expect(
            try region.send("DescribeStream", #"{"StreamArn":"this is long enough but no ARN of any stream"}"#).error
                == "ValidationException: Invalid StreamArn")
        #expect(
            try region.send("DescribeStream", #"{"StreamArn":"x"}"#).error
                == "ValidationException: 1 validation error detected: Value 'x' at 'streamArn' failed to satisfy "
                + "constraint: Member must have length greater than or equal to 37")
    }

    @Test func `a sequence number belongs to the types that ask for one`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        let number = SequenceNumber.text(7)
        for type in ["TRIM_HORIZON", "LATEST"] {
            #expect(try region.iterator(type, number, of: arn).code == "ValidationException")
        }
        for type in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            #expect(try region.iterator(type, of: arn).code == "ValidationException")
        }
        #expect(
            try region.iterator("NEVER", of: arn).error
                == "ValidationException: 1 validation error detected: Value 'NEVER' at 'shardIteratorType' failed to "
                + "satisfy constraint: Member must satisfy enum value set: [TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, "
                + "AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP]")
    }

    @Test func `a timestamp belongs to its type, and is not in the future`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        func code(_ type: String, _ more: String) throws -> String? {
            try region.send(
                "GetShardIterator",
                #"{"StreamArn":"\#(arn)","ShardId":"\#(region.shardID(of: arn))","ShardIteratorType":"\#(type)"\#(more)}"#
            ).code
        }
        let past = #","Timestamp":1550036758"#
        for type in ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER"] {
            #expect(try code(type, past) == "ValidationException")
        }
        #expect(try code("AT_TIMESTAMP", "") == "ValidationException")
        #expect(
            try code("AT_TIMESTAMP", past + #","SequenceNumber":"\#(SequenceNumber.text(7))""#) == "ValidationException"
        )
        #expect(try code("AT_TIMESTAMP", #","Timestamp":4000000000"#) == "ValidationException")
        #expect(try code("AT_TIMESTAMP", #","Timestamp":1e400"#) == "ValidationException")
        #expect(try code("AT_TIMESTAMP", #","Timestamp":"2019-02-13T05:45:58Z""#) == "SerializationException")
        #expect(try code("AT_TIMESTAMP", #","Timestamp":-1e400"#) == nil)
    }

    @Test func `an unknown shard is not found, and nothing comes after it`() throws {
        let region = try TestRegion()
        try region.makeTable(streamedTable)
        let arn = try region.streamARN()
        let shard = "shardId-00000000000000000000-00000000"
        #expect(
            try region.send(
                "GetShardIterator", #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"LATEST"}"#
            ).code == "ResourceNotFoundException")
        for start in [shard, try region.shardID(of: arn)] {
            let reply = try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)","ExclusiveStartShardId":"\#(start)"}"#)
            #expect(reply.json("StreamDescription.Shards") == "[]")
        }
    }

    @Test func `streams are listed by table and page by page`() throws {
        let region = try TestRegion()
        for name in ["bbb", "aaa", "ccc"] {
            let stream = #", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}"#
            try region.makeTable(onDemand(name, stream))
        }
        try region.makeTable(onDemand("none"))
        let first = try region.ok("ListStreams", #"{"Limit":2}"#)
        #expect(first.string("Streams.0.TableName") == "aaa" && first.string("Streams.1.TableName") == "bbb")
        let last = try #require(first.string("LastEvaluatedStreamArn"))
        let second = try region.ok("ListStreams", #"{"Limit":1,"ExclusiveStartStreamArn":"\#(last)"}"#)
        #expect(second.string("Streams.0.TableName") == "ccc")
        #expect(second.at("LastEvaluatedStreamArn") == nil)
        #expect(try region.ok("ListStreams", #"{"TableName":"none"}"#).text == #"{"Streams":[]}"#)
        #expect(try region.ok("ListStreams", #"{"TableName":"unknown"}"#).text == #"{"Streams":[]}"#)
        #expect(
            try region.send("ListStreams", #"{"Limit":0}"#).error
                == "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy "
                + "constraint: Member must have value greater than or equal to 1")
    }
}

import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct TimeToLiveTests {
    let region: TestRegion
    private let hour: Int64 = 3_600_000

    init() throws {
        region = try TestRegion()
        try region.makeTable(streamedTable)
    }

    private func update(_ isEnabled: Bool, _ attribute: String = "ttl") throws -> Reply {
        try region.send(
            "UpdateTimeToLive",
            #"{"TableName":"tlog","TimeToLiveSpecification":{"Enabled":\#(isEnabled),"AttributeName":"\#(attribute)"}}"#
        )
    }

    private func description() throws -> String? {
        try region.ok("DescribeTimeToLive", #"{"TableName":"tlog"}"#).json("TimeToLiveDescription")
    }

    private func put(_ key: String, _ expiry: String) throws {
        try region.ok("PutItem", #"{"TableName":"tlog","Item":{"pk":{"S":"\#(key)"},"ttl":\#(expiry)}}"#)
    }

    /// A number of seconds, `offset` from now.
    private func seconds(_ offset: Int64) -> String { #"{"N":"\#(region.clock.now.milliseconds / 1000 + offset)"}"# }

    private func keys() throws -> [String] {
        let page = try region.ok("Scan", #"{"TableName":"tlog"}"#)
        return page.at("Items")?.elements.compactMap { $0["pk"]?["S"]?.string }.sorted() ?? []
    }

    /// The rows that the hidden index holds.
    private func entries() throws -> Int64 {
        try region.read { store in
            guard let index = store.catalog.tables["tlog"]?.timeToLive?.index else { return 0 }
            return try store.rows.statistics(of: index.space).items
        }
    }

    @Test func `switched on it is ENABLED at once, switched off as if it had never been`() throws {
        #expect(try description() == #"{"TimeToLiveStatus":"DISABLED"}"#)
        let answer = try update(true)
        #expect(answer.json("TimeToLiveSpecification") == #"{"Enabled":true,"AttributeName":"ttl"}"#)
        #expect(try description() == #"{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}"#)
        try region.advance(by: hour)
        #expect(try update(false).error == nil)
        #expect(try description() == #"{"TimeToLiveStatus":"DISABLED"}"#)
    }

    @Test func `what changes nothing is refused, and what changes too soon after it (seen on AWS)`() throws {
        #expect(try update(false).error == "ValidationException: TimeToLive is already disabled")
        #expect(try update(true).error == nil)
        #expect(try update(true).error == "ValidationException: TimeToLive is already enabled")
        for isEnabled in [true, false] {
            #expect(
                try update(isEnabled, "other").error
                    == "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is ttl"
            )
        }
        #expect(
            try update(false).error
                == "ValidationException: Time to live has been modified multiple times within a fixed interval")
        try region.advance(by: 1_872_000)
        #expect(try update(false).error == nil)
    }

    @Test func `an attribute has a name of 1 to 255 characters`() throws {
        let path = "'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must"
        #expect(
            try update(true, "").message
                == "1 validation error detected: Value '' at \(path) have length greater than or equal to 1")
        let missing = try region.send(
            "UpdateTimeToLive", #"{"TableName":"tlog","TimeToLiveSpecification":{"Enabled":true}}"#)
        #expect(missing.message == "1 validation error detected: Value null at \(path) not be null")
        #expect(
            try region.send("DescribeTimeToLive", #"{"TableName":"none"}"#).error
                == "ResourceNotFoundException: Requested resource not found: Table: none not found")
    }

    @Test func `what is past its time is deleted, what is not stays`() throws {
        try put("before", seconds(-60))
        #expect(try update(true).error == nil)
        try put("soon", seconds(100))
        try put("later", seconds(1000))
        try put("fraction", #"{"N":"\#(region.clock.now.milliseconds / 1000 + 100).5"}"#)
        try put("text", #"{"S":"1"}"#)
        try put("ancient", seconds(-5 * 365 * 86_400 - 10))
        try put("negative", #"{"N":"-1"}"#)
        try put("huge", #"{"N":"1E+100"}"#)
        try put("tiny", #"{"N":"1E-100"}"#)
        try region.settle()
        #expect(try keys() == ["ancient", "fraction", "huge", "later", "negative", "soon", "text", "tiny"])
        try region.advance(by: 102_000)
        #expect(try keys() == ["ancient", "huge", "later", "negative", "text", "tiny"])
        try region.advance(by: 1_000_000)
        #expect(try keys() == ["ancient", "huge", "negative", "text", "tiny"])
    }

    @Test func `an expiry that moves, goes or comes back counts as it last was`() throws {
        #expect(try update(true).error == nil)
        for key in ["moved", "removed", "deleted"] { try put(key, seconds(10)) }
        try put("moved", seconds(1000))
        try region.ok(
            "UpdateItem",
            ##"{"TableName":"tlog","Key":{"pk":{"S":"removed"}},"UpdateExpression":"REMOVE #t","ExpressionAttributeNames":{"#t":"ttl"}}"##
        )
        try region.ok("DeleteItem", #"{"TableName":"tlog","Key":{"pk":{"S":"deleted"}}}"#)
        #expect(try entries() == 1)
        try region.advance(by: 20_000)
        #expect(try keys() == ["moved", "removed"])
        try region.advance(by: 1_000_000)
        #expect(try keys() == ["removed"])
        #expect(try entries() == 0)
    }

    @Test func `the stream tells the service's deletions from all others`() throws {
        #expect(try update(true).error == nil)
        try put("a", seconds(10))
        try put("b", seconds(10))
        try region.ok("DeleteItem", #"{"TableName":"tlog","Key":{"pk":{"S":"b"}}}"#)
        try region.advance(by: 20_000)
        let reply = try region.records(region.iterator("TRIM_HORIZON", of: region.streamARN()).iterator)
        #expect(reply.keys == ["a", "b", "b", "a"])
        #expect(reply.at("Records.2.userIdentity") == nil)
        #expect(reply.string("Records.3.eventName") == "REMOVE")
        #expect(
            reply.json("Records.3.userIdentity") == #"{"Type":"Service","PrincipalId":"dynamodb.amazonaws.com"}"#)
        #expect(reply.at("Records.3.dynamodb.OldImage") != nil)
    }

    @Test func `many items are indexed and deleted in turns, while others are written`() throws {
        let many = ChoreBudget.rowsMax * 2 + 10
        for number in 0..<many / 10 {
            let puts = (0..<10).map { at in
                #"{"PutRequest":{"Item":{"pk":{"S":"k\#(number * 10 + at)"},"ttl":\#(seconds(50))}}}"#
            }
            try region.ok("BatchWriteItem", #"{"RequestItems":{"tlog":[\#(puts.joined(separator: ","))]}}"#)
        }
        #expect(try update(true).error == nil)
        // Indexed already or not: both follow.
        for key in ["k0", "k1000", "k2000"] { try put(key, seconds(1000)) }
        try region.settle()
        #expect(try entries() == Int64(many))
        try region.advance(by: 60_000)
        #expect(try keys() == ["k0", "k1000", "k2000"])
        #expect(try entries() == 3)
    }

    @Test func `nothing expires any more once it is off, and its index is cleared`() throws {
        #expect(try update(true).error == nil)
        try put("a", seconds(7200))
        try region.advance(by: hour)
        #expect(try update(false).error == nil)
        try region.advance(by: 2 * hour)
        #expect(try keys() == ["a"])
        let left = try region.read { store in store.catalog.tables["tlog"]?.timeToLive }
        #expect(left?.spaces == [])
        #expect(left?.dueAt == nil)
        // A table with expiries in wait can be deleted.
        #expect(try update(true).error == nil)
        try region.ok("DeleteTable", #"{"TableName":"tlog"}"#)
        try region.advance(by: 1000)
        #expect(try region.send("DescribeTimeToLive", #"{"TableName":"tlog"}"#).code == "ResourceNotFoundException")
    }
}

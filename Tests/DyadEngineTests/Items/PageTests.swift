import DyadModel
import Testing

struct PageTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    /// All pages of a request, their items as JSON.
    private func pages(_ operation: String, _ parameters: String, limit: Int) throws -> [String] {
        var items: [String] = []
        var start = ""
        for _ in 0..<1000 {
            let reply = try region.ok(operation, #"{"TableName":"pair",\#(parameters),"Limit":\#(limit)\#(start)}"#)
            items += try #require(reply["Items"]).elements.map { String(decoding: $0.raw, as: UTF8.self) }
            guard let key = reply.json("LastEvaluatedKey") else { return items }
            start = #","ExclusiveStartKey":\#(key)"#
        }
        Issue.record("the pages do not end")
        return items
    }

    private func fill(_ count: Int) throws {
        for number in 0..<count {
            try tables.put(
                "pair",
                #"{"pk":{"S":"p\#(number % 3)"},"sk":{"N":"\#(number - 10)"},"g":{"S":"same"},"l":{"S":"l\#(number % 4)"},"x":{"N":"\#(number)"},"y":{"N":"1"}}"#
            )
        }
    }

    @Test(arguments: [1, 2, 7, 100])
    func `pages of any length give every item once, also among equal index keys`(limit: Int) throws {
        try fill(20)
        for index in ["by_g", "by_g_keys"] {
            let found = try pages(
                "Query",
                #""IndexName":"\#(index)","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"same"}}"#,
                limit: limit)
            #expect(found.count == 20)
            #expect(Set(found).count == 20)
            let backwards = try pages(
                "Query",
                #""IndexName":"\#(index)","ScanIndexForward":false,"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"same"}}"#,
                limit: limit)
            #expect(backwards == found.reversed())
        }
        #expect(Set(try pages("Scan", #""Select":"ALL_ATTRIBUTES""#, limit: limit)).count == 20)
    }

    @Test(arguments: [
        ("sk < :a", [-10, -7, -4]), ("sk <= :a", [-10, -7, -4, -1]), ("sk > :a", [2, 5, 8]),
        ("sk >= :a", [-1, 2, 5, 8]), ("sk = :a", [-1]),
        ("sk BETWEEN :a AND :b", [-1, 2, 5]),
    ])
    func `a sort key condition is a range of numbers`(condition: String, expected: [Int]) throws {
        try fill(20)
        let bounds = condition.contains(":b") ? #"":a":{"N":"-1"},":b":{"N":"5"}"# : #"":a":{"N":"-1"}"#
        let reply = try tables.query(
            #""KeyConditionExpression":"pk = :p AND \#(condition)","ExpressionAttributeValues":{":p":{"S":"p0"},\#(bounds)}"#
        )
        let found = try #require(reply["Items"]).elements.compactMap { $0["sk"]?["N"]?.string.flatMap { Int($0) } }
        #expect(found == expected)
    }

    @Test func `a filter counts what it passed over`() throws {
        try fill(20)
        let reply = try tables.query(
            #""KeyConditionExpression":"pk = :p","FilterExpression":"x > :x","ExpressionAttributeValues":{":p":{"S":"p0"},":x":{"N":"10"}}"#
        )
        #expect(reply.integer("Count") == 3)
        #expect(reply.integer("ScannedCount") == 7)
    }

    @Test func `segments of a parallel scan share the items out`() throws {
        try fill(20)
        for total in [1, 2, 3, 7] {
            var found: [String] = []
            for segment in 0..<total {
                let reply = try region.ok(
                    "Scan", #"{"TableName":"pair","Segment":\#(segment),"TotalSegments":\#(total)}"#)
                found += try #require(reply["Items"]).elements.map { String(decoding: $0.raw, as: UTF8.self) }
            }
            #expect(found.count == 20)
            #expect(Set(found).count == 20)
        }
    }

    @Test func `a local index fetches from the table what it does not project`() throws {
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"1"},"l":{"S":"m"},"x":{"N":"1"},"y":{"N":"2"}}"#)
        let condition =
            #""IndexName":"by_l","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}}"#
        #expect(
            try tables.query(condition).json("Items")
                == #"[{"l":{"S":"m"},"pk":{"S":"a"},"sk":{"N":"1"},"x":{"N":"1"}}]"#)
        #expect(
            try tables.query(condition + #","Select":"ALL_ATTRIBUTES""#).json("Items")
                == #"[{"l":{"S":"m"},"pk":{"S":"a"},"sk":{"N":"1"},"x":{"N":"1"},"y":{"N":"2"}}]"#)
        #expect(try tables.query(condition + #","ProjectionExpression":"y""#).json("Items") == #"[{"y":{"N":"2"}}]"#)
    }

    @Test func `a page ends behind the item that passes one megabyte, counted before the filter`() throws {
        let text = String(repeating: "x", count: 300_000)
        for number in 0..<6 {
            try tables.put("pair", #"{"pk":{"S":"big"},"sk":{"N":"\#(number)"},"t":{"S":"\#(text)"}}"#)
        }
        let reply = try tables.query(
            #""KeyConditionExpression":"pk = :p","FilterExpression":"attribute_not_exists(t)","ExpressionAttributeValues":{":p":{"S":"big"}}"#
        )
        #expect(reply.integer("ScannedCount") == 4)
        #expect(reply.integer("Count") == 0)
        #expect(reply.json("LastEvaluatedKey") == #"{"pk":{"S":"big"},"sk":{"N":"3"}}"#)
    }

    @Test func `capacity of a read is that of what was evaluated`() throws {
        try fill(20)
        let reply = try tables.query(
            #""KeyConditionExpression":"pk = :p","Select":"COUNT","ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL","ExpressionAttributeValues":{":p":{"S":"p0"}}"#
        )
        #expect(reply.json("ConsumedCapacity") == #"{"TableName":"pair","CapacityUnits":1.0}"#)
        #expect(reply["Items"] == nil)
    }
}

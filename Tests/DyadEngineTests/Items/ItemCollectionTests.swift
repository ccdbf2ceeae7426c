import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

/// Tables with local indexes: `tlog` (pk S, sk N; local by_l on l S with everything, by_m on m N with keys alone) and
/// `plain`, which has none.
private struct CollectionTables {
    let region: TestRegion

    init(bytesMax: Int? = nil) throws {
        var settings = EngineSettings()
        if let bytesMax { settings.itemCollectionBytesMax = bytesMax }
        region = try TestRegion(settings: settings)
        let key = #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]"#
        let definition = { (name: String, type: String) in #"{"AttributeName":"\#(name)","AttributeType":"\#(type)"}"# }
        let local = { (name: String, sort: String, projection: String) in
            #"""
            {"IndexName":"\#(name)","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},
             {"AttributeName":"\#(sort)","KeyType":"RANGE"}],"Projection":{"ProjectionType":"\#(projection)"}}
            """#
        }
        try region.makeTable(
            #"""
            {"TableName":"tlog",\#(key),"BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
             \#(definition("pk", "S")),\#(definition("sk", "N")),\#(definition("l", "S")),\#(definition("m", "N"))],
             "LocalSecondaryIndexes":[\#(local("by_l", "l", "ALL")),\#(local("by_m", "m", "KEYS_ONLY"))]}
            """#)
        try region.makeTable(
            #"""
            {"TableName":"plain",\#(key),"BillingMode":"PAY_PER_REQUEST",
             "AttributeDefinitions":[\#(definition("pk", "S")),\#(definition("sk", "N"))]}
            """#)
    }

    /// An item of `bytes`, 8 at least: names and a letter, a digit in two, and what is left. What is in `more` comes on top.
    func item(_ pk: String, _ sk: Int, _ bytes: Int, _ more: String = "") -> String {
        #"{"pk":{"S":"\#(pk)"},"sk":{"N":"\#(sk)"},"v":{"S":"\#(String(repeating: "v", count: bytes - 8))"}\#(more)}"#
    }

    func put(_ item: String, _ more: String = "", in table: String = "tlog") throws -> Reply {
        try region.send("PutItem", #"{"TableName":"\#(table)","Item":\#(item)\#(more)}"#)
    }

    func delete(_ pk: String, _ sk: Int, _ more: String = "") throws -> Reply {
        try region.send(
            "DeleteItem", #"{"TableName":"tlog","Key":{"pk":{"S":"\#(pk)"},"sk":{"N":"\#(sk)"}}\#(more)}"#)
    }

    func update(_ pk: String, _ sk: Int, _ expression: String, _ values: String = "") throws -> Reply {
        let values = values.isEmpty ? "" : #","ExpressionAttributeValues":{\#(values)}"#
        return try region.send(
            "UpdateItem",
            #"""
            {"TableName":"tlog","Key":{"pk":{"S":"\#(pk)"},"sk":{"N":"\#(sk)"}},"UpdateExpression":"\#(expression)"\#(values)}
            """#)
    }

    func key(_ pk: String, in table: String = "tlog") throws -> StorageKey {
        let space = try region.read { try #require($0.catalog.tables[table]).space }
        return StorageKey(space: space, partition: [try #require(KeyComponent(.string(Text(pk))))])
    }

    func kept(_ pk: String, in table: String = "tlog") throws -> Int? {
        let key = try key(pk, in: table)
        return try region.read { try $0.rows.collectionSize(at: key) }
    }

    /// What is found when all rows are looked at.
    func summed(_ pk: String) throws -> Int {
        let key = try key(pk)
        return try region.read { store in
            let spaces = try #require(store.catalog.tables["tlog"]).localIndexes.map(\.space)
            return try store.rows.size(of: key) + spaces.reduce(0) { try $0 + store.rows.size(of: key.moved(to: $1)) }
        }
    }

    func keep(_ bytes: Int, of pk: String) throws {
        let key = try key(pk)
        try region.write { (store, _) throws(DynamoError) in try store.keep(collectionSize: bytes, at: key) }
    }
}

private let tooLarge = "ItemCollectionSizeLimitExceededException: Collection size exceeded"

struct ItemCollectionTests {
    @Test func `a collection grows up to its limit, and no other stands in its way`() throws {
        let tables = try CollectionTables(bytesMax: 300)
        #expect(try tables.put(tables.item("a", 1, 99)).status == 200)
        #expect(try tables.kept("a") == 99)
        #expect(try tables.put(tables.item("a", 2, 201)).status == 200)
        #expect(try tables.kept("a") == 300)
        #expect(try tables.put(tables.item("a", 3, 8)).error == tooLarge)
        #expect(try tables.update("a", 1, "SET x = :x", #"":x":{"N":"1"}"#).error == tooLarge)
        #expect(try tables.update("a", 4, "SET x = :x", #"":x":{"N":"1"}"#).error == tooLarge)
        #expect(try tables.kept("a") == 300)
        #expect(try tables.summed("a") == 300)
        #expect(try tables.put(tables.item("b", 1, 300)).status == 200)
        #expect(try tables.put(tables.item("a", 1, 507), in: "plain").status == 200)
    }

    @Test func `the entries of local indexes count`() throws {
        let tables = try CollectionTables(bytesMax: 300)
        // 103 and 103 again in by_l, where everything is.
        #expect(try tables.put(tables.item("a", 1, 99, #","l":{"S":"abc"}"#)).status == 200)
        #expect(try tables.kept("a") == 206)
        // m and its number in three bytes, in the table and in by_l; the keys alone, 7 and 3, in by_m.
        #expect(try tables.update("a", 1, "SET m = :m", #"":m":{"N":"1"}"#).status == 200)
        #expect(try tables.kept("a") == 206 + 3 + 3 + 10)
        #expect(try tables.update("a", 1, "REMOVE l").status == 200)
        #expect(try tables.kept("a") == 99 + 3 + 10)
        #expect(try tables.put(tables.item("a", 2, 99, #","l":{"S":"abc"}"#)).error == tooLarge)
        #expect(try tables.put(tables.item("a", 2, 99)).status == 200)
        #expect(try tables.kept("a") == tables.summed("a"))
    }

    @Test func `a collection beyond its limit may shrink, and then grow again`() throws {
        let tables = try CollectionTables(bytesMax: 300)
        for sk in 1...3 { _ = try tables.put(tables.item("a", sk, 87)) }
        try tables.keep(tables.summed("a") + 100, of: "a")
        #expect(try tables.put(tables.item("a", 4, 8)).error == tooLarge)
        #expect(try tables.put(tables.item("a", 1, 86)).status == 200)
        #expect(try tables.put(tables.item("a", 1, 86, #","v2":{"S":"x"}"#)).error == tooLarge)
        #expect(try tables.put(tables.item("a", 1, 86)).status == 200)
        #expect(try tables.update("a", 2, "REMOVE v").status == 200)
        #expect(try tables.delete("a", 3).status == 200)
        #expect(try tables.put(tables.item("a", 4, 27)).status == 200)
    }

    @Test func `a failed condition comes before the size`() throws {
        let tables = try CollectionTables(bytesMax: 100)
        _ = try tables.put(tables.item("a", 1, 97))
        let failing = #","ConditionExpression":"attribute_exists(pk)""#
        #expect(
            try tables.put(tables.item("a", 2, 97), failing).error
                == "ConditionalCheckFailedException: The conditional request failed")
        #expect(try tables.put(tables.item("a", 2, 97)).error == tooLarge)
    }

    @Test func `members of a transaction grow their collection one after another`() throws {
        let tables = try CollectionTables(bytesMax: 200)
        let put = { (item: String) in #"{"Put":{"TableName":"tlog","Item":\#(item)}}"# }
        let members = [
            put(tables.item("a", 1, 100)), put(tables.item("a", 2, 107)), put(tables.item("b", 1, 107)),
            put(tables.item("a", 3, 99)),
        ]
        let reply = try tables.region.send(
            "TransactWriteItems", #"{"TransactItems":[\#(members.joined(separator: ","))]}"#)
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"None"},{"Code":"ItemCollectionSizeLimitExceeded","Message":"Collection size exceeded"},"#
                + #"{"Code":"None"},{"Code":"None"}]"#)
        #expect(try tables.summed("a") == 0)
        #expect(try tables.kept("a") == nil)
        let fitting = [members[0], members[2], members[3]].joined(separator: ",")
        try tables.region.ok("TransactWriteItems", #"{"TransactItems":[\#(fitting)]}"#)
        #expect(try tables.kept("a") == 199)
        #expect(try tables.summed("a") == 199)
    }

    @Test func `a batch that would grow a collection too much is refused whole`() throws {
        let tables = try CollectionTables(bytesMax: 200)
        let put = { (item: String) in #"{"PutRequest":{"Item":\#(item)}}"# }
        let requests = [put(tables.item("b", 1, 17)), put(tables.item("a", 1, 107)), put(tables.item("a", 2, 107))]
        let reply = try tables.region.send(
            "BatchWriteItem", #"{"RequestItems":{"tlog":[\#(requests.joined(separator: ","))]}}"#)
        #expect(reply.error == tooLarge)
        #expect(try tables.summed("a") + tables.summed("b") == 0)
    }

    @Test func `a size that is not kept is summed up`() throws {
        let tables = try CollectionTables(bytesMax: 300)
        _ = try tables.put(tables.item("a", 1, 50, #","l":{"S":"abc"}"#))
        _ = try tables.put(tables.item("a", 2, 100))
        #expect(try tables.kept("a") == 208)
        try tables.keep(0, of: "a")
        #expect(try tables.kept("a") == nil)
        #expect(try tables.put(tables.item("a", 3, 93)).error == tooLarge)
        #expect(try tables.put(tables.item("a", 3, 92)).status == 200)
        #expect(try tables.kept("a") == 300)
    }

    @Test(arguments: [(0.0, "[0.0,1.0]"), (0.9, "[0.0,1.0]"), (1.2, "[1.0,2.0]"), (9.9, "[9.0,10.0]")])
    func `the size is told as the gigabyte it lies in`(gigabytes: Double, expected: String) throws {
        let tables = try CollectionTables()
        try tables.keep(Int(gigabytes * Double(1 << 30)), of: "a")
        let asked = #","ReturnItemCollectionMetrics":"SIZE""#
        let range = "SizeEstimateRangeGB"
        #expect(try tables.put(tables.item("a", 1, 16), asked).json("ItemCollectionMetrics.\(range)") == expected)
        #expect(try tables.delete("a", 1, asked).json("ItemCollectionMetrics.\(range)") == expected)
        let batch = try tables.region.ok(
            "BatchWriteItem",
            #"{"RequestItems":{"tlog":[{"PutRequest":{"Item":\#(tables.item("a", 1, 16))}}]}\#(asked)}"#)
        #expect(batch.json("ItemCollectionMetrics.tlog.0.\(range)") == expected)
        let transaction =
            #"{"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"tlog","Item":\#(tables.item("a", 2, 16))}}]\#(asked)}"#
        for _ in 0..<2 {
            #expect(
                try tables.region.ok("TransactWriteItems", transaction)
                    .json("ItemCollectionMetrics.tlog.0.\(range)") == expected)
        }
    }

    @Test func `ten gigabytes are the limit`() throws {
        let tables = try CollectionTables()
        try tables.keep(10 << 30 - 8, of: "a")
        #expect(try tables.put(tables.item("a", 1, 9)).error == tooLarge)
        #expect(try tables.put(tables.item("a", 1, 8)).status == 200)
        #expect(try tables.delete("a", 1).status == 200)
    }

    @Test func `whatever is written, what is kept is the sum`() throws {
        let tables = try CollectionTables(bytesMax: 2000)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let pk = ["a", "b"].randomElement(using: &generator) ?? "a"
            let sk = Int.random(in: 0...9, using: &generator)
            let bytes = Int.random(in: 8...208, using: &generator)
            switch Int.random(in: 0...5, using: &generator) {
            case 0: _ = try tables.delete(pk, sk)
            case 1: _ = try tables.update(pk, sk, "SET l = :l", #"":l":{"S":"\#(bytes)"}"#)
            case 2: _ = try tables.update(pk, sk, "REMOVE m, v")
            case 3: _ = try tables.put(tables.item(pk, sk, bytes))
            default: _ = try tables.put(tables.item(pk, sk, bytes, #","l":{"S":"\#(sk % 3)"},"m":{"N":"\#(bytes)"}"#))
            }
        }
        for pk in ["a", "b"] {
            #expect(try tables.kept(pk) ?? 0 == tables.summed(pk))
            #expect(try tables.summed(pk) <= 2000)
        }
        for pk in ["a", "b"] { for sk in 0...9 { _ = try tables.delete(pk, sk) } }
        #expect(try tables.kept("a") == nil)
    }

    @Test func `expired items leave their collection`() throws {
        let tables = try CollectionTables()
        try tables.region.ok(
            "UpdateTimeToLive",
            #"{"TableName":"tlog","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}}"#)
        try tables.region.settle()
        let due = tables.region.clock.now.milliseconds / 1000 + 5
        _ = try tables.put(tables.item("a", 1, 8, #","l":{"S":"x"},"ttl":{"N":"\#(due)"}"#))
        _ = try tables.put(tables.item("a", 2, 8))
        try tables.region.advance(by: 10_000)
        #expect(try tables.kept("a") == 8)
        #expect(try tables.summed("a") == 8)
    }

    @Test func `only tables with local indexes keep sizes, and a deleted one leaves none`() throws {
        let tables = try CollectionTables()
        _ = try tables.put(tables.item("a", 1, 8))
        _ = try tables.put(tables.item("a", 1, 8), in: "plain")
        #expect(try tables.kept("a") == 8)
        #expect(try tables.kept("a", in: "plain") == nil)
        let key = try tables.key("a")
        try tables.region.ok("DeleteTable", #"{"TableName":"tlog"}"#)
        try tables.region.advance(by: 1000)
        #expect(try tables.region.read { try $0.rows.collectionSize(at: key) } == nil)
    }
}

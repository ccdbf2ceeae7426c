import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct TransactTokenTests {
    private let minutes: Int64 = 60_000

    private func add(_ token: String, _ more: String = "", amount: String = "1") -> String {
        transaction(
            #"{"Update":{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"\#(amount)"}}}}"#,
            and: #","ClientRequestToken":"\#(token)"\#(more)"#)
    }

    private let n = #"{"TableName":"simple","Key":{"id":{"S":"a"}}}"#

    private static let makeSimple =
        #"{"TableName":"simple","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}"#

    private func simple(_ settings: EngineSettings = EngineSettings()) throws -> TestRegion {
        let region = try TestRegion(settings: settings)
        try region.makeTable(Self.makeSimple)
        return region
    }

    @Test func `the same request under the same token happens once in ten minutes`() throws {
        let region = try simple()
        try region.ok("TransactWriteItems", add("t"))
        try region.ok("TransactWriteItems", add("t"))
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "1")
        try region.ok("TransactWriteItems", add("u"))
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "2")
        try region.advance(by: 10 * minutes - 1)
        try region.ok("TransactWriteItems", add("u"))
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "2")
        try region.advance(by: 1)
        try region.ok("TransactWriteItems", add("u"))
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "3")
    }

    @Test func `another request under the token is refused, another spelling of the same is not`() throws {
        let region = try simple()
        try region.ok("TransactWriteItems", add("t"))
        let reply = try region.send("TransactWriteItems", add("t", amount: "2"))
        #expect(
            reply.text
                == #"{"__type":"com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException","Message":"Specified idempotent token was used with different request parameters within the idempotency window"}"#
        )
        try region.ok(
            "TransactWriteItems",
            #"{"ClientRequestToken":"t","TransactItems":[{"Update":{"ExpressionAttributeValues":{":n":{"N":"1.0"}},"UpdateExpression":"ADD n :n","Key":{"id":{"S":"a"}},"TableName":"simple"}}]}"#
        )
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "1")
    }

    @Test func `a repetition is charged as a read of the item`() throws {
        let region = try simple()
        let request = transaction(
            put("a", #","v":{"S":"\#(String(repeating: "x", count: 1500))"}"#),
            and: #","ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL""#)
        #expect(
            try region.ok("TransactWriteItems", request).text
                == #"{"ConsumedCapacity":[{"TableName":"simple","CapacityUnits":4.0,"WriteCapacityUnits":4.0}]}"#)
        #expect(
            try region.ok("TransactWriteItems", request).text
                == #"{"ConsumedCapacity":[{"TableName":"simple","CapacityUnits":2.0,"ReadCapacityUnits":2.0}]}"#)
    }

    @Test func `a repetition is charged for what the first was, whatever became of the item`() throws {
        let region = try simple()
        let large = String(repeating: "x", count: 9000)
        try region.ok("PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"},"v":{"S":"\#(large)"}}}"#)
        let request = transaction(
            #"{"Delete":{"TableName":"simple","Key":{"id":{"S":"a"}}}}"#,
            and: #","ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL""#)
        let first = try region.ok("TransactWriteItems", request)
        #expect(first.json("ConsumedCapacity.0.WriteCapacityUnits") == "18.0")
        let second = try region.ok("TransactWriteItems", request)
        #expect(second.json("ConsumedCapacity.0.ReadCapacityUnits") == "6.0")
    }

    @Test func `a cancelled transaction may be tried again under its token`() throws {
        let region = try simple()
        let request = transaction(
            #"{"Update":{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"SET n = n + :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}"#,
            and: #","ClientRequestToken":"t""#)
        #expect(try region.send("TransactWriteItems", request).code == "TransactionCanceledException")
        try region.ok("PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"},"n":{"N":"1"}}}"#)
        try region.ok("TransactWriteItems", request)
        #expect(try region.ok("GetItem", n).string("Item.n.N") == "2")
    }

    @Test func `a token is known after a restart, and forgotten in the end`() throws {
        let folder = "/tmp/dyad-test-\(RandomIdentity().uuid())"
        let clock = ManualClock()
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.makeTable(Self.makeSimple)
            try region.ok("TransactWriteItems", add("t"))
        }
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.ok("TransactWriteItems", add("t"))
            #expect(try region.ok("GetItem", n).string("Item.n.N") == "1")
            #expect(try region.read { try $0.rows.token("t", of: "TransactWriteItems") } != nil)
            try region.advance(by: 10 * minutes)
            #expect(try region.read { try $0.rows.token("t", of: "TransactWriteItems") } == nil)
            #expect(try region.emulator.region(region.scope).writer.published.catalog.tokensDueAt == nil)
        }
    }

    // MARK: Collisions on purpose

    private func holding(_ keys: String..., in scope: Scope? = nil) -> TransactionHook {
        TransactionHook(
            .init(
                heldItems: keys.map { key in
                    TransactionHook.HeldItem(scope: scope, table: "simple", key: ItemBytes(["id": .string(Text(key))]))
                }))
    }

    @Test func `an item held in another region is free in this one`() throws {
        var settings = EngineSettings()
        settings.transactions = holding(
            "a", in: Scope(account: try #require(AccountID("123456789012")), region: RegionName("eu-west-9")))
        try simple(settings).ok("PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}}}"#)
    }

    @Test func `a key that is none of the table's holds nothing`() throws {
        var settings = EngineSettings()
        let wrong = TransactionHook.HeldItem(table: "simple", key: ItemBytes(["other": .string("a")]))
        settings.transactions = TransactionHook(.init(heldItems: [wrong]))
        try simple(settings).ok("PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}}}"#)
    }

    @Test func `a held item conflicts, in a single write and in both kinds of transactions`() throws {
        let hook = holding("a")
        var settings = EngineSettings()
        settings.transactions = hook
        let region = try simple(settings)
        let write = #"{"TableName":"simple","Item":{"id":{"S":"a"}}}"#
        let conflict = try region.send("PutItem", write)
        #expect(conflict.error == "TransactionConflictException: Transaction is ongoing for the item")
        let reasons =
            #"[{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]"#
        let cancelled = try region.send("TransactWriteItems", transaction(put("b"), put("a")))
        #expect(cancelled.json("CancellationReasons") == reasons)
        let read = try region.send(
            "TransactGetItems",
            transaction(
                #"{"Get":{"TableName":"simple","Key":{"id":{"S":"b"}}}}"#,
                #"{"Get":{"TableName":"simple","Key":{"id":{"S":"a"}}}}"#))
        #expect(read.json("CancellationReasons") == reasons)
        try region.ok("GetItem", n)
        hook.change { $0.heldItems = [] }
        try region.ok("PutItem", write)
    }

    @Test(arguments: [
        ("UpdateItem", #"{"TableName":"simple","Key":{"id":{"S":"a"}}}"#),
        ("DeleteItem", #"{"TableName":"simple","Key":{"id":{"S":"a"}}}"#),
        ("ExecuteStatement", #"{"Statement":"INSERT INTO simple VALUE {'id': 'a'}"}"#),
        ("ExecuteStatement", #"{"Statement":"UPDATE simple SET n = 1 WHERE id = 'b'"}"#),
        ("ExecuteStatement", #"{"Statement":"DELETE FROM simple WHERE id = 'b'"}"#),
    ]) func `every single write of a held item conflicts`(operation: String, body: String) throws {
        var settings = EngineSettings()
        settings.transactions = holding("a", "b")
        let region = try simple(settings)
        #expect(
            try region.send(operation, body).error
                == "TransactionConflictException: Transaction is ongoing for the item")
    }

    @Test func `a batch leaves held items unprocessed and writes the rest`() throws {
        var settings = EngineSettings()
        settings.transactions = holding("a", "c")
        let region = try simple(settings)
        let held = [
            #"{"PutRequest":{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}}"#, #"{"DeleteRequest":{"Key":{"id":{"S":"c"}}}}"#,
        ]
        let free = #"{"PutRequest":{"Item":{"id":{"S":"b"}}}}"#
        let answer = try region.ok(
            "BatchWriteItem", #"{"RequestItems":{"simple":[\#(held[0]),\#(free),\#(held[1])]}}"#)
        #expect(answer.text == #"{"UnprocessedItems":{"simple":[\#(held[0]),\#(held[1])]}}"#)
        #expect(try region.ok("Scan", #"{"TableName":"simple"}"#).string("Items.0.id.S") == "b")
        #expect(try region.ok("Scan", #"{"TableName":"simple"}"#).json("Count") == "1")
    }

    @Test func `a statement of a transaction conflicts as its member does`() throws {
        var settings = EngineSettings()
        settings.transactions = holding("a")
        let region = try simple(settings)
        let reply = try region.send(
            "ExecuteTransaction",
            #"{"TransactStatements":[{"Statement":"INSERT INTO simple VALUE {'id': 'b'}"},{"Statement":"INSERT INTO simple VALUE {'id': 'a'}"}]}"#
        )
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]"#)
    }

    @Test func `a token under way is told so`() throws {
        var settings = EngineSettings()
        settings.transactions = TransactionHook(.init(tokensInProgress: ["busy"]))
        let region = try simple(settings)
        #expect(
            try region.send("TransactWriteItems", add("busy")).text
                == #"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException","Message":"Transaction from previous request is still in progress"}"#
        )
        try region.ok("TransactWriteItems", add("free"))
    }
}

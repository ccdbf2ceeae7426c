import DyadModel
import Testing

/// The members of a TransactWriteItems on the tables of these tests.
func transaction(_ members: String..., and more: String = "") -> String {
    #"{"TransactItems":[\#(members.joined(separator: ","))]\#(more)}"#
}

func put(_ id: String, _ more: String = "", parameters: String = "") -> String {
    #"{"Put":{"TableName":"simple","Item":{"id":{"S":"\#(id)"}\#(more)}\#(parameters)}}"#
}

struct TransactWriteTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    private let isAbsent = #","ConditionExpression":"attribute_not_exists(id)""#

    private func item(_ id: String) throws -> String? { try tables.get("simple", #"{"id":{"S":"\#(id)"}}"#) }

    private func update(_ id: String, _ expression: String, _ more: String = "") -> String {
        #"{"Update":{"TableName":"simple","Key":{"id":{"S":"\#(id)"}},"UpdateExpression":"\#(expression)"\#(more)}}"#
    }

    @Test func `all four actions happen together, over tables`() throws {
        try tables.put("simple", #"{"id":{"S":"checked"}}"#)
        try tables.put("simple", #"{"id":{"S":"gone"}}"#)
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"1"},"n":{"N":"4"}}"#)
        let reply = try region.ok(
            "TransactWriteItems",
            transaction(
                #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"checked"}},"ConditionExpression":"attribute_exists(id)"}}"#,
                put("new", parameters: isAbsent),
                #"{"Delete":{"TableName":"simple","Key":{"id":{"S":"gone"}}}}"#,
                #"{"Update":{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"ADD n :n SET g = :g","ExpressionAttributeValues":{":n":{"N":"1"},":g":{"S":"x"}}}}"#
            ))
        #expect(reply.text == "{}")
        #expect(try item("checked") == #"{"id":{"S":"checked"}}"#)
        #expect(try item("new") == #"{"id":{"S":"new"}}"#)
        #expect(try item("gone") == nil)
        #expect(
            try tables.get("pair", #"{"pk":{"S":"a"},"sk":{"N":"1"}}"#)
                == #"{"g":{"S":"x"},"n":{"N":"5"},"pk":{"S":"a"},"sk":{"N":"1"}}"#)
        #expect(try tables.rows(of: "by_g") == 1)
    }

    @Test func `a member that fails undoes all, and every member has its reason in order`() throws {
        try tables.put("simple", #"{"id":{"S":"old"},"v":{"N":"1"}}"#)
        let reply = try region.send(
            "TransactWriteItems",
            transaction(
                put("fresh", parameters: isAbsent),
                put("old", parameters: isAbsent + #","ReturnValuesOnConditionCheckFailure":"ALL_OLD""#),
                update("third", "SET a = b"),
                #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"none"}},"ConditionExpression":"attribute_exists(id)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}"#
            ))
        #expect(
            reply.text
                == #"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Item":{"id":{"S":"old"},"v":{"N":"1"}},"Message":"The conditional request failed"},{"Code":"ValidationError","Message":"The provided expression refers to an attribute that does not exist in the item"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}],"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed]"}"#
        )
        #expect(reply.status == 400)
        #expect(try item("fresh") == nil)
        #expect(try item("third") == nil)
    }

    @Test func `a failed condition shows the item only when asked`() throws {
        try tables.put("simple", #"{"id":{"S":"old"}}"#)
        let reply = try region.send("TransactWriteItems", transaction(put("old", parameters: isAbsent)))
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}]"#)
    }

    @Test func `each item has one record in the stream, in the members' order`() throws {
        func pairPut(_ sk: Int) -> String {
            #"{"Put":{"TableName":"pair","Item":{"pk":{"S":"a"},"sk":{"N":"\#(sk)"}}}}"#
        }
        try region.ok("TransactWriteItems", transaction(pairPut(3), pairPut(1), pairPut(2)))
        _ = try region.send(
            "TransactWriteItems",
            transaction(
                pairPut(4),
                #"{"ConditionCheck":{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"3"}},"ConditionExpression":"attribute_exists(x)"}}"#
            ))
        let arn = try #require(
            try region.ok("DescribeTable", #"{"TableName":"pair"}"#).string("Table.LatestStreamArn"))
        let shard = try #require(
            try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#).string("StreamDescription.Shards.0.ShardId"))
        let iterator = try #require(
            try region.ok(
                "GetShardIterator",
                #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#
            ).string("ShardIterator"))
        let records = try region.ok("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
        #expect(
            try #require(records["Records"]).elements.map { $0["dynamodb"]?["Keys"]?["sk"]?["N"]?.string }
                == ["3", "1", "2"])
    }

    @Test func `writes cost the table twice, a condition check too, and indexes once`() throws {
        let reply = try region.ok(
            "TransactWriteItems",
            transaction(
                #"{"Put":{"TableName":"pair","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"x"},"l":{"S":"y"}}}}"#,
                put("a", #","v":{"S":"\#(String(repeating: "x", count: 1500))"}"#),
                #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"b"}},"ConditionExpression":"attribute_not_exists(id)"}}"#,
                and: #","ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE""#))
        #expect(
            reply.text
                == #"{"ItemCollectionMetrics":{"pair":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]},"ConsumedCapacity":[{"TableName":"pair","CapacityUnits":5.0,"WriteCapacityUnits":5.0,"Table":{"CapacityUnits":2.0,"WriteCapacityUnits":2.0},"LocalSecondaryIndexes":{"by_l":{"CapacityUnits":1.0,"WriteCapacityUnits":1.0}},"GlobalSecondaryIndexes":{"by_g":{"CapacityUnits":1.0,"WriteCapacityUnits":1.0},"by_g_keys":{"CapacityUnits":1.0,"WriteCapacityUnits":1.0}}},{"TableName":"simple","CapacityUnits":6.0,"WriteCapacityUnits":6.0,"Table":{"CapacityUnits":6.0,"WriteCapacityUnits":6.0}}]}"#
        )
    }

    @Test func `an update that outgrows an item cancels, a put that does is refused`() throws {
        let large = String(repeating: "x", count: 409_600)
        let refused = try region.send("TransactWriteItems", transaction(put("a", #","v":{"S":"\#(large)"}"#)))
        #expect(refused.error == "ValidationException: Item size has exceeded the maximum allowed size")
        let cancelled = try region.send(
            "TransactWriteItems",
            transaction(update("a", "SET v = :v", #","ExpressionAttributeValues":{":v":{"S":"\#(large)"}}"#)))
        #expect(
            cancelled.json("CancellationReasons")
                == #"[{"Code":"ValidationError","Message":"Item size to update has exceeded the maximum allowed size"}]"#
        )
    }

    @Test func `a hundred items and four megabytes go through, more do not`() throws {
        func puts(_ count: Int, bytes: Int) -> String {
            let text = String(repeating: "x", count: bytes)
            return
                #"{"TransactItems":[\#((0..<count).map { put("\($0)", #","v":{"S":"\#(text)"}"#) }.joined(separator: ","))]}"#
        }
        try region.ok("TransactWriteItems", puts(100, bytes: 1))
        try region.ok("TransactWriteItems", puts(10, bytes: 350_000))
        let tooMany = try region.send("TransactWriteItems", puts(101, bytes: 1))
        #expect(tooMany.message?.hasPrefix("1 validation error detected: Value '[TransactWriteItem(") == true)
        #expect(
            tooMany.message?.hasSuffix(
                "' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100")
                == true)
        let tooLarge = try region.send("TransactWriteItems", puts(12, bytes: 350_000))
        #expect(tooLarge.code == "ValidationException")
    }
}

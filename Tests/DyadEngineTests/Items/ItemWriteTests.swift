import DyadModel
import Testing

struct ItemWriteTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    @Test func `an item that was put is got, in canonical form`() throws {
        try tables.put("simple", #"{"z":{"N":"1.50"},"id":{"S":"a"}}"#)
        #expect(try tables.get("simple", #"{"id":{"S":"a"}}"#) == #"{"id":{"S":"a"},"z":{"N":"1.5"}}"#)
        #expect(try tables.get("simple", #"{"id":{"S":"b"}}"#) == nil)
    }

    @Test func `indexes follow every change of an item`() throws {
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"x"},"l":{"S":"m"}}"#)
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"2"}}"#)
        #expect(try tables.rows(of: "by_g") == 1)
        #expect(try tables.rows(of: "by_l") == 1)
        try region.ok(
            "UpdateItem",
            #"{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"2"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"S":"x"}}}"#
        )
        #expect(try tables.rows(of: "by_g") == 2)
        try region.ok(
            "UpdateItem",
            #"{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE g, l"}"#)
        #expect(try tables.rows(of: "by_g") == 1)
        #expect(try tables.rows(of: "by_l") == 0)
        try region.ok("DeleteItem", #"{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"2"}}}"#)
        #expect(try tables.rows(of: "by_g") == 0)
        #expect(try tables.rows(of: "by_g_keys") == 0)
    }

    @Test func `a failed condition leaves the item, and shows it when asked`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"v":{"N":"1"}}"#)
        let request =
            #"{"TableName":"simple","Item":{"id":{"S":"a"}},"ConditionExpression":"v = :v","ExpressionAttributeValues":{":v":{"N":"2"}}"#
        let plain = try region.send("PutItem", request + "}")
        #expect(plain.error == "ConditionalCheckFailedException: The conditional request failed")
        #expect(plain["Item"] == nil)
        let shown = try region.send("PutItem", request + #","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#)
        #expect(shown.json("Item") == #"{"id":{"S":"a"},"v":{"N":"1"}}"#)
        #expect(try tables.get("simple", #"{"id":{"S":"a"}}"#) == #"{"id":{"S":"a"},"v":{"N":"1"}}"#)
    }

    @Test(arguments: [
        ("NONE", nil), ("ALL_OLD", #"{"a":{"N":"1"},"b":{"S":"x"},"id":{"S":"k"}}"#),
        ("ALL_NEW", #"{"a":{"N":"6"},"b":{"S":"x"},"id":{"S":"k"}}"#), ("UPDATED_OLD", #"{"a":{"N":"1"}}"#),
        ("UPDATED_NEW", #"{"a":{"N":"6"}}"#),
    ])
    func `an update returns what was asked for`(returnValues: String, attributes: String?) throws {
        try tables.put("simple", #"{"id":{"S":"k"},"a":{"N":"1"},"b":{"S":"x"}}"#)
        let reply = try region.ok(
            "UpdateItem",
            #"{"TableName":"simple","Key":{"id":{"S":"k"}},"UpdateExpression":"SET a = a + :n","ExpressionAttributeValues":{":n":{"N":"5"}},"ReturnValues":"\#(returnValues)"}"#
        )
        #expect(reply.json("Attributes") == attributes)
    }

    @Test func `an update of an absent item makes it, even with nothing to set`() throws {
        try region.ok("UpdateItem", #"{"TableName":"simple","Key":{"id":{"S":"n"}}}"#)
        #expect(try tables.get("simple", #"{"id":{"S":"n"}}"#) == #"{"id":{"S":"n"}}"#)
    }

    @Test func `a write that changes nothing leaves no record`() throws {
        func changes() throws -> Int {
            let arn = try #require(
                try region.ok("DescribeTable", #"{"TableName":"pair"}"#).string("Table.LatestStreamArn"))
            let shard = try #require(
                try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#).string(
                    "StreamDescription.Shards.0.ShardId"))
            let iterator = try #require(
                try region.ok(
                    "GetShardIterator",
                    #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#
                ).string("ShardIterator"))
            return try #require(try region.ok("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)["Records"]).elements
                .reduce(0) { count, _ in count + 1 }
        }
        let item = #"{"pk":{"S":"a"},"sk":{"N":"1"},"s":{"SS":["b","a"]}}"#
        try tables.put("pair", item)
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"1.0"},"s":{"SS":["a","b"]}}"#)
        try region.ok("DeleteItem", #"{"TableName":"pair","Key":{"pk":{"S":"none"},"sk":{"N":"1"}}}"#)
        #expect(try changes() == 1)
        try region.ok("DeleteItem", #"{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}"#)
        #expect(try changes() == 2)
    }

    @Test func `a batch is written whole or not at all`() throws {
        let reply = try region.send(
            "BatchWriteItem",
            #"{"RequestItems":{"simple":[{"PutRequest":{"Item":{"id":{"S":"ok"}}}},{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}"#
        )
        #expect(reply.error == "ValidationException: The provided key element does not match the schema")
        #expect(try tables.get("simple", #"{"id":{"S":"ok"}}"#) == nil)
    }

    static let refusals = [
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"a":{"S":"x"}}}"#,
            "ValidationException: One or more parameter values were invalid: Missing the key id in the item",
            source: "dynalite test/putItem.js"),
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"id":{"N":"1"}}}"#,
            "ValidationException: One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
            source: "dynalite test/putItem.js"),
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"id":{"S":""}}}"#,
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
            source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"TableName":"pair","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"N":"1"}}}"#,
            "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g",
            source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"TableName":"none","Item":{"id":{"S":"a"}}}"#,
            "ResourceNotFoundException: Requested resource not found", source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW"}"#,
            "ValidationException: 1 validation error detected: ReturnValues can only be ALL_OLD or NONE",
            source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}},"ExpressionAttributeValues":{":a":{"S":"x"}}}"#,
            "ValidationException: 1 validation error detected: ExpressionAttributeValues can only be specified when using expressions",
            source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}},"Expected":{},"ConditionExpression":"a = b"}"#,
            "ValidationException: 1 validation error detected: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
            source: "dynamodb-conformance"),
        Transcript(
            "PutItem", #"{"Item":{"id":{"S":"a"}},"ReturnValues":"X"}"#,
            "ValidationException: 2 validation errors detected: Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value null at 'tableName' failed to satisfy constraint: Member must not be null",
            source: "dynamodb-conformance"),
        Transcript(
            "GetItem", #"{"TableName":"simple","Key":{"id":{"S":"a"},"b":{"S":"c"}}}"#,
            "ValidationException: The provided key element does not match the schema",
            source: "dynalite test/getItem.js"),
        Transcript(
            "UpdateItem",
            #"{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"SET id = :a","ExpressionAttributeValues":{":a":{"S":"x"}}}"#,
            "ValidationException: One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key",
            source: "dynamodb-conformance"),
        Transcript(
            "UpdateItem",
            #"{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"S":""}}}"#,
            "ValidationException: One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.",
            source: "dynamodb-conformance, of an update in a transaction"),
        Transcript(
            "BatchWriteItem", #"{"RequestItems":{}}"#,
            "ValidationException: The requestItems parameter is required for BatchWriteItem",
            source: "dynamodb-conformance"),
        Transcript(
            "BatchWriteItem",
            #"{"RequestItems":{"simple":[{"PutRequest":{"Item":{"id":{"S":"a"}}}},{"DeleteRequest":{"Key":{"id":{"S":"a"}}}}]}}"#,
            "ValidationException: Provided list of item keys contains duplicates", source: "dynamodb-conformance"),
        Transcript(
            "BatchGetItem", #"{"RequestItems":{"simple":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"a"}}]}}}"#,
            "ValidationException: Provided list of item keys contains duplicates", source: "dynalite"),
        Transcript(
            "Query", #"{"TableName":"pair"}"#,
            "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            source: "dynalite test/query.js"),
        Transcript(
            "Query", #"{"TableName":"pair","Limit":0}"#,
            "ValidationException: 1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
            source: "dynamodb-conformance"),
        Transcript(
            "Query",
            #"{"TableName":"pair","IndexName":"none","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
            "ValidationException: The table does not have the specified index: none", source: "dynalite"),
        Transcript(
            "Query",
            #"{"TableName":"pair","IndexName":"by_g","ConsistentRead":true,"KeyConditionExpression":"g = :p","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
            "ValidationException: Consistent reads are not supported on global secondary indexes", source: "dynalite"),
        Transcript(
            "Query",
            #"{"TableName":"pair","KeyConditionExpression":"pk = :p","FilterExpression":"sk > :s","ExpressionAttributeValues":{":p":{"S":"a"},":s":{"N":"1"}}}"#,
            "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
            source: "dynalite test/query.js"),
        Transcript(
            "Query",
            #"{"TableName":"pair","IndexName":"by_g_keys","Select":"ALL_ATTRIBUTES","KeyConditionExpression":"g = :p","ExpressionAttributeValues":{":p":{"S":"a"}}}"#,
            "ValidationException: One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index by_g_keys because its projection type is not ALL",
            source: "dynalite"),
        Transcript(
            "Scan", #"{"TableName":"simple","Segment":5,"TotalSegments":5}"#,
            "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5",
            source: "dynamodb-conformance"),
        Transcript(
            "Scan", #"{"TableName":"simple","ExclusiveStartKey":{"x":{"S":"a"}}}"#,
            "ValidationException: The provided starting key is invalid: The provided key element does not match the schema",
            source: "dynalite"),
    ]

    @Test(arguments: refusals)
    func `what AWS refuses is refused in its words`(transcript: Transcript) throws {
        #expect(try region.send(transcript.operation, transcript.request).error == transcript.error)
    }

    @Test func `an update that nests too deep leaves the item`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"m":{"M":{}}}"#)
        let deep = String(repeating: #"{"L":["#, count: 32) + String(repeating: "]}", count: 32)
        let reply = try region.send(
            "UpdateItem",
            #"{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"SET m.x = :v","ExpressionAttributeValues":{":v":\#(deep)}}"#
        )
        #expect(
            reply.error
                == "ValidationException: Nesting Levels have exceeded supported limits: "
                + "Attributes in the item have nested levels beyond supported limit")
        #expect(try tables.get("simple", #"{"id":{"S":"a"}}"#) == #"{"id":{"S":"a"},"m":{"M":{}}}"#)
    }

    /// 400 million comparisons if each name were looked for among all before it.
    @Test func `a map of placeholders may be as large as a body`() throws {
        let names = (0..<20_000).map { ##""#n\##($0)":"a""## }.joined(separator: ",")
        let reply = try region.send(
            "GetItem",
            ##"{"TableName":"simple","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n1","ExpressionAttributeNames":{\##(names)}}"##
        )
        #expect(reply.message?.hasPrefix("Value provided in ExpressionAttributeNames unused") == true)
    }

    @Test func `a message does not print a million elements`() throws {
        let requests = Array(repeating: "{}", count: 50_000).joined(separator: ",")
        let reply = try region.send("BatchWriteItem", #"{"RequestItems":{"simple":[\#(requests)]}}"#)
        #expect(reply.message?.hasPrefix("1 validation error detected: Value '{simple=[WriteRequest(") == true)
        #expect(reply.text.utf8.count < 1_100_000)
    }

    @Test func `of equal names in a map the last counts`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"x":{"S":"X"},"y":{"S":"Y"}}"#)
        let reply = try region.ok(
            "GetItem",
            ##"{"TableName":"simple","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n","ExpressionAttributeNames":{"#n":"x","#n":"y"}}"##
        )
        #expect(reply.json("Item") == #"{"y":{"S":"Y"}}"#)
    }

    @Test func `many names to get are looked up as few are`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"n7":{"S":"X"},"other":{"S":"Y"}}"#)
        let names = (0..<20).map { #""n\#($0)""# }.joined(separator: ",")
        let reply = try region.ok(
            "GetItem", #"{"TableName":"simple","Key":{"id":{"S":"a"}},"AttributesToGet":[\#(names)]}"#)
        #expect(reply.json("Item") == #"{"n7":{"S":"X"}}"#)
    }
}

import DyadModel
import Testing

/// What refuses a whole transaction, and what is one member's reason.
struct TransactRefusalTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    private static let check =
        #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"c"}},"ConditionExpression":"attribute_not_exists(id)"}}"#
    private static let conformance = "dynamodb-conformance, error-messages/transactWriteItems"
    private static let ordering = "dynamodb-conformance, validation-ordering/transactions"

    private static func refused(_ request: String, _ message: String, source: String = conformance) -> Transcript {
        Transcript("TransactWriteItems", request, "ValidationException: \(message)", source: source)
    }

    static let refusals = [
        refused(
            "{}",
            "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: Member must not be null",
            source: "dynalite test/transactWriteItem.js"),
        refused(
            transaction(),
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
        ),
        refused(
            transaction(
                put("a"),
                and:
                    #","ClientRequestToken":"\#(String(repeating: "x", count: 37))","ReturnConsumedCapacity":"BOGUS","ReturnItemCollectionMetrics":"BOGUS2""#
            ),
            "3 validation errors detected: Value '\(String(repeating: "x", count: 37))' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36; Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'BOGUS2' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]",
            source: ordering),
        refused(
            transaction("{}"), "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
        refused(
            transaction(
                #"{"Put":{"TableName":"simple","Item":{"id":{"S":"a"}}},"Delete":{"TableName":"simple","Key":{"id":{"S":"a"}}}}"#
            ), "TransactItems can only contain one of Check, Put, Update or Delete", source: "moto's tests"),
        refused(
            transaction(#"{"ConditionCheck":{"TableName":"bad!name","Key":{},"ConditionExpression":"a = b"}}"#),
            "1 validation error detected: Value 'bad!name' at 'transactItems.1.member.conditionCheck.tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        ),
        refused(
            transaction(put("a"), #"{"Update":{"TableName":"simple","UpdateExpression":"SET a = b"}}"#),
            "1 validation error detected: Value null at 'transactItems.2.member.update.key' failed to satisfy constraint: Member must not be null",
            source: "dynalite test/transactWriteItem.js"),
        refused(
            transaction(put("a"), put("a")),
            "Transaction request cannot include multiple operations on one item"),
        refused(
            transaction(put("c"), check), "Transaction request cannot include multiple operations on one item"),
        refused(
            transaction(put("a", parameters: #","ConditionExpression":"""#)),
            "Invalid ConditionExpression: The expression can not be empty;"),
        refused(
            transaction(
                #"{"Put":{"TableName":"none","Item":{"id":{"S":"a"}}}}"#,
                #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"c"}},"ConditionExpression":"attribute_not_exists("}}"#
            ), #"Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "(""#, source: ordering),
        refused(
            transaction(
                put("a"),
                put("b", parameters: #","ConditionExpression":"a = b","ExpressionAttributeValues":{":v":{"S":"x"}}"#)),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"),
        refused(
            transaction(put("a", parameters: #","ExpressionAttributeValues":{":v":{"S":"x"}}"#)),
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
            source: "as PutItem"),
        refused(
            transaction(put("")),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"
        ),
        refused(
            transaction(#"{"Delete":{"TableName":"simple","Key":{"id":{"S":""}}}}"#),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"
        ),
        refused(
            transaction(
                #"{"Put":{"TableName":"pair","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"l":{"S":""}}}}"#),
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by_l, IndexKey: l"
        ),
        refused(
            transaction(
                #"{"Update":{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET l = :l","ExpressionAttributeValues":{":l":{"S":""}}}}"#
            ),
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
        ),
        Transcript(
            "TransactWriteItems", transaction(put("a"), #"{"Delete":{"TableName":"none","Key":{"id":{"S":"a"}}}}"#),
            "ResourceNotFoundException: Requested resource not found", source: conformance),
        Transcript(
            "TransactGetItems", "{\"TransactItems\":[]}",
            "ValidationException: 1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
            source: "dynamodb-conformance, error-messages/transactGetItems"),
        Transcript(
            "TransactGetItems", "{\"TransactItems\":[{}]}",
            "ValidationException: 1 validation error detected: Value null at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null",
            source: "the service model"),
        Transcript(
            "TransactGetItems", #"{"TransactItems":[{"Get":{"TableName":"none","Key":{"id":{"S":"x"}}}}]}"#,
            "ResourceNotFoundException: Requested resource not found",
            source: "dynamodb-conformance, error-messages/transactGetItems"),
        Transcript(
            "TransactGetItems",
            #"{"TransactItems":[{"Get":{"TableName":"simple","Key":{"id":{"S":"x"}},"ProjectionExpression":"!!!"}}]}"#,
            #"ValidationException: Invalid ProjectionExpression: Syntax error; token: "!", near: "!!""#,
            source: "dynamodb-conformance, error-messages/transactGetItems"),
        Transcript(
            "TransactGetItems",
            #"{"TransactItems":[{"Get":{"TableName":"simple","Key":{"id":{"S":"x"}}}},{"Get":{"TableName":"simple","Key":{"id":{"S":"x"}}}}]}"#,
            "ValidationException: Transaction request cannot include multiple operations on one item",
            source: "dynamodb-conformance, tier2/transactions (the code), as TransactWriteItems (the words)"),
    ]

    @Test(arguments: refusals)
    func `what AWS refuses whole is refused in its words, and nothing is written`(transcript: Transcript) throws {
        #expect(try region.send(transcript.operation, transcript.request).error == transcript.error)
        #expect(try region.ok("Scan", #"{"TableName":"simple"}"#).integer("Count") == 0)
    }

    @Test(arguments: [
        (
            #"{"Put":{"TableName":"simple","Item":{"id":{"N":"5"}}}}"#,
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"
        ),
        (
            #"{"Put":{"TableName":"simple","Item":{"id":{"L":[{"S":"x"}]}}}}"#,
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: L"
        ),
        (
            #"{"Put":{"TableName":"pair","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"N":"5"}}}}"#,
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: by_g"
        ),
        (
            #"{"Update":{"TableName":"pair","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"L":[]}}}}"#,
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: L IndexName: by_g"
        ),
        (
            #"{"Update":{"TableName":"simple","Key":{"id":{"N":"5"}},"UpdateExpression":"REMOVE a"}}"#,
            "The provided key element does not match the schema"
        ),
        (
            #"{"Delete":{"TableName":"simple","Key":{"id":{"S":"x"},"b":{"S":"x"}}}}"#,
            "The provided key element does not match the schema"
        ),
        (
            #"{"ConditionCheck":{"TableName":"simple","Key":{"id":{"L":[]}},"ConditionExpression":"attribute_exists(id)"}}"#,
            "The provided key element does not match the schema"
        ),
    ])
    func `a key of a wrong type is its member's reason`(member: String, message: String) throws {
        let reply = try region.send("TransactWriteItems", transaction(put("a"), member))
        #expect(
            reply.error
                == "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]"
        )
        #expect(reply.string("CancellationReasons.1.Message") == message)
        #expect(try tables.get("simple", #"{"id":{"S":"a"}}"#) == nil)
    }

    /// Source: ScyllaDB's test/alternator/test_transact.py, run against AWS.
    @Test func `of several keys of wrong types the first alone is told, and no condition is looked at`() throws {
        try tables.put("simple", #"{"id":{"S":"c"}}"#)
        let wrong = #"{"Delete":{"TableName":"simple","Key":{"id":{"N":"5"}}}}"#
        let reply = try region.send("TransactWriteItems", transaction(Self.check, wrong, put("a"), wrong))
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"None"},{"Code":"ValidationError","Message":"The provided key element does not match the schema"},{"Code":"None"},{"Code":"None"}]"#
        )
    }

    /// Source: dynamodb-conformance, validation-ordering/deepRequests.
    @Test func `an update that is too long is told without its size, a condition with it`() throws {
        let long = String(repeating: "x", count: 4097)
        let words = "ValidationException: Invalid %: Expression size has exceeded the maximum allowed size;"
        #expect(
            try region.send(
                "TransactWriteItems",
                transaction(
                    #"{"Update":{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE \#(long)"}}"#)
            ).error == words.replacing("%", with: "UpdateExpression"))
        #expect(
            try region.send(
                "TransactWriteItems",
                transaction(put("a", parameters: #","ConditionExpression":"attribute_exists(\#(long))""#))
            ).error == words.replacing("%", with: "ConditionExpression") + " expression size: 4115")
    }
}

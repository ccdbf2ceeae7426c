import Testing

@testable import DyadEngine

/// What AWS refuses of Query and not of Scan, or in other words.
struct QueryRefusalTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    private func query(_ parameters: String) throws -> String? {
        try region.send("Query", #"{"TableName":"pair",\#(parameters)}"#).error
    }

    private static let byGlobal =
        #""IndexName":"by_g_keys","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"},":v":{"N":"1"}}"#
    private static let byLocal =
        #""IndexName":"by_l","KeyConditionExpression":"pk = :g","ExpressionAttributeValues":{":g":{"S":"x"},":v":{"N":"1"}}"#

    /// Recorded of PartiQL's reads by key: dynamodb-conformance, error-messages/partiqlIndexQualifier. Query has the same
    /// words (users of AppSync meet them) and, as DynamoDB local has it, names in order.
    @Test(arguments: [
        (byGlobal, "b = :v OR a.c = :v", "by_g_keys", "[a, b]"), (byLocal, "x = :v AND y = :v", "by_l", "[y]"),
        (byGlobal, "attribute_exists(y) OR sk = :v", "by_g_keys", "[y]"),
    ])
    func `a Query of an index is not filtered by what the index does not project`(
        key: String, filter: String, index: String, names: String
    ) throws {
        #expect(
            try query(key + #","FilterExpression":"\#(filter)""#)
                == "ValidationException: One or more parameter values were invalid: Secondary index \(index) does not project one or more filter attributes: \(names)"
        )
    }

    @Test func `what the index projects, and its keys, may be filtered by`() throws {
        #expect(try query(Self.byLocal + #","FilterExpression":"x = :v OR sk = :v""#) == nil)
        #expect(try query(Self.byGlobal + #","FilterExpression":"sk = :v""#) == nil)
    }

    @Test func `QueryFilter is a filter too, told after one that names a key`() throws {
        let keys =
            #""IndexName":"by_g_keys","KeyConditions":{"g":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}}"#
        #expect(
            try query(keys + #","QueryFilter":{"y":{"ComparisonOperator":"NOT_NULL"}}"#)
                == "ValidationException: One or more parameter values were invalid: Secondary index by_g_keys does not project one or more filter attributes: [y]"
        )
        #expect(
            try query(
                keys
                    + #","QueryFilter":{"y":{"ComparisonOperator":"NOT_NULL"},"g":{"ComparisonOperator":"NOT_NULL"}}"#
            )?.contains("primary key attribute") == true)
    }

    /// dynamodb-conformance's PartiQL scans: what the index does not project is missing there.
    @Test func `a Scan of an index finds missing what the index does not project`() throws {
        try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"x"},"y":{"N":"1"}}"#)
        let scan =
            #"{"TableName":"pair","IndexName":"by_g_keys","FilterExpression":"y = :v","ExpressionAttributeValues":{":v":{"N":"1"}}}"#
        let reply = try region.ok("Scan", scan)
        #expect(reply.integer("Count") == 0)
        #expect(reply.integer("ScannedCount") == 1)
    }

    /// dynamodb-conformance, validation-ordering/query, captured from two regions in October 2026.
    @Test func `a ConditionalOperator that is none is told before anything else`() throws {
        let legacy =
            #""KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"QueryFilter":{"b":{"ComparisonOperator":"NULL"},"c":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"XOR","Select":"BOGUS""#
        #expect(
            try query(legacy)
                == "ValidationException: Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")
    }

    /// dynamodb-conformance, query/select and scan/select.
    @Test func `a projection beside ALL_PROJECTED_ATTRIBUTES is told before the index that is missing`() throws {
        let words =
            "ValidationException: Cannot specify the ProjectionExpression when choosing to get "
            + "ALL_PROJECTED_ATTRIBUTES"
        let select = #""Select":"ALL_PROJECTED_ATTRIBUTES","ProjectionExpression":"sk""#
        #expect(
            try query(
                #""KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"# + select) == words)
        #expect(try region.send("Scan", #"{"TableName":"pair",\#(select)}"#).error == words)
    }

    /// dynamodb-conformance, error-messages/query and scan: only Query puts its words into an envelope.
    @Test func `SPECIFIC_ATTRIBUTES wants attributes, in other words than Scan's`() throws {
        let words =
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        #expect(
            try query(
                #""KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"Select":"SPECIFIC_ATTRIBUTES""#
            ) == "ValidationException: 1 validation error detected: " + words)
        #expect(
            try region.send("Scan", #"{"TableName":"pair","Select":"SPECIFIC_ATTRIBUTES"}"#).error
                == "ValidationException: " + words)
    }
}

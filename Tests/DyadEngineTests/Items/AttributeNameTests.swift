import Testing

@testable import DyadEngine

/// Which requests: ScyllaDB's test_limits.py, which passes on AWS. Words: ExtendDB's issue 365, measured on AWS.
struct AttributeNameTests {
    private static let longest = String(repeating: "é", count: 32_767) + "e"

    /// The name stands at `@`.
    private static let requests = [
        ("PutItem", ##"{"TableName":"tab","Item":{"pk":{"S":"k"},"@":{"S":"v"}}}"##),
        ("PutItem", ##"{"TableName":"tab","Item":{"pk":{"S":"k"},"m":{"M":{"a":{"L":[{"M":{"@":{"S":"v"}}}]}}}}}"##),
        ("BatchWriteItem", ##"{"RequestItems":{"tab":[{"PutRequest":{"Item":{"pk":{"S":"k"},"@":{"S":"v"}}}}]}}"##),
        (
            "TransactWriteItems",
            ##"{"TransactItems":[{"Put":{"TableName":"tab","Item":{"pk":{"S":"k"},"@":{"S":"v"}}}}]}"##
        ),
        ("GetItem", ##"{"TableName":"tab","Key":{"pk":{"S":"k"}},"AttributesToGet":["@"]}"##),
        (
            "GetItem",
            ##"{"TableName":"tab","Key":{"pk":{"S":"k"}},"ProjectionExpression":"#n","##
                + ##""ExpressionAttributeNames":{"#n":"@"}}"##
        ),
        (
            "UpdateItem",
            ##"{"TableName":"tab","Key":{"pk":{"S":"k"}},"AttributeUpdates":{"@":{"Value":{"S":"v"},"Action":"PUT"}}}"##
        ),
        (
            "UpdateItem",
            ##"{"TableName":"tab","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET #n = :v","##
                + ##""ExpressionAttributeNames":{"#n":"@"},"ExpressionAttributeValues":{":v":{"S":"v"}}}"##
        ),
        (
            "UpdateItem",
            ##"{"TableName":"tab","Key":{"pk":{"S":"k"}},"UpdateExpression":"SET a = :v","##
                + ##""ExpressionAttributeValues":{":v":{"M":{"@":{"S":"v"}}}}}"##
        ),
        (
            "ExecuteStatement",
            ##"{"Statement":"SELECT * FROM tab WHERE pk = 'k' AND m = ?","Parameters":[{"M":{"@":{"S":"v"}}}]}"##
        ),
    ]

    @Test(arguments: requests)
    func `an attribute's name has at most 65,535 bytes`(_ operation: String, _ template: String) throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tab"))
        func request(naming name: String) -> String { template.split(separator: "@").joined(separator: name) }
        try region.ok(operation, request(naming: Self.longest))
        #expect(
            try region.send(operation, request(naming: Self.longest + "e")).error
                == "ValidationException: 1 validation error detected: "
                + "Attribute name is too large, must be less than 65536 bytes")
    }

    /// Words: paritysuite/dynamodb-conformance, validation-ordering/deepRequests, recorded from AWS for TransactWriteItems;
    /// for the others by analogy.
    @Test(arguments: requests.filter { $0.0 != "GetItem" && !$0.1.contains(##"{"M":{"##) })
    func `an item's attribute has a name`(_ operation: String, _ template: String) throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tab"))
        let reply = try region.send(operation, template.split(separator: "@").joined())
        #expect(reply.code == "ValidationException")
        #expect(reply.message?.contains("Empty attribute name") == true, "\(reply.text)")
        #expect(try region.ok("Scan", #"{"TableName":"tab"}"#).integer("Count") == 0)
    }

    @Test func `an empty name is told before a value of the item that nests too deep`() throws {
        let region = try TestRegion()
        let deep = String(repeating: #"{"M":{"n":"#, count: 100) + #"{"S":"x"}"# + String(repeating: "}}", count: 100)
        let reply = try region.send(
            "TransactWriteItems",
            #"{"TransactItems":[{"Put":{"TableName":"tab","Item":{"d":\#(deep),"":{"S":"x"},"pk":{"S":"k"}}}}]}"#)
        #expect(reply.error == "ValidationException: Empty attribute name")
    }
}

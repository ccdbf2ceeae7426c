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
}

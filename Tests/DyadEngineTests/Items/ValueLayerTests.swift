import Testing

@testable import DyadEngine

/// Which of AWS's two layers looks at a value, and so how it is refused, is the operation's to say. Put, Update and
/// Delete put theirs in an envelope: WriteWordsTests.
///
/// Source: paritysuite/dynamodb-conformance, error-messages/valueLayers, limits/nestingDepth and limits/numberExponent,
/// captured from four regions in October 2026.
struct ValueLayerTests {
    let region: TestRegion

    init() throws { region = try ItemTables().region }

    private static let overflow =
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    private static let underflow =
        "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    private static let notNumeric = "The parameter cannot be converted to a numeric value"
    private static let invalid = "One or more parameter values were invalid: "
    private static let tooDeep =
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"

    struct Surface: Sendable, CustomTestStringConvertible {
        let operation: String
        let before: String
        let after: String
        /// Whether the older layer puts the value's name around the fault.
        var isNamed = false
        var testDescription: String { operation + before }

        func send(_ value: String, to region: TestRegion) throws -> String? {
            try region.send(operation, before + value + after).error
        }

        /// The error with this message.
        func error(_ message: String) -> String {
            isNamed
                ? "ValidationException: ExpressionAttributeValues contains invalid value: \(message) for key :v"
                : "ValidationException: \(message)"
        }
    }

    static let current = [
        Surface(operation: "GetItem", before: #"{"TableName":"simple","Key":{"id":"#, after: "}}"),
        Surface(operation: "BatchGetItem", before: #"{"RequestItems":{"simple":{"Keys":[{"id":"#, after: "}]}}}"),
        Surface(
            operation: "Query",
            before:
                #"{"TableName":"simple","KeyConditionExpression":"id = :v","ExpressionAttributeValues":{":v":"#,
            after: "}}"),
        Surface(
            operation: "Query",
            before:
                #"{"TableName":"simple","KeyConditionExpression":"id = :p","FilterExpression":"n = :v","ExpressionAttributeValues":{":p":{"S":"a"},":v":"#,
            after: "}}"),
        Surface(
            operation: "Query",
            before:
                #"{"TableName":"simple","KeyConditionExpression":"id = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ExclusiveStartKey":{"id":"#,
            after: "}}"),
        Surface(
            operation: "Query",
            before:
                #"{"TableName":"simple","KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"QueryFilter":{"n":{"ComparisonOperator":"EQ","AttributeValueList":["#,
            after: "]}}}"),
    ]

    static let older = [
        Surface(
            operation: "BatchWriteItem",
            before: #"{"RequestItems":{"simple":[{"PutRequest":{"Item":{"id":{"S":"a"},"n":"#,
            after: "}}}]}}"),
        Surface(
            operation: "BatchWriteItem", before: #"{"RequestItems":{"simple":[{"DeleteRequest":{"Key":{"id":"#,
            after: "}}}]}}"),
        Surface(
            operation: "Scan",
            before: #"{"TableName":"simple","FilterExpression":"n = :v","ExpressionAttributeValues":{":v":"#,
            after: "}}", isNamed: true),
        Surface(
            operation: "TransactWriteItems",
            before: #"{"TransactItems":[{"Put":{"TableName":"simple","Item":{"id":{"S":"a"},"n":"#, after: "}}}]}"),
        Surface(
            operation: "TransactWriteItems",
            before:
                #"{"TransactItems":[{"ConditionCheck":{"TableName":"simple","Key":{"id":{"S":"a"}},"ConditionExpression":"n = :v","ExpressionAttributeValues":{":v":"#,
            after: "}}}]}", isNamed: true),
        Surface(
            operation: "TransactGetItems", before: #"{"TransactItems":[{"Get":{"TableName":"simple","Key":{"id":"#,
            after: "}}}]}"),
    ]

    @Test(
        arguments: current,
        [
            (#"{"N":"abc"}"#, notNumeric + ": abc"), (#"{"N":""}"#, notNumeric + ": "), (#"{"N":"1e126"}"#, overflow),
            (#"{"N":"1e2147483647"}"#, overflow),
            (#"{"SS":["b","a","b","c"]}"#, invalid + #"Input collection ["a", "b", "b", "c"] contains duplicates."#),
            (
                #"{"BS":["/w==","AA==","AA=="]}"#,
                invalid + #"Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#
            ),
            (#"{"NS":["2","1","2"]}"#, invalid + "Input collection contains duplicates."),
        ])
    func `GetItem, BatchGetItem and Query refuse values in the current words`(
        surface: Surface, refusal: (value: String, message: String)
    ) throws {
        #expect(try surface.send(refusal.value, to: region) == surface.error(refusal.message))
    }

    @Test(
        arguments: older,
        [
            (#"{"N":"abc"}"#, notNumeric + ": abc"), (#"{"N":""}"#, notNumeric), (#"{"N":"1e126"}"#, overflow),
            (#"{"N":"1e2147483647"}"#, underflow),
            (#"{"SS":["b","a","b"]}"#, invalid + "Input collection [b, a, b] contains duplicates."),
            (
                #"{"BS":["/w==","AA==","AA=="]}"#,
                invalid + "Input collection [/w==, AA==, AA==]of type BS contains duplicates."
            ),
            (#"{"NS":["2","1","2"]}"#, "Input collection contains duplicates"),
        ])
    func `BatchWriteItem, Scan and transactions refuse values in the older words`(
        surface: Surface, refusal: (value: String, message: String)
    ) throws {
        #expect(try surface.send(refusal.value, to: region) == surface.error(refusal.message))
    }

    // MARK: Nesting

    private static func nested(_ maps: Int) -> String {
        String(repeating: #"{"M":{"n":"#, count: maps) + #"{"S":"leaf"}"# + String(repeating: "}}", count: maps)
    }

    @Test(arguments: [
        Surface(
            operation: "BatchWriteItem",
            before: #"{"RequestItems":{"simple":[{"PutRequest":{"Item":{"id":{"S":"a"},"d":"#,
            after: "}}}]}}"),
        Surface(
            operation: "TransactWriteItems",
            before: #"{"TransactItems":[{"Put":{"TableName":"simple","Item":{"id":{"S":"a"},"d":"#, after: "}}}]}"),
    ])
    func `a string in 31 maps is stored, in 32 not`(surface: Surface) throws {
        #expect(try surface.send(Self.nested(31), to: region) == nil)
        #expect(try surface.send(Self.nested(32), to: region) == surface.error(Self.tooDeep))
    }

    @Test func `a condition's value nests as deep as an item, but one level deeper in a transaction`() throws {
        func update(_ maps: Int) -> String {
            #"{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE x","ConditionExpression":"d = :v","ExpressionAttributeValues":{":v":\#(Self.nested(maps))}}"#
        }
        let named = "ExpressionAttributeValues contains invalid value: \(Self.tooDeep) for key :v"
        #expect(try region.send("UpdateItem", update(31)).code == "ConditionalCheckFailedException")
        #expect(try region.send("UpdateItem", update(32)).message == "1 validation error detected: " + Self.tooDeep)
        func transact(_ maps: Int) throws -> Reply {
            try region.send("TransactWriteItems", #"{"TransactItems":[{"Update":\#(update(maps))}]}"#)
        }
        #expect(try transact(32).string("CancellationReasons.0.Code") == "ConditionalCheckFailed")
        #expect(try transact(40).error == "ValidationException: " + named)
    }

    @Test func `a transaction that writes a string into 32 maps is cancelled`() throws {
        let reply = try region.send(
            "TransactWriteItems",
            #"{"TransactItems":[{"Update":{"TableName":"simple","Key":{"id":{"S":"a"}},"UpdateExpression":"SET d = :v","ExpressionAttributeValues":{":v":\#(Self.nested(32))}}}]}"#
        )
        #expect(reply.string("CancellationReasons.0.Code") == "ValidationError")
        #expect(reply.string("CancellationReasons.0.Message") == Self.tooDeep)
    }
}

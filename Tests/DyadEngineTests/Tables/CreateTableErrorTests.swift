import DyadStore
import Testing

@testable import DyadEngine

private func table(_ members: String) -> String { #"{"TableName": "abc", \#(members)}"# }

/// `a`, `b`: all strings. `keys("a", "b")`: HASH, RANGE.
private func defined(_ names: String...) -> String {
    let all = names.map { #"{"AttributeName": "\#($0)", "AttributeType": "S"}"# }
    return #""AttributeDefinitions": [\#(all.joined(separator: ", "))]"#
}

private func keys(_ names: String...) -> String {
    let all = zip(names, ["HASH", "RANGE", "RANGE"]).map { #"{"AttributeName": "\#($0)", "KeyType": "\#($1)"}"# }
    return #""KeySchema": [\#(all.joined(separator: ", "))]"#
}

/// `schema("aH", "bR")`: a HASH, then a RANGE.
private func schema(_ elements: String...) -> String {
    let all = elements.map {
        #"{"AttributeName": "\#($0.dropLast())", "KeyType": "\#($0.hasSuffix("H") ? "HASH" : "RANGE")"}"#
    }
    return #""KeySchema": [\#(all.joined(separator: ", "))]"#
}

private func index(_ name: String, _ keys: String, _ projection: String = #"{"ProjectionType": "ALL"}"#) -> String {
    #"{"IndexName": "\#(name)", \#(keys), "Projection": \#(projection)}"#
}

private let onDemandMode = #""BillingMode": "PAY_PER_REQUEST""#
private let simple = [defined("a"), keys("a"), onDemandMode].joined(separator: ", ")
private let invalid = "ValidationException: One or more parameter values were invalid: "

private func create(_ members: String..., error: String, source: String) -> Transcript {
    Transcript("CreateTable", table(members.joined(separator: ", ")), error, source: source)
}

private let shapes = [
    Transcript(
        "CreateTable", "{}",
        "ValidationException: The parameter 'TableName' is required but was not present in the request",
        source: "dynalite"),
    Transcript(
        "CreateTable", #"{"TableName": "ab", \#(simple)}"#,
        "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            + "Member must have length greater than or equal to 3", source: "captures, June 2026"),
    Transcript(
        "CreateTable", #"{"TableName": 23}"#, "SerializationException: NUMBER_VALUE cannot be converted to String",
        source: "dynalite"),
    create(
        #""ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": "23"}"#,
        error: "SerializationException: STRING_VALUE cannot be converted to Long", source: "dynalite"),
    create(
        defined("a"), keys("a"), #""ProvisionedThroughput": {"ReadCapacityUnits": -1, "WriteCapacityUnits": -1}"#,
        error: "ValidationException: 2 validation errors detected: Value '-1' at 'provisionedThroughput."
            + "writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1; Value "
            + "'-1' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value "
            + "greater than or equal to 1", source: "dynalite"),
    create(
        defined("pk", "sk"), keys("pk", "sk", "extra"), onDemandMode,
        error: "ValidationException: 1 validation error detected: Value '[KeySchemaElement(attributeName=pk, "
            + "keyType=HASH), KeySchemaElement(attributeName=sk, keyType=RANGE), KeySchemaElement(attributeName=extra, "
            + "keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
        source: "captures, us-east-1, June 2026"),
    create(
        simple, #""StreamSpecification": {}"#,
        error:
            "ValidationException: 1 validation error detected: Value null at 'streamSpecification.streamEnabled' failed "
            + "to satisfy constraint: Member must not be null", source: "service model"),
    create(
        #""AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "X"}]"#, keys("a"), onDemandMode,
        error: "ValidationException: 1 validation error detected: Value 'X' at 'attributeDefinitions.1.member."
            + "attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
        source: "dynalite"),
]

private let keyRules = [
    create(
        defined("a"), keys("a"),
        error: invalid
            + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        source: "localstack snapshot"),
    create(
        simple, #""ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}"#,
        error: invalid
            + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        source: "localstack snapshot"),
    create(
        defined("a"), keys("a"),
        #""ProvisionedThroughput": {"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1000000000001}"#,
        error: "ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds",
        source: "dynalite"),
    create(
        defined("a"), keys("a"), #""OnDemandThroughput": {"MaxReadRequestUnits": 1}"#,
        #""ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}"#,
        error: invalid
            + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
        source: "ack-api-quirks 038"),
    create(
        simple, #""OnDemandThroughput": {"MaxReadRequestUnits": 0}"#,
        error: invalid + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
        source: "ack-api-quirks 039"),
    create(
        defined("pk", "pk"), keys("pk"), onDemandMode, error: "ValidationException: Attribute Name is duplicated: pk",
        source: "ack-api-quirks 042"),
    create(
        defined("pk"), keys("pk", "pk"), onDemandMode,
        error: "ValidationException: Invalid KeySchema: Some index key attribute have no definition", source: "captures"
    ),
    create(
        defined("b"), keys("a"), onDemandMode,
        error: invalid
            + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]",
        source: "dynalite"),
    create(
        defined("a", "b"), keys("a", "a"), onDemandMode,
        error: "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name",
        source: "dynalite"),
    create(
        defined("a"), #""KeySchema": [{"AttributeName": "a", "KeyType": "RANGE"}]"#, onDemandMode,
        error: "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        source: "ack-api-quirks 042"),
    create(
        defined("a", "b"), onDemandMode,
        #""KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "HASH"}]"#,
        error: "ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        source: "ack-api-quirks 042"),
    create(
        defined("a", "b"), keys("a"), onDemandMode,
        error: invalid
            + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        source: "ack-api-quirks 042"),
]

private func withIndexes(_ kind: String, _ indexes: String...) -> String {
    #""\#(kind)SecondaryIndexes": [\#(indexes.joined(separator: ", "))]"#
}

private let indexRules = [
    create(
        defined("a", "b", "c"), keys("a"), onDemandMode, withIndexes("Global", index("abc", keys("b"))),
        error: invalid + "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]",
        source: "ack-api-quirks 127"),
    create(
        simple, withIndexes("Local"), error: invalid + "List of LocalSecondaryIndexes is empty", source: "dynalite"),
    create(
        simple, withIndexes("Global"), error: invalid + "List of GlobalSecondaryIndexes is empty", source: "dynalite"),
    create(
        simple, withIndexes("Local", index("abc", keys("a"))),
        error: invalid
            + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        source: "captures"),
    create(
        defined("a", "b"), keys("a", "b"), onDemandMode, withIndexes("Local", index("abc", keys("a"))),
        error: invalid + "Index KeySchema does not have a range key for index: abc", source: "dynalite"),
    create(
        defined("a", "b"), keys("a", "b"), onDemandMode, withIndexes("Local", index("abc", keys("b", "a"))),
        error: invalid + "Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. "
            + "index hash key: b, table hash key: a", source: "dynalite"),
    create(
        defined("a", "b"), keys("a", "b"), onDemandMode,
        withIndexes("Local", index("abc", keys("a", "b")), index("abc", keys("a", "b"))),
        error: invalid + "Duplicate index name: abc", source: "dynalite"),
    create(
        defined("a", "b"), keys("a", "b"), onDemandMode,
        withIndexes("Local", index("abc", keys("a", "b"))), withIndexes("Global", index("abc", keys("b"))),
        error: invalid + "Duplicate index name: abc", source: "Alternator"),
    create(
        simple, withIndexes("Global", index("abc", keys("a"), "{}")), error: invalid + "Unknown ProjectionType: null",
        source: "ack-api-quirks 126"),
    create(
        simple, withIndexes("Global", index("abc", keys("a"), #"{"ProjectionType": "INCLUDE"}"#)),
        error: invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        source: "ack-api-quirks 126"),
    create(
        simple,
        withIndexes("Global", index("abc", keys("a"), #"{"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["x"]}"#)),
        error: invalid + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified", source: "ack-api-quirks 126"),
    create(
        simple,
        withIndexes(
            "Global", index("abc", keys("a"), #"{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"]}"#)),
        error: invalid + "Duplicate element in NonKeyAttributes: x", source: "ack-api-quirks 442"),
    create(
        defined("a"), keys("a"), #""ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}"#,
        withIndexes("Global", index("idx", keys("a"))),
        error: invalid + "ProvisionedThroughput is not specified for index: idx", source: "ack-api-quirks 442"),
    create(
        simple, withIndexes("Global", (1...21).map { index("i\($0)x", keys("a")) }.joined(separator: ", ")),
        error: invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20", source: "ack-api-quirks 442"),
    create(
        defined("a", "b"), keys("a", "b"), onDemandMode,
        withIndexes("Local", (1...6).map { index("i\($0)x", keys("a", "b")) }.joined(separator: ", ")),
        error: invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5", source: "dynalite"),
]

private let globalKeyRules = [
    create(
        defined("a", "b", "c", "d", "e"), keys("a"), onDemandMode,
        withIndexes("Global", index("abc", schema("aH", "bH", "cH", "dH", "eH"))),
        error: invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes",
        source: "ack-api-quirks 123"),
    create(
        defined("a", "b", "c", "d", "e", "f"), keys("a"), onDemandMode,
        withIndexes("Global", index("abc", schema("aH", "bR", "cR", "dR", "eR", "fR"))),
        error: invalid + "The KeySchema exceeds the maximum allowed number of RANGE key attributes",
        source: "ack-api-quirks 123"),
    create(
        defined("a", "b", "c"), keys("a"), onDemandMode, withIndexes("Global", index("abc", schema("aH", "bR", "cH"))),
        error: invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema",
        source: "ack-api-quirks 123"),
    create(
        defined("a", "b"), keys("a"), onDemandMode, withIndexes("Global", index("abc", schema("aH", "bH", "aR"))),
        error: "ValidationException: The KeySchema contains multiple key attributes with the same name",
        source: "ack-api-quirks 123"),
    create(
        simple, withIndexes("Global", index("abc", schema("aH", "aR"))),
        error: "ValidationException: The KeySchema contains multiple key attributes with the same name",
        source: "ack-api-quirks 123"),
    create(
        defined("a", "b"), keys("a"), onDemandMode, withIndexes("Global", index("abc", schema("aR", "bR"))),
        error: "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        source: "ack-api-quirks 124"),
    create(
        defined("a", "b"), keys("a"), onDemandMode, withIndexes("Global", index("abc", schema("aH", "bH", "cR"))),
        error: invalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, b, c], "
            + "AttributeDefinitions: [a, b]", source: "ack-api-quirks 127"),
    create(
        simple, withIndexes("Global", index("abc", schema())),
        error: "ValidationException: 1 validation error detected: Value '[]' at "
            + "'globalSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: "
            + "Member must have length greater than or equal to 1", source: "service model"),
    create(
        defined("a", "b", "c"), keys("a", "b"), onDemandMode,
        withIndexes("Local", index("abc", schema("aH", "bR", "cR"))),
        error: "ValidationException: 1 validation error detected: Value '[KeySchemaElement(attributeName=a, "
            + "keyType=HASH), KeySchemaElement(attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=c, "
            + "keyType=RANGE)]' at 'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: "
            + "Member must have length less than or equal to 2", source: "ack-api-quirks 123"),
]

private let optionRules = [
    create(
        simple, #""StreamSpecification": {"StreamEnabled": true}"#,
        error: invalid + "Table is being created with a stream enabled, UpdateViewType is required",
        source: "ack-api-quirks 442"),
    create(
        simple, #""StreamSpecification": {"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}"#,
        error: invalid + "Table is being created with a stream disabled, UpdateViewType should not be specified",
        source: "ack-api-quirks 442"),
    create(
        simple, #""SSESpecification": {"Enabled": false, "SSEType": "KMS"}"#,
        error: invalid + "SSEType can not be specified if Enabled is false", source: "ack-api-quirks"),
    create(
        simple, #""SSESpecification": {"Enabled": true, "SSEType": "AES256"}"#,
        error: invalid + "SSEType AES256 is not supported", source: "ack-api-quirks"),
    create(
        simple, #""SSESpecification": {"Enabled": true, "KMSMasterKeyId": "x"}"#,
        error: invalid + "SSEType KMS is required if KMSMasterKeyId is specified", source: "ack-api-quirks"),
    create(
        simple, #""Tags": [{"Key": "aws:x", "Value": ""}]"#,
        error: "ValidationException: Tag Key cannot be prefixed with aws:, Key: aws:x", source: "ack-api-quirks 442"),
    create(
        simple, #""Tags": [{"Key": "x", "Value": ""}, {"Key": "x", "Value": "1"}]"#,
        error: "ValidationException: Duplicate Tag Keys provided as input: Duplicate Tag Key found x",
        source: "ack-api-quirks 442"),
    create(
        simple, #""TableClass": "CHEAP""#,
        error: "ValidationException: Invalid table-class parameter provided. Please try again with a valid table-class "
            + "value: [STANDARD, STANDARD_INFREQUENT_ACCESS].", source: "ack-api-quirks 442"),
    create(
        simple, #""WarmThroughput": {"ReadUnitsPerSecond": 11999}"#,
        error: invalid
            + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for "
            + "OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
            + "#on-demand-capacity-mode-initial", source: "ack-api-quirks 039"),
]

struct CreateTableErrorTests {
    @Test(arguments: shapes + keyRules + indexRules + globalKeyRules + optionRules)
    func `CreateTable refuses in AWS's words`(_ transcript: Transcript) throws {
        let region = try TestRegion()
        #expect(try region.send("CreateTable", transcript.request).error == transcript.error)
        #expect(try region.read { $0.catalog.tables.isEmpty })
    }

    @Test(arguments: [
        #""Tags": []"#, #""SSESpecification": {}"#, #""StreamSpecification": {"StreamEnabled": false}"#,
        #""OnDemandThroughput": {}"#, #""Unknown": {"Members": ["are", "ignored"]}"#, #""TableClass": null"#,
    ])
    func `CreateTable accepts what says nothing`(_ member: String) throws {
        let region = try TestRegion()
        try region.ok("CreateTable", table("\(simple), \(member)"))
    }
}

import Testing

@testable import DyadEngine

private let invalid = "ValidationException: One or more parameter values were invalid: "
private let provisioned = #", "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}"#

/// A table of one key with whatever else; on demand unless units are said.
private func table(_ more: String) -> String {
    #"{"TableName": "abc", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "#
        + #""KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]\#(more)}"#
}

private func onDemandTable(_ more: String) -> String { table(#", "BillingMode": "PAY_PER_REQUEST", \#(more)"#) }

private func index(_ name: String, _ more: String = "") -> String {
    #"{"IndexName": "\#(name)", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "#
        + #""Projection": {"ProjectionType": "ALL"}\#(more)}"#
}

private func create(_ request: String, _ error: String, source: String) -> Transcript {
    Transcript("CreateTable", request, error, source: source)
}

private let onDemandFloor =
    "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    + "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"

private let faults = [
    create(
        onDemandTable(#""LocalSecondaryIndexes": [\#(index("l"))], "GlobalSecondaryIndexes": [\#(index("g"))]"#),
        "ValidationException: 2 validation errors detected: Value 'g' at 'globalSecondaryIndexes.1.member.indexName' "
            + "failed to satisfy constraint: Member must have length greater than or equal to 3; Value 'l' at "
            + "'localSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must have length greater "
            + "than or equal to 3", source: "dynamodb-conformance validation-ordering/createTable"),
    create(
        #"{"TableName": "abc", "AttributeDefinitions": [{}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}"#,
        "ValidationException: 2 validation errors detected: Value null at 'attributeDefinitions.1.member.attributeType' "
            + "failed to satisfy constraint: Member must not be null; Value null at 'attributeDefinitions.1.member."
            + "attributeName' failed to satisfy constraint: Member must not be null", source: "ack-api-quirks 457"),
    create(
        onDemandTable(#""StreamSpecification": {"StreamEnabled": true, "StreamViewType": "X"}"#),
        "ValidationException: 1 validation error detected: Value 'X' at 'streamSpecification.streamViewType' failed to "
            + "satisfy constraint: Member must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, "
            + "NEW_IMAGE]", source: "ack-api-quirks 457"),
    create(
        onDemandTable(#""SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": ""}"#),
        "ValidationException: 1 validation error detected: Value '' at 'sSESpecification.kMSMasterKeyId' failed to "
            + "satisfy constraint: Member must have length greater than or equal to 1", source: "ack-api-quirks"),
]

private let throughput = [
    create(
        onDemandTable(#""WarmThroughput": {"ReadUnitsPerSecond": 0, "WriteUnitsPerSecond": 0}"#),
        invalid + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than " + onDemandFloor,
        source: "ack-api-quirks 039"),
    create(
        onDemandTable(
            #""GlobalSecondaryIndexes": [\#(index("g-a", #", "WarmThroughput": {"ReadUnitsPerSecond": 1}"#))]"#),
        invalid + "Requested ReadUnitsPerSecond for WarmThroughput for index g-a is lower than " + onDemandFloor,
        source: "ack-api-quirks, table indexes"),
    create(
        onDemandTable(
            #""GlobalSecondaryIndexes": [\#(index("g-a", #", "OnDemandThroughput": {"MaxReadRequestUnits": -1}"#))]"#),
        invalid + "Requested MaxReadRequestUnits for OnDemandThroughput for index : g-a is outside of valid range",
        source: "ack-api-quirks, table indexes"),
    create(
        table(#"\#(provisioned), "OnDemandThroughput": {"MaxReadRequestUnits": 5}"#),
        invalid
            + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
        source: "ack-api-quirks 038"),
    create(
        table(
            #"\#(provisioned), "GlobalSecondaryIndexes": ["#
                + index("g-a", #"\#(provisioned), "OnDemandThroughput": {"MaxReadRequestUnits": 5}"#) + "]"),
        invalid
            + "MaxReadRequestUnits for OnDemandThroughput for index: g-a cannot be specified when table BillingMode is "
            + "PROVISIONED.", source: "ack-api-quirks, table indexes"),
]

struct CreateTableFaultTests {
    @Test(arguments: faults + throughput)
    func `faults are told in AWS's order, and throughput's with the index that they are about`(
        _ transcript: Transcript
    ) throws {
        let region = try TestRegion()
        #expect(try region.send("CreateTable", transcript.request).error == transcript.error)
    }
}

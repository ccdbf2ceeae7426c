import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

private let invalid = "ValidationException: One or more parameter values were invalid: "
private let five = #""ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}"#
private let six = #""ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 6}"#
private let stream = #""StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}"#
private let definitions = #""AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "S"}]"#

private func indexes(_ updates: String...) -> String {
    #""GlobalSecondaryIndexUpdates": [\#(updates.joined(separator: ", "))]"#
}

private func creating(_ name: String, _ more: String = "") -> String {
    #"{"Create": {"IndexName": "\#(name)", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}], "#
        + #""Projection": {"ProjectionType": "ALL"}\#(more)}}"#
}

private func deleting(_ name: String) -> String { #"{"Delete": {"IndexName": "\#(name)"}}"# }

private func update(_ members: String..., error: String, source: String) -> Transcript {
    Transcript(
        "UpdateTable", #"{"TableName": "tlog", \#(members.joined(separator: ", "))}"#, error, source: source)
}

private let needed =
    "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
    + "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
    + "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"

/// Against `walkthroughTable`: provisioned with 5 and 5, no stream, no index.
private let requests = [
    update(definitions, error: needed, source: "Alternator"),
    update(
        five,
        error: "ValidationException: The provisioned throughput for the table will not change. The requested value "
            + "equals the current value. Current ReadCapacityUnits provisioned for the table: 5. Requested "
            + "ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 5. Requested "
            + "WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            + "higher limits.", source: "ack-api-quirks"),
    update(
        six, #""SSESpecification": {"Enabled": true}"#,
        error: invalid + "Server-Side Encryption modification must be the only operation in the request",
        source: "ack-api-quirks 433"),
    update(
        #""TableClass": "STANDARD""#, #""DeletionProtectionEnabled": true"#,
        error: invalid + "TableClass modification must be the only operation in the request",
        source: "ack-api-quirks 433"),
    update(
        six, stream, error: invalid + "You cannot modify stream status while updating table IOPS",
        source: "ack-api-quirks 433"),
    update(
        six, definitions, indexes(creating("abc")),
        error: invalid + "You cannot create or delete index while updating table IOPS", source: "ack-api-quirks 433"),
    update(
        stream, definitions, indexes(creating("abc")),
        error: invalid + "You cannot create or delete index while changing stream status", source: "ack-api-quirks 433"),
    update(
        #""StreamSpecification": {"StreamEnabled": true}"#,
        error: invalid + "If stream is being enabled then UpdateViewType is required", source: "ack-api-quirks 050"),
    update(
        #""StreamSpecification": {"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}"#,
        error: invalid + "If stream is being disabled, then UpdateViewType must not be specified",
        source: "ack-api-quirks 362"),
    update(
        #""BillingMode": "PROVISIONED""#,
        error: invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        source: "ack-api-quirks"),
    update(
        #""BillingMode": "PAY_PER_REQUEST""#, six,
        error: invalid + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST",
        source: "ack-api-quirks"),
]

private let ofIndexes = [
    update(
        indexes("{}"),
        error: invalid + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            + "GlobalSecondaryIndexUpdate.Delete must not be null", source: "dynalite"),
    update(
        indexes(#"{"Update": {"IndexName": "abc", \#(five)}, "Delete": {"IndexName": "abc"}}"#),
        error: invalid + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
        source: "dynalite"),
    update(
        indexes(deleting("abc"), deleting("abc")),
        error: invalid + "Only one global secondary index update per index is allowed simultaneously. Index: abc",
        source: "dynalite"),
    update(
        indexes(deleting("abc"), deleting("abd")),
        error: "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
            + "simultaneously per table", source: "dynalite"),
    update(
        indexes(deleting("abc")),
        error: "ResourceNotFoundException: Requested resource not found: Index abc for table tlog",
        source: "ack-api-quirks"),
    update(
        indexes(creating("abc")), error: invalid + "AttributeDefinitions is not specified for index: abc",
        source: "ack-api-quirks"),
    update(
        definitions, indexes(creating("abc")),
        error: invalid + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: abc",
        source: "ack-api-quirks"),
    update(
        indexes(
            #"{"Update": {"IndexName": "abc", "#
                + #""ProvisionedThroughput": {"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1}}}"#),
        error: "ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds for index abc",
        source: "dynalite"),
    update(
        #""AttributeDefinitions": [{"AttributeName": "requestid", "AttributeType": "S"}]"#,
        indexes(
            #"{"Create": {"IndexName": "abc", "KeySchema": [{"AttributeName": "requestid", "KeyType": "HASH"}], "#
                + #""Projection": {"ProjectionType": "ALL"}}}"#),
        error: invalid
            + "Attributes cannot be redefined. Please check that your attribute has the same type as previously "
            + "defined. Existing schema: Schema:[SchemaElement: key{requestid:N:HASH}] New schema: "
            + "Schema:[SchemaElement: key{requestid:S:HASH}]", source: "Alternator"),
]

struct UpdateTableErrorTests {
    @Test(arguments: requests + ofIndexes)
    func `UpdateTable refuses in AWS's words`(_ transcript: Transcript) throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        #expect(try region.send("UpdateTable", transcript.request).error == transcript.error)
    }

    @Test func `warm throughput never falls`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        #expect(
            try region.update("tlog", #""WarmThroughput": {"ReadUnitsPerSecond": 1}"#).error == invalid
                + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
                + "decreasing WarmThroughput is not supported")
    }

    @Test func `an on-demand table takes no throughput`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        #expect(
            try region.update("tlog", five).error == invalid
                + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
        #expect(
            try region.update("tlog", [definitions, indexes(creating("abc", ", " + five))].joined(separator: ", "))
                .error
                == invalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: abc "
                + "when BillingMode is PAY_PER_REQUEST")
    }
}

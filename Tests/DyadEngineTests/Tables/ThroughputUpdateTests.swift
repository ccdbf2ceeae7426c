import Testing

@testable import DyadEngine

private let invalid = "ValidationException: One or more parameter values were invalid: "
private let stillInUse = "ResourceInUseException: Attempt to change a resource which is still in use: "

private func ofIndex(_ name: String, _ more: String = "") -> String {
    #""GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "\#(name)"\#(more)}}]"#
}

private let newIndex =
    #""AttributeDefinitions": [{"AttributeName": "b", "AttributeType": "N"}], "GlobalSecondaryIndexUpdates": [{"Create": "#
    + #"{"IndexName": "more", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}], "#
    + #""Projection": {"ProjectionType": "ALL"}}}]"#

private func refused(_ members: String, _ error: String, source: String) -> Transcript {
    Transcript("UpdateTable", members, error, source: source)
}

/// Against `indexedTable`: on demand, with a global index `byNumber`.
private let refusals = [
    refused(
        ofIndex("byNumber"),
        invalid + "The only Updates for index: byNumber when TableThroughputMode is PAY_PER_REQUEST can be to "
            + "OnDemandThroughput, WarmThroughput", source: "ack-api-quirks 456"),
    refused(
        ofIndex("byNumber", #", "OnDemandThroughput": {}"#),
        invalid + "The only Updates for index: byNumber when TableThroughputMode is PAY_PER_REQUEST can be to "
            + "OnDemandThroughput, WarmThroughput", source: "ack-api-quirks 456"),
    refused(
        ofIndex("ghost", #", "OnDemandThroughput": {}"#),
        "ResourceNotFoundException: Requested resource not found: Index ghost for table indexed",
        source: "ack-api-quirks 456"),
    refused(
        ofIndex("ghost", #", "WarmThroughput": {}"#) + #", "TableClass": "STANDARD""#,
        invalid + "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for "
            + "index: ghost", source: "ack-api-quirks 456"),
    refused(
        ofIndex("byNumber", #", "WarmThroughput": {"ReadUnitsPerSecond": -1}"#),
        invalid + "Requested ReadUnitsPerSecond for WarmThroughput for index byNumber is lower than current "
            + "WarmThroughput, decreasing WarmThroughput is not supported", source: "ack-api-quirks 155"),
    refused(
        newIndex + #", "WarmThroughput": {"ReadUnitsPerSecond": 13000}"#,
        invalid + "Create global secondary index cannot be specified when updating WarmThroughput",
        source: "ack-api-quirks"),
    refused(
        #""GlobalSecondaryIndexUpdates": [], "DeletionProtectionEnabled": true"#,
        invalid + "List of GlobalSecondaryIndexUpdates is empty", source: "ack-api-quirks"),
]

struct ThroughputUpdateTests {
    let region: TestRegion

    init() throws {
        region = try TestRegion()
        try region.makeTable(indexedTable)
    }

    private func warm(_ reply: Reply, _ member: String) -> String? { reply.json("\(member).WarmThroughput") }

    @Test(arguments: refusals)
    func `updates of throughput are refused in AWS's words`(_ transcript: Transcript) throws {
        #expect(try region.update("indexed", transcript.request).error == transcript.error)
    }

    @Test(arguments: [
        (
            #""OnDemandThroughput": {"MaxWriteRequestUnits": 40001}"#,
            "MaxWriteRequestUnits for OnDemandThroughput for table", "Write"
        ),
        (
            ofIndex("byNumber", #", "OnDemandThroughput": {"MaxReadRequestUnits": 40001}"#),
            "MaxReadRequestUnits for OnDemandThroughput for index : byNumber", "Read"
        ),
        (
            #""WarmThroughput": {"ReadUnitsPerSecond": 40001}"#, "ReadUnitsPerSecond for WarmThroughput for table",
            "Read"
        ),
        (
            ofIndex("byNumber", #", "WarmThroughput": {"WriteUnitsPerSecond": 40001}"#),
            "WriteUnitsPerSecond for WarmThroughput for index byNumber", "Write"
        ),
    ])
    func `an account has a quota, in the words of ack-api-quirks 171`(
        _ members: String, subject: String, side: String
    ) throws {
        #expect(
            try region.update("indexed", members).error
                == "LimitExceededException: Subscriber limit exceeded: Requested \(subject) exceeds "
                + "TableMax\(side)CapacityUnits of the account in region us-east-1")
    }

    @Test func `what is provisioned has the quota, and the developer guide is named`() throws {
        try region.makeTable(walkthroughTable)
        let units = #""ProvisionedThroughput": {"ReadCapacityUnits": 40001, "WriteCapacityUnits": 1}"#
        #expect(
            try region.update("tlog", units).error
                == "LimitExceededException: The requested ReadCapacityUnits, 40001, is above the per table maximum for the "
                + "account in us-east-1. Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for "
                + "current limits and how to request higher limits.", "ack-api-quirks 443")
        #expect(
            try region.update(
                "indexed",
                #""BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}, "#
                    + ofIndex("byNumber", ", \(units)")
            ).message?.hasPrefix(
                "The requested ReadCapacityUnits for index byNumber, 40001, is above the per index maximum ") == true)
    }

    @Test func `an empty index update is told of before the table is looked for`() throws {
        #expect(
            try region.update("none", ofIndex("ghost", #", "WarmThroughput": {}"#)).code == "ValidationException",
            "ack-api-quirks 456")
    }

    @Test func `a provisioned table takes no limits, in words of UpdateTable's own`() throws {
        try region.makeTable(walkthroughTable)
        #expect(
            try region.update("tlog", #""OnDemandThroughput": {"MaxReadRequestUnits": 5}"#).error == invalid
                + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is "
                + "PROVISIONED", "ack-api-quirks 059")
    }

    @Test(arguments: [
        #""WarmThroughput": {}, "DeletionProtectionEnabled": false"#,
        #""WarmThroughput": {}, "TableClass": "STANDARD""#,
        #""OnDemandThroughput": {}, "BillingMode": "PAY_PER_REQUEST""#,
    ])
    func `empty throughput counts for nothing beside another change`(_ members: String) throws {
        let before = try region.table("indexed").text
        #expect(try region.update("indexed", members).error == nil, "ack-api-quirks 456")
        #expect(try region.table("indexed").text == before)
    }

    @Test func `limits of a table change at once, those of an index while it is UPDATING`() throws {
        let limits = #""OnDemandThroughput": {"MaxReadRequestUnits": 20}"#
        let table = try region.update("indexed", limits)
        #expect(table.string("TableDescription.TableStatus") == "ACTIVE")
        #expect(table.json("TableDescription.OnDemandThroughput") == #"{"MaxReadRequestUnits":20}"#)
        let index = try region.update("indexed", ofIndex("byNumber", ", \(limits)"))
        #expect(index.string("TableDescription.TableStatus") == "ACTIVE")
        #expect(
            index.string("TableDescription.GlobalSecondaryIndexes.0.IndexStatus") == "UPDATING", "ack-api-quirks 135")
        #expect(index.integer("TableDescription.GlobalSecondaryIndexes.0.OnDemandThroughput.MaxReadRequestUnits") == 20)
    }

    @Test func `more warm throughput comes later, and the table stays ACTIVE`() throws {
        let asked = #""WarmThroughput": {"ReadUnitsPerSecond": 12001}"#
        let answer = try region.update("indexed", asked)
        let old = #"{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"UPDATING"}"#
        #expect(answer.string("TableDescription.TableStatus") == "ACTIVE")
        #expect(warm(answer, "TableDescription") == old, "ack-api-quirks 179")
        #expect(warm(try region.table("indexed"), "Table") == old)
        #expect(try region.send("DeleteTable", #"{"TableName":"indexed"}"#).code == "ResourceInUseException")
        #expect(try region.update("indexed", asked).error == nil)
        #expect(try region.update("indexed", newIndex).error == nil, "ack-api-quirks 175")
        try region.advance(by: 10)
        let table = try region.table("indexed")
        #expect(table.integer("Table.WarmThroughput.ReadUnitsPerSecond") == 12001)
        #expect(table.integer("Table.WarmThroughput.WriteUnitsPerSecond") == 4000)
    }

    @Test func `an index warms up while it stays ACTIVE`() throws {
        let place = "TableDescription.GlobalSecondaryIndexes.0"
        let answer = try region.update(
            "indexed", ofIndex("byNumber", #", "WarmThroughput": {"WriteUnitsPerSecond": 4001}"#))
        #expect(answer.string("\(place).IndexStatus") == "ACTIVE")
        #expect(
            warm(answer, place) == #"{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"UPDATING"}"#,
            "ack-api-quirks 155")
        try region.advance(by: 10)
        let table = try region.table("indexed")
        #expect(
            warm(table, "Table.GlobalSecondaryIndexes.0")
                == #"{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4001,"Status":"ACTIVE"}"#)
        let same = try region.update(
            "indexed", ofIndex("byNumber", #", "WarmThroughput": {"WriteUnitsPerSecond": 4001}"#))
        #expect(same.string("\(place).WarmThroughput.Status") == "ACTIVE")
    }

    @Test func `an index that is DELETING holds up its table's throughput`() throws {
        #expect(
            try region.update("indexed", #""GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byNumber"}}]"#)
                .error
                == nil)
        let units = #""ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}"#
        #expect(
            try region.update(
                "indexed", #""BillingMode": "PROVISIONED", \#(units), \#(ofIndex("byNumber", ", \(units)"))"#
            ).error == stillInUse + "Index is being deleted. Table: indexed Index: byNumber", "ack-api-quirks 375")
        #expect(
            try region.update("indexed", #""OnDemandThroughput": {"MaxReadRequestUnits": 5}"#).error == stillInUse
                + "OnDemandThroughput cannot be updated while index deletion is in progress for indexes: [byNumber]",
            "ack-api-quirks 375")
    }

    @Test func `no index is made while a table's class changes`() throws {
        #expect(try region.update("indexed", #""TableClass": "STANDARD_INFREQUENT_ACCESS""#).error == nil)
        #expect(
            try region.update("indexed", newIndex).error == stillInUse
                + "Can't create or delete an index when a table class update is in progress.", "ack-api-quirks 175")
    }

    @Test func `encryption changes while the table stays ACTIVE`() throws {
        let on = #""SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"}"#
        let off = #""SSESpecification": {"Enabled": false}"#
        let answer = try region.update("indexed", on)
        #expect(answer.string("TableDescription.TableStatus") == "ACTIVE")
        #expect(answer.json("TableDescription.SSEDescription") == #"{"Status":"UPDATING"}"#, "ack-api-quirks 065")
        #expect(try region.update("indexed", on).error == nil)
        #expect(
            try region.update("indexed", off).error == stillInUse + "Server-Side Encryption is still being updated")
        #expect(try region.update("indexed", #""DeletionProtectionEnabled": false"#).error == nil)
        #expect(try region.send("DeleteTable", #"{"TableName":"indexed"}"#).code == "ResourceInUseException")
        try region.advance(by: 10)
        let table = try region.table("indexed")
        #expect(table.string("Table.SSEDescription.Status") == "ENABLED")
        let arn = try #require(table.string("Table.SSEDescription.KMSMasterKeyArn"))
        #expect(
            try region.update(
                "indexed", #""SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "\#(arn)"}"#
            ).error == invalid
                + "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if "
                + "you want to change Master Key", "ack-api-quirks 141")
        #expect(try region.update("indexed", on).string("TableDescription.SSEDescription.Status") == "UPDATING")
        try region.advance(by: 10)
        #expect(
            try region.update("indexed", off).json("TableDescription.SSEDescription")
                == #"{"Status":"UPDATING","SSEType":"KMS","KMSMasterKeyArn":"\#(arn)"}"#, "localstack snapshot")
        try region.advance(by: 10)
        #expect(try region.table("indexed").at("Table.SSEDescription") == nil)
    }
}

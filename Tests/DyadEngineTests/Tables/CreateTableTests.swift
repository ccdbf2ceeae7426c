import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

/// The walkthrough's table: a number for a key, provisioned.
let walkthroughTable = """
    {"TableName": "tlog", "AttributeDefinitions": [{"AttributeName": "requestid", "AttributeType": "N"}],
     "KeySchema": [{"AttributeName": "requestid", "KeyType": "HASH"}],
     "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
    """

struct CreateTableTests {
    @Test func `a provisioned table is described as AWS describes it, and nothing more`() throws {
        let region = try TestRegion()
        let reply = try region.ok("CreateTable", walkthroughTable)
        #expect(
            reply.text == """
                {"TableDescription":{"AttributeDefinitions":[{"AttributeName":"requestid","AttributeType":"N"}],\
                "KeySchema":[{"AttributeName":"requestid","KeyType":"HASH"}],"CreationDateTime":1550036758.026,\
                "TableName":"tlog","TableStatus":"CREATING",\
                "TableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/tlog",\
                "TableId":"00000000-0000-4000-8000-000000000000","ItemCount":0,"TableSizeBytes":0,\
                "DeletionProtectionEnabled":false,\
                "ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":5,"WriteCapacityUnits":5}}}
                """)
    }

    @Test func `a table passes through CREATING and becomes ACTIVE when it is due`() throws {
        let region = try TestRegion()
        try region.ok("CreateTable", walkthroughTable)
        try region.settle()
        #expect(try region.ok("DescribeTable", #"{"TableName":"tlog"}"#).string("Table.TableStatus") == "CREATING")
        try region.advance(by: 9)
        #expect(try region.ok("DescribeTable", #"{"TableName":"tlog"}"#).string("Table.TableStatus") == "CREATING")
        try region.advance(by: 1)
        let table = try region.ok("DescribeTable", #"{"TableName":"tlog"}"#)
        #expect(table.string("Table.TableStatus") == "ACTIVE")
        #expect(
            table.json("Table.WarmThroughput")
                == #"{"ReadUnitsPerSecond":5,"WriteUnitsPerSecond":5,"Status":"ACTIVE"}"#)
    }

    @Test func `an on-demand table says so, and when it began only if described`() throws {
        let region = try TestRegion()
        let created = try region.ok("CreateTable", onDemand("ttt"))
        #expect(created.json("TableDescription.BillingModeSummary") == #"{"BillingMode":"PAY_PER_REQUEST"}"#)
        #expect(
            created.json("TableDescription.ProvisionedThroughput")
                == #"{"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0}"#)
        try region.advance(by: 10)
        let table = try region.ok("DescribeTable", #"{"TableName":"ttt"}"#)
        #expect(
            table.json("Table.BillingModeSummary")
                == #"{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1550036758.026}"#)
        #expect(
            table.json("Table.WarmThroughput")
                == #"{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}"#)
    }

    @Test func `a stream is there from the first answer, labelled by the time and in its region's partition`() throws {
        let region = try TestRegion("cn-north-1")
        let reply = try region.ok(
            "CreateTable",
            onDemand(
                "tlog", #", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}"#))
        #expect(
            reply.string("TableDescription.LatestStreamArn")
                == "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/tlog/stream/2019-02-13T05:45:58.026")
        #expect(reply.string("TableDescription.LatestStreamLabel") == "2019-02-13T05:45:58.026")
        #expect(
            reply.json("TableDescription.StreamSpecification")
                == #"{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#)
    }

    @Test func `global indexes become ACTIVE with their table, and local ones have no state`() throws {
        let region = try TestRegion()
        let created = try region.ok("CreateTable", indexedTable)
        #expect(created.string("TableDescription.GlobalSecondaryIndexes.0.IndexStatus") == "CREATING")
        #expect(created.at("TableDescription.GlobalSecondaryIndexes.0.Backfilling") == nil)
        #expect(
            created.json("TableDescription.LocalSecondaryIndexes.0") == """
                {"IndexName":"byTime","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},\
                {"AttributeName":"c","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE",\
                "NonKeyAttributes":["x","y"]},"ItemCount":0,"IndexSizeBytes":0,\
                "IndexArn":"arn:aws:dynamodb:us-east-1:123456789012:table/indexed/index/byTime"}
                """)
        try region.advance(by: 10)
        let table = try region.ok("DescribeTable", #"{"TableName":"indexed"}"#)
        #expect(table.string("Table.GlobalSecondaryIndexes.0.IndexStatus") == "ACTIVE")
        #expect(
            table.json("Table.AttributeDefinitions") == """
                [{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"},\
                {"AttributeName":"c","AttributeType":"B"}]
                """)
    }

    @Test func `a name is taken until its table is wholly gone`() throws {
        let region = try TestRegion()
        try region.ok("CreateTable", walkthroughTable)
        let stillInUse = "ResourceInUseException: Attempt to change a resource which is still in use: "
        #expect(try region.send("CreateTable", walkthroughTable).error == stillInUse + "Table is being created: tlog")
        try region.advance(by: 10)
        #expect(
            try region.send("CreateTable", walkthroughTable).error
                == "ResourceInUseException: Table already exists: tlog")
        let first = try region.ok("DeleteTable", #"{"TableName":"tlog"}"#).string("TableDescription.TableId")
        #expect(try region.send("CreateTable", walkthroughTable).error == stillInUse + "Table is being deleted: tlog")
        try region.advance(by: 10)
        #expect(try region.ok("CreateTable", walkthroughTable).string("TableDescription.TableId") != first)
    }

    @Test func `options stand in the description only when they were set`() throws {
        let region = try TestRegion()
        let reply = try region.ok(
            "CreateTable",
            onDemand(
                "ttt",
                """
                , "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true,
                "OnDemandThroughput": {"MaxReadRequestUnits": 7}, "WarmThroughput": {"ReadUnitsPerSecond": 13000},
                "SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"},
                "Tags": [{"Key": "owner", "Value": "me"}]
                """))
        #expect(reply.json("TableDescription.TableClassSummary") == #"{"TableClass":"STANDARD_INFREQUENT_ACCESS"}"#)
        #expect(reply.json("TableDescription.DeletionProtectionEnabled") == "true")
        #expect(reply.json("TableDescription.OnDemandThroughput") == #"{"MaxReadRequestUnits":7}"#)
        #expect(
            reply.json("TableDescription.WarmThroughput")
                == #"{"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":4000,"Status":"UPDATING"}"#)
        #expect(
            reply.json("TableDescription.SSEDescription") == """
                {"Status":"ENABLED","SSEType":"KMS",\
                "KMSMasterKeyArn":"arn:aws:kms:us-east-1:123456789012:alias/mine"}
                """)
        #expect(reply.at("TableDescription.Tags") == nil)
    }
}

/// A table on demand whose key is `pk`.
func onDemand(_ name: String, _ more: String = "") -> String {
    """
    {"TableName": "\(name)", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
     "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"\(more)}
    """
}

/// Key a, b; a local index on c, a global one on b.
let indexedTable = """
    {"TableName": "indexed", "BillingMode": "PAY_PER_REQUEST",
     "AttributeDefinitions": [{"AttributeName": "c", "AttributeType": "B"}, {"AttributeName": "b", "AttributeType": "N"},
      {"AttributeName": "a", "AttributeType": "S"}],
     "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
     "LocalSecondaryIndexes": [{"IndexName": "byTime", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"},
      {"AttributeName": "c", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}}],
     "GlobalSecondaryIndexes": [{"IndexName": "byNumber", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
      "Projection": {"ProjectionType": "ALL"}}]}
    """

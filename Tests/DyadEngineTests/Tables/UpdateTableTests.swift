import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

extension TestRegion {
    func table(_ name: String) throws -> Reply { try ok("DescribeTable", #"{"TableName":"\#(name)"}"#) }

    func update(_ name: String, _ members: String) throws -> Reply {
        try send("UpdateTable", #"{"TableName":"\#(name)", \#(members)}"#)
    }
}

private func units(_ read: Int, _ write: Int) -> String {
    #""ProvisionedThroughput": {"ReadCapacityUnits": \#(read), "WriteCapacityUnits": \#(write)}"#
}

struct UpdateTableTests {
    @Test func `throughput changes when the update ends, its times at once`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        let reply = try region.update("tlog", units(7, 3))
        #expect(reply.string("TableDescription.TableStatus") == "UPDATING")
        #expect(
            reply.json("TableDescription.ProvisionedThroughput") == """
                {"LastIncreaseDateTime":1550036759.026,"LastDecreaseDateTime":1550036759.026,\
                "NumberOfDecreasesToday":0,"ReadCapacityUnits":5,"WriteCapacityUnits":5}
                """)
        try region.advance(by: 10)
        let table = try region.table("tlog")
        #expect(table.string("Table.TableStatus") == "ACTIVE")
        #expect(table.integer("Table.ProvisionedThroughput.ReadCapacityUnits") == 7)
        #expect(table.integer("Table.ProvisionedThroughput.WriteCapacityUnits") == 3)
        #expect(table.integer("Table.ProvisionedThroughput.NumberOfDecreasesToday") == 1)
        #expect(table.integer("Table.WarmThroughput.WriteUnitsPerSecond") == 5)
    }

    @Test func `after four decreases of a day the fifth waits an hour`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        for write in [4, 3, 2, 1] {
            #expect(try region.update("tlog", units(5, write)).status == 200)
            try region.advance(by: 10)
        }
        let refused = try region.update("tlog", units(4, 1))
        #expect(refused.code == "LimitExceededException")
        #expect(refused.message?.hasPrefix("Subscriber limit exceeded: Provisioned throughput decreases are") == true)
        try region.advance(by: 3600 * 1000)
        #expect(try region.update("tlog", units(4, 1)).status == 200)
        try region.advance(by: 24 * 3600 * 1000)
        #expect(try region.table("tlog").integer("Table.ProvisionedThroughput.NumberOfDecreasesToday") == 0)
    }

    @Test func `billing goes on demand and comes back`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        #expect(try region.update("tlog", #""BillingMode": "PAY_PER_REQUEST""#).status == 200)
        try region.advance(by: 10)
        var table = try region.table("tlog")
        #expect(table.string("Table.BillingModeSummary.BillingMode") == "PAY_PER_REQUEST")
        #expect(table.integer("Table.ProvisionedThroughput.ReadCapacityUnits") == 0)
        #expect(table.integer("Table.ProvisionedThroughput.NumberOfDecreasesToday") == 0)
        let again = try region.update("tlog", #""BillingMode": "PAY_PER_REQUEST""#)
        #expect(again.string("TableDescription.TableStatus") == "UPDATING", "ack-api-quirks 177")
        #expect(try region.table("tlog").string("Table.TableStatus") == "ACTIVE")
        #expect(try region.update("tlog", #""BillingMode": "PROVISIONED", \#(units(2, 2))"#).status == 200)
        try region.advance(by: 10)
        table = try region.table("tlog")
        #expect(
            table.json("Table.BillingModeSummary")
                == #"{"BillingMode":"PROVISIONED","LastUpdateToPayPerRequestDateTime":1550036759.026}"#)
        #expect(table.integer("Table.ProvisionedThroughput.ReadCapacityUnits") == 2)
    }

    @Test func `a stream is switched on, off, and on again as another`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        let on = #""StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}"#
        let off = #""StreamSpecification": {"StreamEnabled": false}"#
        let first = try region.update("tlog", on)
        #expect(first.string("TableDescription.TableStatus") == "UPDATING")
        #expect(first.string("TableDescription.StreamSpecification.StreamViewType") == "NEW_IMAGE")
        let arn = try #require(first.string("TableDescription.LatestStreamArn"))
        try region.advance(by: 10)
        #expect(
            try region.update("tlog", on).error
                == "ValidationException: Table already has an enabled stream: TableName: tlog")
        let disabled = try region.update("tlog", off)
        #expect(disabled.at("TableDescription.StreamSpecification") == nil)
        #expect(disabled.string("TableDescription.LatestStreamArn") == arn)
        try region.advance(by: 10)
        #expect(
            try region.update("tlog", off).error
                == "ValidationException: Table has no stream to disable: TableName: tlog")
        #expect(
            try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#).string("StreamDescription.StreamStatus")
                == "DISABLED")
        let second = try region.update("tlog", on)
        #expect(second.string("TableDescription.LatestStreamArn") != arn)
        try region.advance(by: 10)
        #expect(Array(try #require(try region.ok("ListStreams").at("Streams")).elements).count == 2)
    }

    @Test func `on-demand billing and a stream may change in one call`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        let reply = try region.update(
            "tlog",
            #""BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}"#
        )
        #expect(reply.error == nil)
        #expect(reply.string("TableDescription.StreamSpecification.StreamViewType") == "KEYS_ONLY")
    }

    @Test func `two streams of one millisecond have different labels`() throws {
        let region = try TestRegion(
            settings: {
                var settings = EngineSettings()
                settings.transitionMilliseconds = 0
                return settings
            }())
        try region.ok("CreateTable", streamedTable)
        try region.settle()
        try region.ok("DeleteTable", #"{"TableName":"tlog"}"#)
        try region.settle()
        let second = try region.ok("CreateTable", streamedTable)
        #expect(second.string("TableDescription.LatestStreamLabel") == "2019-02-13T05:45:58.027")
    }

    @Test func `deletion protection is switched at once, even while a table is UPDATING`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        _ = try region.update("tlog", units(6, 6))
        let reply = try region.update("tlog", #""DeletionProtectionEnabled": true"#)
        #expect(reply.json("TableDescription.DeletionProtectionEnabled") == "true")
        #expect(try region.send("DeleteTable", #"{"TableName":"tlog"}"#).code == "ValidationException")
    }

    @Test func `a class is shown once it was set, and the standard one changes nothing`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        let standard = try region.update("tlog", #""TableClass": "STANDARD""#)
        #expect(standard.string("TableDescription.TableStatus") == "UPDATING", "ack-api-quirks 410")
        #expect(try region.table("tlog").string("Table.TableStatus") == "ACTIVE")
        #expect(standard.at("TableDescription.TableClassSummary") == nil)
        _ = try region.update("tlog", #""TableClass": "STANDARD_INFREQUENT_ACCESS""#)
        try region.advance(by: 10)
        #expect(
            try region.table("tlog").json("Table.TableClassSummary")
                == #"{"TableClass":"STANDARD_INFREQUENT_ACCESS","LastUpdateDateTime":1550036759.026}"#)
    }

    @Test func `nothing of a refused update is applied`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        let before = try region.table("tlog").text
        let delete = #""GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]"#
        #expect(
            try region.update("tlog", #""BillingMode": "PAY_PER_REQUEST", \#(delete)"#).code == "ResourceInUseException"
        )
        #expect(try region.table("tlog").text == before)
    }

    @Test func `what is under way must end before it changes again`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        _ = try region.update("tlog", units(6, 6))
        let prefix = "ResourceInUseException: Attempt to change a resource which is still in use: "
        #expect(
            try region.update("tlog", units(7, 7)).error?.hasPrefix(prefix + "Table IOPS are currently being updated")
                == true)
        let delete = #""GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]"#
        #expect(
            try region.update("tlog", delete).error
                == prefix + "Can't create or delete indexes while table IOPS are being updated. Table: tlog")
        #expect(
            try region.send("DeleteTable", #"{"TableName":"tlog"}"#).error
                == prefix + "Table: tlog is in the process of being updated.")
    }
}

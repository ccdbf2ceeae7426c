import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct CatalogRestartTests {
    @Test func `everything that is known of tables and streams outlives the process`() throws {
        let clock = ManualClock()
        let folder = "/tmp/dyad-test-\(RandomIdentity().uuid())"
        var tables: [String: TableRecord] = [:]
        var streams: [String: StreamDescription] = [:]
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.makeTable(walkthroughTable)
            try region.makeTable(indexedTable)
            try region.makeTable(
                onDemand(
                    "full",
                    """
                    , "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true,
                    "OnDemandThroughput": {"MaxReadRequestUnits": 7}, "WarmThroughput": {"ReadUnitsPerSecond": 13000},
                    "SSESpecification": {"Enabled": true}, "Tags": [{"Key": "owner", "Value": "me"}],
                    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "OLD_IMAGE"}
                    """))
            try region.appendRecords(3, to: "full")
            try region.advance(by: 25 * 60 * 60 * 1000)
            try region.ok("UpdateTable", #"{"TableName":"full","StreamSpecification":{"StreamEnabled":false}}"#)
            try region.ok(
                "UpdateTable",
                #"{"TableName":"tlog","ProvisionedThroughput":{"ReadCapacityUnits":9,"WriteCapacityUnits":1}}"#)
            for change in [
                #""WarmThroughput":{"ReadUnitsPerSecond":13000}"#, #""SSESpecification":{"Enabled":true}"#,
                #""GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"byNumber","WarmThroughput":{"ReadUnitsPerSecond":14000}}}]"#,
            ] { try region.ok("UpdateTable", #"{"TableName":"indexed",\#(change)}"#) }
            (tables, streams) = try region.read { ($0.catalog.tables, $0.catalog.streams) }
        }
        let region = try TestRegion(storage: .folder(folder), clock: clock)
        #expect(try region.read { $0.catalog.tables } == tables)
        #expect(try region.read { $0.catalog.streams } == streams)
        #expect(tables["tlog"]?.pendingUnits == TableRecord.Units(read: 9, write: 1))
        #expect(tables["indexed"]?.pendingWarm?.value == TableRecord.Units(read: 13000, write: 4000))
        #expect(tables["indexed"]?.pendingEncryption != nil)
        #expect(tables["indexed"]?.globalIndexes.first?.pendingWarm?.value.read == 14000)
        #expect(streams.values.first?.shards.first?.trimmedBefore != nil)
        try region.advance(by: 10)
        #expect(try region.table("tlog").integer("Table.ProvisionedThroughput.ReadCapacityUnits") == 9)
    }
}

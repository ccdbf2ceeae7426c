import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct DeleteTableTests {
    @Test func `the answer leaves out keys, indexes and the time of creation`() throws {
        let region = try TestRegion()
        try region.makeTable(indexedTable)
        let reply = try region.ok("DeleteTable", #"{"TableName":"indexed"}"#)
        let names = Set(reply.at("TableDescription")?.members.map(\.name) ?? [])
        #expect(
            names == [
                "TableName", "TableStatus", "TableArn", "TableId", "ItemCount", "TableSizeBytes",
                "DeletionProtectionEnabled", "BillingModeSummary", "ProvisionedThroughput",
            ])
        #expect(reply.string("TableDescription.TableStatus") == "DELETING")
    }

    @Test func `a table stays visible while it is DELETING, then it is not found`() throws {
        let region = try TestRegion()
        try region.makeTable(walkthroughTable)
        try region.ok("DeleteTable", #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/tlog"}"#)
        #expect(try region.ok("DescribeTable", #"{"TableName":"tlog"}"#).string("Table.TableStatus") == "DELETING")
        #expect(
            try region.send("DeleteTable", #"{"TableName":"tlog"}"#).error == "ResourceInUseException: "
                + "Attempt to change a resource which is still in use: Table is being deleted: tlog")
        try region.advance(by: 10)
        #expect(
            try region.send("DescribeTable", #"{"TableName":"tlog"}"#).error
                == "ResourceNotFoundException: Requested resource not found: Table: tlog not found")
    }

    @Test func `a table that is CREATING cannot be deleted`() throws {
        let region = try TestRegion()
        try region.ok("CreateTable", walkthroughTable)
        #expect(
            try region.send("DeleteTable", #"{"TableName":"tlog"}"#).error == "ResourceInUseException: "
                + "Attempt to change a resource which is still in use: Table is being created: tlog")
    }

    @Test func `a protected table cannot be deleted`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("ttt", #", "DeletionProtectionEnabled": true"#))
        #expect(
            try region.send("DeleteTable", #"{"TableName":"ttt"}"#).error
                == "ValidationException: Resource cannot be deleted as it is currently protected against deletion. "
                + "Disable deletion protection first.")
    }

    @Test func `rows of a deleted table are cleared in turns, and its neighbour keeps its own`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("gone"))
        try region.makeTable(onDemand("kept"))
        let count = ChoreBudget.rowsMax * 2 + 1
        try region.fill("gone", count)
        try region.fill("kept", 3)
        #expect(try region.ok("DescribeTable", #"{"TableName":"gone"}"#).integer("Table.ItemCount") == count)
        try region.ok("DeleteTable", #"{"TableName":"gone"}"#)
        region.clock.advance(by: 10)
        try region.turn()
        #expect(try region.read { $0.catalog.tables["gone"]?.status } == .deleting)
        try region.settle()
        #expect(try region.read { $0.catalog.tables["gone"] } == nil)
        #expect(try region.ok("DescribeTable", #"{"TableName":"kept"}"#).integer("Table.ItemCount") == 3)
        #expect(try region.rowCount() == 3)
    }
}

extension TestRegion {
    /// Puts `count` items straight into the store: key `pk`, and what else `more` gives.
    func fill(_ name: String, _ count: Int, _ more: @escaping @Sendable (Int) -> String = { _ in "" }) throws {
        try write { (store, _) throws(DynamoError) in
            guard let table = store.catalog.tables[name] else { throw .resourceNotFound(name) }
            for number in 0..<count {
                let text = #"{"pk":{"S":"\#(number)"}\#(more(number))}"#
                guard let node = try? JSONDocument(parsing: Array(text.utf8)).root,
                    let key = KeyComponent(.string(Text("\(number)")))
                else { throw .serialization(text) }
                let item = try WireItem(reading: node).checked()
                let at = StorageKey(space: table.space, partition: [key], sort: [])
                try store.put(item, at: at, in: table.space, replacing: nil)
            }
        }
    }

    /// All rows of the region, of tables and indexes.
    func rowCount() throws -> Int {
        try read { store in
            var count = 0
            try store.rows.scan(KeyRange(from: StorageKey(space: SpaceID(rawValue: 0)), to: nil)) { _ in
                count += 1
                return true
            }
            return count
        }
    }
}

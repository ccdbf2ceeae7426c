import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

/// Makes an index on `x`, a string.
private let createIndex = """
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "x", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byX",
     "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}}]
    """
private let deleteIndex = #""GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byX"}}]"#

private func state(_ reply: Reply, _ root: String = "Table") -> [String] {
    [
        reply.string("\(root).TableStatus") ?? "-", reply.string("\(root).GlobalSecondaryIndexes.0.IndexStatus") ?? "-",
        reply.json("\(root).GlobalSecondaryIndexes.0.Backfilling") ?? "-",
    ]
}

struct IndexUpdateTests {
    @Test func `an index of a table with rows is allocated, filled, then ACTIVE`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        try region.fill("tlog", 5) { #","x":{"S":"\#($0 % 2)"},"y":{"S":"left out"}"# }
        #expect(state(try region.update("tlog", createIndex), "TableDescription") == ["UPDATING", "CREATING", "false"])
        try region.advance(by: 10)
        #expect(state(try region.table("tlog")) == ["ACTIVE", "CREATING", "true"])
        try region.advance(by: 10)
        let table = try region.table("tlog")
        #expect(state(table) == ["ACTIVE", "ACTIVE", "-"])
        #expect(table.integer("Table.GlobalSecondaryIndexes.0.ItemCount") == 5)
        #expect(
            table.json("Table.AttributeDefinitions")
                == #"[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"x","AttributeType":"S"}]"#)
        let page = try region.ok(
            "Query",
            """
            {"TableName": "tlog", "IndexName": "byX", "KeyConditionExpression": "x = :x",
             "ExpressionAttributeValues": {":x": {"S": "1"}}}
            """)
        #expect(page.integer("Count") == 2)
        #expect(page.at("Items.0.y") == nil)
    }

    @Test func `items that have no place in the index are passed over`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        try region.fill("tlog", 4) { [#","x":{"S":"here"}"#, "", #","x":{"N":"1"}"#, #","x":{"S":""}"#][$0] }
        _ = try region.update("tlog", createIndex)
        try region.advance(by: 10)
        try region.advance(by: 10)
        #expect(try region.table("tlog").integer("Table.GlobalSecondaryIndexes.0.ItemCount") == 1)
    }

    @Test func `writes that come while an index is filled are in it, each once`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        let count = ChoreBudget.rowsMax + 500
        try region.fill("tlog", count) { _ in #","x":{"S":"old"}"# }
        _ = try region.update("tlog", createIndex)
        try region.ok("PutItem", #"{"TableName":"tlog","Item":{"pk":{"S":"allocating"},"x":{"S":"new"}}}"#)
        try region.advance(by: 10)
        region.clock.advance(by: 10)
        try region.turn()
        #expect(state(try region.table("tlog")) == ["ACTIVE", "CREATING", "true"])
        for number in 0..<40 {
            try region.ok("PutItem", #"{"TableName":"tlog","Item":{"pk":{"S":"\#(number)"},"x":{"S":"new"}}}"#)
            try region.ok("DeleteItem", #"{"TableName":"tlog","Key":{"pk":{"S":"\#(number + 100)"}}}"#)
        }
        try region.settle()
        #expect(state(try region.table("tlog")) == ["ACTIVE", "ACTIVE", "-"])
        #expect(try region.table("tlog").integer("Table.GlobalSecondaryIndexes.0.ItemCount") == count + 1 - 40)
        try region.expectIndexAgrees("tlog")
    }

    @Test func `a backfill goes on where it was when its process ended`() throws {
        let clock = ManualClock()
        let folder = "/tmp/dyad-test-\(RandomIdentity().uuid())"
        let count = ChoreBudget.rowsMax * 2 + 7
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.makeTable(onDemand("tlog"))
            try region.fill("tlog", count) { _ in #","x":{"S":"old"}"# }
            _ = try region.update("tlog", createIndex)
            try region.advance(by: 10)
            clock.advance(by: 10)
            try region.turn()
        }
        let region = try TestRegion(storage: .folder(folder), clock: clock)
        try region.settle()
        #expect(state(try region.table("tlog")) == ["ACTIVE", "ACTIVE", "-"])
        #expect(try region.table("tlog").integer("Table.GlobalSecondaryIndexes.0.ItemCount") == count)
        try region.expectIndexAgrees("tlog")
    }

    @Test func `a deleted index is cleared and forgotten with its attribute`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        try region.fill("tlog", 3) { _ in #","x":{"S":"v"}"# }
        _ = try region.update("tlog", createIndex)
        try region.advance(by: 10)
        try region.advance(by: 10)
        #expect(try region.rowCount() == 6)
        #expect(state(try region.update("tlog", deleteIndex), "TableDescription") == ["UPDATING", "DELETING", "-"])
        try region.advance(by: 10)
        let table = try region.table("tlog")
        #expect(table.at("Table.GlobalSecondaryIndexes") == nil)
        #expect(table.json("Table.AttributeDefinitions") == #"[{"AttributeName":"pk","AttributeType":"S"}]"#)
        #expect(try region.rowCount() == 3)
    }

    @Test func `an index can be deleted while it is filled, not while it is allocated`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        _ = try region.update("tlog", createIndex)
        let inUse = "ResourceInUseException: Attempt to change a resource which is still in use: "
        #expect(
            try region.update("tlog", deleteIndex).error == inUse + "Index creation is in resource allocation phase. "
                + "Retry deletion during backfilling phase or when the index is active. Table: tlog Index: byX")
        #expect(
            try region.update("tlog", createIndex).error
                == "ValidationException: Attempting to create an index which already exists")
        try region.advance(by: 10)
        #expect(
            try region.send("DeleteTable", #"{"TableName":"tlog"}"#).error
                == inUse + "Cannot delete table while indexes are being created, updated, or deleted.")
        #expect(try region.update("tlog", deleteIndex).status == 200)
        try region.advance(by: 10)
        #expect(try region.table("tlog").at("Table.GlobalSecondaryIndexes") == nil)
    }

    @Test func `one index at a time is made`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("tlog"))
        _ = try region.update("tlog", createIndex)
        #expect(
            try region.update("tlog", createIndex.replacing("byX", with: "byX2")).error
                == "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
                + "simultaneously per table")
    }

    @Test func `an index's throughput changes while its table stays ACTIVE`() throws {
        let region = try TestRegion()
        let units = { (_ read: Int) in
            #""ProvisionedThroughput": {"ReadCapacityUnits": \#(read), "WriteCapacityUnits": 1}"#
        }
        try region.makeTable(
            """
            {"TableName": "tlog", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
             "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], \(units(1)),
             "GlobalSecondaryIndexes": [{"IndexName": "byX", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
              "Projection": {"ProjectionType": "ALL"}, \(units(1))}]}
            """)
        let update = { (_ read: Int) in
            #""GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "byX", \#(units(read))}}]"#
        }
        #expect(
            try region.update("tlog", update(1)).message?.hasPrefix("The provisioned throughput for the index byX")
                == true)
        let reply = try region.update("tlog", update(4))
        #expect(state(reply, "TableDescription") == ["ACTIVE", "UPDATING", "-"])
        #expect(reply.integer("TableDescription.GlobalSecondaryIndexes.0.ProvisionedThroughput.ReadCapacityUnits") == 1)
        #expect(
            try region.update("tlog", update(5)).error
                == "ResourceInUseException: Attempt to change a resource which is "
                + "still in use: Index is being updated. Table: tlog Index: byX")
        try region.advance(by: 10)
        #expect(
            try region.table("tlog").integer("Table.GlobalSecondaryIndexes.0.ProvisionedThroughput.ReadCapacityUnits")
                == 4)
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}

extension TestRegion {
    /// Expects that each global index holds exactly the entries that its table's rows have.
    func expectIndexAgrees(_ name: String, at location: SourceLocation = #_sourceLocation) throws {
        try read { store in
            let table = try #require(store.catalog.tables[name])
            for index in table.globalIndexes {
                var wanted: [StorageKey: SizedItem] = [:]
                try store.rows.scan(KeyRange(prefix: StorageKey(space: table.space))) { row in
                    let item = SizedItem(bytes: ItemBytes(canonical: [UInt8](row.item)), size: row.size)
                    if let entry = index.entry(for: item, at: StorageKey(bytes: [UInt8](row.key))) {
                        wanted[entry.key] = entry.item
                    }
                    return true
                }
                var found: [StorageKey: SizedItem] = [:]
                try store.rows.scan(KeyRange(prefix: StorageKey(space: index.space))) { row in
                    found[StorageKey(bytes: [UInt8](row.key))] = SizedItem(
                        bytes: ItemBytes(canonical: [UInt8](row.item)), size: row.size)
                    return true
                }
                #expect(found == wanted, sourceLocation: location)
            }
        }
    }
}

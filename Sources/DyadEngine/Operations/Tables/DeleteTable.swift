package import DyadModel
package import DyadStore

/// Lets a table go. It answers at once, DELETING; chores clear its rows and forget it. Its stream outlives it.
package enum DeleteTable: WriteOperation {
    package static let startsTransition = true

    package struct Input: WireStructure {
        var tableName = ""
        package init() {}
        package static let shape = Shape<Self>(.parameter("TableName", \.tableName, .managedTable))
    }

    package typealias Plan = Input
    package typealias Output = TableDescription

    package static func run(
        _ plan: Input, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> TableDescription {
        var table = try store.catalog.table(plan.tableName, call)
        try check(table)
        table.status = .deleting
        table.dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
        try store.closeStream(of: &table, call)
        try store.save(table)
        return try TableDescription("TableDescription", table, .deleted, store.rows, call)
    }

    private static func check(_ table: TableRecord) throws(DynamoError) {
        guard !table.isDeletionProtected else {
            throw .validation(
                "Resource cannot be deleted as it is currently protected against deletion. "
                    + "Disable deletion protection first.")
        }
        if table.status == .creating || table.status == .deleting { throw .inUse(table) }
        if table.updating == .stream {
            throw .stillInUse("Cannot delete table while stream is being enabled/disabled.")
        }
        guard table.globalIndexes.allSatisfy({ $0.status == .active }) else {
            throw .stillInUse("Cannot delete table while indexes are being created, updated, or deleted.")
        }
        let isPending = table.pendingWarm != nil || table.pendingEncryption != nil
        guard table.status == .active, !isPending, table.globalIndexes.allSatisfy({ $0.pendingWarm == nil }) else {
            throw .stillInUse("Table: \(table.name) is in the process of being updated.")
        }
    }
}

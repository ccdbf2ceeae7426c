package import DyadModel
package import DyadStore

/// Tells what a table is, in whatever state.
package enum DescribeTable: ReadOperation {
    package struct Input: WireStructure {
        var tableName = ""
        package init() {}
        package static let shape = Shape<Self>(.parameter("TableName", \.tableName, .managedTable))
    }

    package typealias Plan = Input
    package typealias Output = TableDescription

    package static func run(
        _ plan: Input, in store: ReadTransaction, _ call: Call
    ) throws(DynamoError) -> TableDescription {
        try TableDescription("Table", store.catalog.table(plan.tableName, call), .described, store.rows, call)
    }
}

package import DyadModel
package import DyadStore

/// Tells that contributor insights are off, as AWS shows a table it was never asked of.
package enum DescribeContributorInsights: ReadOperation {
    package struct Input: WireStructure {
        var tableName = ""
        var indexName: String?
        package init() {}
        package static let shape = Shape<Self>(
            .required("TableName", \.tableName, .tableReference), .optional("IndexName", \.indexName))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let table: String
        let index: String?

        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("TableName", table)
                $0.member("IndexName", index)
                $0.member("ContributorInsightsStatus", "DISABLED")
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        if let name = plan.indexName, !(3...255).contains(name.unicodeScalars.count) {
            throw .validation("IndexName must be at least 3 characters long and at most 255 characters long")
        }
        let table = try store.catalog.table(plan.tableName, call)
        if let name = plan.indexName, !table.globalIndexes.contains(where: { $0.name == name }) {
            throw .resourceNotFound("Requested resource not found: Index: \(name) not found for table: \(table.name)")
        }
        return Output(table: table.name, index: plan.indexName)
    }
}

package import DyadModel
package import DyadStore

/// Lists the region's tables in the order of their names' bytes, whatever their state.
package enum ListTables: ReadOperation {
    package struct Input: WireStructure {
        var exclusiveStartTableName: String?
        var limit: Int?

        package init() {}

        package static let shape = Shape<Self>(
            .optional("ExclusiveStartTableName", \.exclusiveStartTableName, .namePattern, .length(3...255)),
            .optional("Limit", \.limit, .range(1...100)))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let names: [Text]
        let hasMore: Bool

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("TableNames") { $0.array { json in for name in names { json.string(name.string) } } }
                if hasMore { json.member("LastEvaluatedTableName", names.last?.string) }
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        var names = store.catalog.tables.keys.map { Text($0) }.sorted()
        if let start = plan.exclusiveStartTableName { names.removeAll { $0 <= Text(start) } }
        let page = names.prefix(plan.limit ?? 100)
        return Output(names: Array(page), hasMore: page.count < names.count)
    }
}

package import DyadModel
package import DyadStore

/// Tells that point-in-time recovery is off. There are no backups here; AWS shows every table it was never asked of so.
package enum DescribeContinuousBackups: ReadOperation {
    package struct Input: WireStructure {
        var tableName = ""
        package init() {}
        package static let shape = Shape<Self>(.required("TableName", \.tableName, .tableReference))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("ContinuousBackupsDescription") {
                    $0.object {
                        $0.member("ContinuousBackupsStatus", "ENABLED")
                        $0.member("PointInTimeRecoveryDescription") {
                            $0.object { $0.member("PointInTimeRecoveryStatus", "DISABLED") }
                        }
                    }
                }
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let name = try TableReference(plan.tableName, call).name
        guard store.catalog.tables[name] != nil else {
            throw DynamoError(.tableNotFound, "Table not found: \(name)")
        }
        return Output()
    }
}

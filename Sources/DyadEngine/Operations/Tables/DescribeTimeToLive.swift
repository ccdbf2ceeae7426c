package import DyadModel
package import DyadStore

/// Tells which attribute items expire by. A table whose expiry was switched off looks like one that never had any.
package enum DescribeTimeToLive: ReadOperation {
    package struct Input: WireStructure {
        var tableName = ""
        package init() {}
        package static let shape = Shape<Self>(.required("TableName", \.tableName, .tableReference))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let attribute: Text?

        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("TimeToLiveDescription") {
                    $0.object {
                        $0.member("TimeToLiveStatus", attribute == nil ? "DISABLED" : "ENABLED")
                        $0.member("AttributeName", attribute?.string)
                    }
                }
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        Output(attribute: try store.catalog.table(plan.tableName, call).timeToLive?.index?.attribute)
    }
}

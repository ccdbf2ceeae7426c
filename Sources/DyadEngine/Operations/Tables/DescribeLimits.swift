package import DyadModel
package import DyadStore

/// Tells the account's quotas, AWS's own.
package enum DescribeLimits: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        package static let shape = Shape<Self>()
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("AccountMaxReadCapacityUnits", CapacityRules.accountUnitsMax)
                $0.member("AccountMaxWriteCapacityUnits", CapacityRules.accountUnitsMax)
                $0.member("TableMaxReadCapacityUnits", CapacityRules.tableUnitsMax)
                $0.member("TableMaxWriteCapacityUnits", CapacityRules.tableUnitsMax)
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        Output()
    }
}

package import DyadModel
package import DyadStore

package enum TransactWriteItems: WriteOperation {
    package struct Input: WireStructure {
        package init() {}
        var clientRequestToken: String?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var returnItemCollectionMetrics: ReturnItemCollectionMetrics?
        var transactItems: [TransactWriteItem]?

        package static let shape = Shape<Self>(
            .optional("ClientRequestToken", \.clientRequestToken, .length(1...36)),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("ReturnItemCollectionMetrics", \.returnItemCollectionMetrics),
            .requiredOptional("TransactItems", \.transactItems, .count(1...TransactionRules.membersMax)))
    }

    package struct Plan: Sendable {
        let members: [TransactWriteMember]
        let window: IdempotencyWindow?
        let detail: ReturnConsumedCapacity?
        let metrics: ReturnItemCollectionMetrics?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        var members: [TransactWriteMember] = []
        var fingerprint = Fingerprint()
        for item in input.transactItems ?? [] { members.append(try TransactWriteMember(item, &fingerprint)) }
        try TransactionRules.checkSize(members.reduce(0) { $0 + $1.target.size })
        return Plan(
            members: members,
            window: input.clientRequestToken.map {
                IdempotencyWindow(operation: name, token: $0, fingerprint: fingerprint)
            },
            detail: input.returnConsumedCapacity, metrics: input.returnItemCollectionMetrics)
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let members = try locate(plan.members, in: store.catalog, call)
        return Output(
            totals: try TransactionWrites.run(members, plan.window, plan.detail, plan.metrics, in: &store, call))
    }

    /// Tables first, then empty keys, then items that are named twice: each refuses the whole request. Then keys that
    /// are missing or of a wrong type.
    private static func locate(
        _ members: [TransactWriteMember], in catalog: Catalog, _ call: Call
    ) throws(DynamoError) -> [Result<LocatedWrite, DynamoError>] {
        var tables: [TableRecord] = []
        for member in members { tables.append(try catalog.tableForItems(member.table, call)) }
        for (member, table) in zip(members, tables) { try member.checkNoEmptyKeys(in: table) }
        let located = zip(members, tables).map { member, table in
            Result { () throws(DynamoError) in
                LocatedWrite(
                    tableName: member.table, table: table, target: member.target, write: member.write,
                    key: try member.key(in: table))
            }
        }
        try TransactionRules.checkDistinct(located.map { $0.map(\.key) })
        try TransactionRules.checkFirst(located)
        return located
    }

    package struct Output: WireOutput {
        let totals: TableTotals

        package func write(to json: inout JSONWriter) { json.object { totals.write(to: &$0) } }
    }
}

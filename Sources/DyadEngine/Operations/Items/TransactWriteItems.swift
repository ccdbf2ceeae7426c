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

    /// A member and where it goes, or the reason why it goes nowhere.
    private struct Located {
        let member: TransactWriteMember
        let table: TableRecord
        let key: Result<StorageKey, DynamoError>
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let located = try locate(plan.members, in: store.catalog, call)
        if let window = plan.window, try window.isRepetition(in: store.rows, call) {
            return try repeated(plan, located, on: store.rows)
        }
        // All is decided before anything is written: every member has its say, and they share no item.
        let decisions = try decide(located, on: store.rows, call)
        try TransactionRules.checkSize(
            decisions.reduce(0) { $0 + ($1.located.member.isWrite ? $1.decision.new?.size ?? 0 : 0) })
        var totals = TableTotals(plan.detail, plan.metrics)
        for (located, key, decision) in decisions {
            let outcome = try decision.carryOut(in: &store, table: located.table, key: key, call)
            let (member, table) = (located.member, located.table)
            totals.capacity(of: member.table, side: .write) {
                $0.add(outcome, times: ConsumedCapacity.transactionFactor)
            }
            if member.isWrite { totals.addCollection(of: member.target.bytes, in: table, named: member.table) }
        }
        try plan.window?.keep(in: &store, call)
        return Output(totals: totals)
    }

    /// Tables first, then empty keys, then items that are named twice: each refuses the whole request.
    private static func locate(
        _ members: [TransactWriteMember], in catalog: Catalog, _ call: Call
    ) throws(DynamoError) -> [Located] {
        var located: [Located] = []
        for member in members {
            let table = try catalog.tableForItems(member.table, call)
            let key = Result { () throws(DynamoError) in try member.key(in: table) }
            located.append(Located(member: member, table: table, key: key))
        }
        for place in located { try place.member.checkNoEmptyKeys(in: place.table) }
        try TransactionRules.checkDistinct(located.map(\.key))
        return located
    }

    private static func decide(
        _ located: [Located], on rows: Rows, _ call: Call
    ) throws(DynamoError) -> [(located: Located, key: StorageKey, decision: ItemWrite.Decision)] {
        try TransactionRules.outcomes(
            located.map { place in
                Result { () throws(DynamoError) in
                    let key = try place.key.get()
                    let decision = try place.member.write.decide(on: rows, table: place.table, key: key, call)
                    return (place, key, decision)
                }
            })
    }

    /// The same success again: nothing is written, and what is charged is a read of the items as they are now.
    ///
    /// Source: paritysuite/dynamodb-conformance pull request 74, measured in eu-west-2.
    private static func repeated(_ plan: Plan, _ located: [Located], on rows: Rows) throws(DynamoError) -> Output {
        var totals = TableTotals(plan.detail, plan.metrics)
        for place in located {
            let item = try rows.item(at: place.key.get())
            let member = place.member
            totals.capacity(of: member.table, side: .read) { $0.addTransactionalRead(of: item) }
            if member.isWrite { totals.addCollection(of: member.target.bytes, in: place.table, named: member.table) }
        }
        return Output(totals: totals)
    }

    package struct Output: WireOutput {
        let totals: TableTotals

        package func write(to json: inout JSONWriter) { json.object { totals.write(to: &$0) } }
    }
}

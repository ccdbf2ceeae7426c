import DyadLanguage
package import DyadModel
package import DyadStore

package enum ExecuteStatement: StatementOperation {
    package struct Input: WireStructure {
        package init() {}
        var statement = ""
        var parameters: [WireParameter]?
        var consistentRead: Bool?
        var nextToken: String?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var limit: Int?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .required("Statement", \.statement, .length(StatementLimits.text)),
            .optional("Parameters", \.parameters, .count(StatementLimits.parameters)),
            .optional("ConsistentRead", \.consistentRead),
            .optional("NextToken", \.nextToken, .length(StatementLimits.nextToken)),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("Limit", \.limit, .atLeast(1)),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Plan: Sendable {
        let statement: PartiQLStatement
        /// Of the statement and its parameters.
        let digest: [UInt8]
        let isConsistent: Bool
        let nextToken: String?
        let limit: Int?
        let showsItem: Bool
        let detail: ReturnConsumedCapacity?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let statement = try PartiQLStatement(input.statement, input.parameters)
        if case .exists = statement { throw .existsOutsideTransaction }
        var fingerprint = Fingerprint()
        fingerprint.add(input.statement, input.parameters)
        return Plan(
            statement: statement, digest: fingerprint.digest, isConsistent: input.consistentRead ?? false,
            nextToken: input.nextToken, limit: input.limit, showsItem: input.onFailure == .allOld,
            detail: input.returnConsumedCapacity)
    }

    package static func isRead(_ plan: Plan) -> Bool { plan.statement.isRead }

    // MARK: Reads

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        guard case .select(let select) = plan.statement else {
            return Output(PageItems(), capacity: nil, detail: plan.detail)
        }
        let table = try store.catalog.tableForItems(select, call)
        let read = try StatementRead(select, in: table, isConsistent: plan.isConsistent)
        try read.source.checkScalarKeys(read.paths)
        var ranges = read.ranges
        if let token = plan.nextToken {
            ranges = try StatementPosition(parsing: token, plan.digest).rest(of: ranges, descending: read.isDescending)
        }
        var capacity = ConsumedCapacity(table: plan.statement.table)
        var page = PageReader.Page()
        var nextToken: String?
        for (index, range) in ranges.enumerated() {
            let (bytes, fetched) = (page.evaluatedBytes, page.fetchedSizes.count)
            try read.reader(of: range, limit: plan.limit).read(store.rows, into: &page)
            capacity.add(
                rows: page.evaluatedBytes - bytes, fetched: page.fetchedSizes[fetched...], of: read.source,
                isConsistent: plan.isConsistent)
            guard let row = page.lastPosition else { continue }
            let position = StatementPosition(range: read.ranges.count - ranges.count + index, row: row)
            nextToken = position.token(plan.digest)
            break
        }
        return Output(
            page.takeItems(), nextToken: nextToken, lastKey: page.lastKey, capacity: capacity, detail: plan.detail)
    }

    // MARK: Writes

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.statement.table, call)
        let write = try LocatedWrite(plan.statement, in: table, showsItem: plan.showsItem)
        let outcome = try write.write.apply(to: &store, table: table, key: write.key, call)
        var items = PageItems()
        if let returned = plan.statement.returned(outcome) { items.append(returned.utf8) }
        return Output(
            items, capacity: ConsumedCapacity(table: plan.statement.table, of: outcome, plan.detail),
            detail: plan.detail)
    }

    package struct Output: WireOutput {
        package let body: [UInt8]

        fileprivate init(
            _ items: consuming PageItems, nextToken: String? = nil, lastKey: ItemBytes? = nil,
            capacity: ConsumedCapacity?, detail: ReturnConsumedCapacity?
        ) {
            body = items.finish { json in
                json.member("NextToken", nextToken)
                if let lastKey { json.member("LastEvaluatedKey") { $0.splice(lastKey.utf8) } }
                json.member("ConsumedCapacity", capacity, detail)
            }
        }

        package func write(to json: inout JSONWriter) { json.splice(body) }
    }
}

import DyadLanguage
package import DyadModel
package import DyadStore

/// Statements that have nothing to do with each other: each has an answer of its own, and some may fail.
package enum BatchExecuteStatement: StatementOperation {
    package struct Input: WireStructure {
        package init() {}
        var statements: [BatchStatementRequest]?
        var returnConsumedCapacity: ReturnConsumedCapacity?

        package static let shape = Shape<Self>(
            .requiredOptional("Statements", \.statements, .count(StatementLimits.batch)),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity))
    }

    package struct BatchStatementRequest: WireStructure {
        package init() {}
        var statement = ""
        var parameters: [WireParameter]?
        var consistentRead: Bool?
        /// Taken, and without effect, as at AWS (recorded: dynamodb-conformance, partiql/batchExecuteStatement).
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .required("Statement", \.statement, .length(StatementLimits.text)),
            .optional("Parameters", \.parameters, .count(StatementLimits.parameters)),
            .optional("ConsistentRead", \.consistentRead),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Member: Sendable {
        let statement: Result<PartiQLStatement, DynamoError>
        let isConsistent: Bool
    }

    package struct Plan: Sendable {
        let members: [Member]
        let detail: ReturnConsumedCapacity?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let members = (input.statements ?? []).map { member in
            Member(
                statement: Result { () throws(DynamoError) in
                    let statement = try PartiQLStatement(member.statement, member.parameters)
                    if case .exists = statement { throw .existsOutsideTransaction }
                    return statement
                },
                isConsistent: member.consistentRead ?? false)
        }
        let kinds = members.compactMap { try? $0.statement.get().isRead }
        guard Set(kinds).count <= 1 else {
            throw .validation("Read and write requests together in the same batch is not supported.")
        }
        return Plan(members: members, detail: input.returnConsumedCapacity)
    }

    package static func isRead(_ plan: Plan) -> Bool {
        plan.members.allSatisfy { (try? $0.statement.get().isRead) ?? true }
    }

    // MARK: Reads

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let places = plan.members.map { member in
            Result { () throws(DynamoError) in try place(of: member, in: store.catalog, call) }
        }
        try checkDistinct(places.compactMap { try? $0.get().key })
        var output = Output(detail: plan.detail)
        for (member, place) in zip(plan.members, places) {
            switch place {
            case .failure(let error): try output.add(error)
            case .success(let place):
                let item = try store.rows.item(at: place.key)
                output.totals.capacity(of: place.tableName) {
                    $0.tableHalves += CapacityUnits.readHalves(item?.size ?? 0, isConsistent: member.isConsistent)
                }
                output.responses.append(
                    Response(table: place.tableName, item: item.map { place.projection.apply(to: $0.bytes) }))
            }
        }
        return output
    }

    private static func place(of member: Member, in catalog: Catalog, _ call: Call) throws(DynamoError) -> LocatedRead {
        let refusal = DynamoError.validation(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause.")
        guard case .select(let select) = try member.statement.get() else { throw refusal }
        let table = try catalog.tableForItems(select, call)
        // What could not be read by itself says so first.
        _ = try StatementRead(select, in: table, isConsistent: false)
        let place = try LocatedRead(select, in: table, refusal: refusal)
        try table.key.checkScalar(place.projection.paths, "Key")
        return place
    }

    // MARK: Writes

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let catalog = store.catalog
        let places = plan.members.map { member in
            Result { () throws(DynamoError) in
                let statement = try member.statement.get()
                let table = try catalog.tableForItems(statement.table, call)
                return (statement, try LocatedWrite(statement, in: table, showsItem: false))
            }
        }
        try checkDistinct(places.compactMap { try? $0.get().1.key })
        var output = Output(detail: plan.detail)
        var refused: [(units: Int, table: String)] = []
        for place in places {
            switch place {
            case .failure(let error): try output.add(error)
            case .success(let (statement, write)):
                do throws(DynamoError) {
                    let outcome = try write.write.apply(to: &store, table: write.table, key: write.key, call)
                    output.totals.capacity(of: write.tableName) { $0.add(outcome) }
                    output.responses.append(Response(table: write.tableName, item: statement.returned(outcome)))
                } catch {
                    try output.add(error, table: write.tableName)
                    let stored = try store.rows.item(at: write.key)
                    refused.append((CapacityUnits.write(from: stored, to: write.target), write.tableName))
                }
            }
        }
        for (units, table) in refused { output.totals.addRefused(units, of: table) }
        return output
    }

    private static func checkDistinct(_ keys: [StorageKey]) throws(DynamoError) {
        guard Set(keys).count == keys.count else { throw .duplicateKeys }
    }

    // MARK: Answers

    struct Response: Sendable {
        /// Absent from what was refused before it ran.
        var table: String?
        var item: ItemBytes?
        var error: CancellationReason?
    }

    package struct Output: WireOutput {
        let detail: ReturnConsumedCapacity?
        var responses: [Response] = []
        var totals: TableTotals

        init(detail: ReturnConsumedCapacity?) {
            self.detail = detail
            totals = TableTotals(detail, nil)
        }

        /// - Throws: what is no member's own fault, such as a broken disk: nothing is kept then.
        mutating func add(_ error: DynamoError, table: String? = nil) throws(DynamoError) {
            guard let reason = CancellationReason(error) else { throw error }
            responses.append(Response(table: table, error: reason))
        }

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("Responses") {
                    $0.array { json in
                        for response in responses { response.write(to: &json) }
                    }
                }
                if !totals.isEmpty { totals.write(to: &json) }
            }
        }
    }
}

extension BatchExecuteStatement.Response {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            if let error { json.member("Error") { error.write(to: &$0) } }
            json.member("TableName", table)
            if let item { json.member("Item") { $0.splice(item.utf8) } }
        }
    }
}

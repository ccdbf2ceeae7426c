import DyadLanguage
package import DyadModel
package import DyadStore

package enum ExecuteTransaction: StatementOperation {
    package struct Input: WireStructure {
        package init() {}
        var transactStatements: [ParameterizedStatement]?
        var clientRequestToken: String?
        var returnConsumedCapacity: ReturnConsumedCapacity?

        package static let shape = Shape<Self>(
            .requiredOptional("TransactStatements", \.transactStatements, .count(1...TransactionRules.membersMax)),
            .optional("ClientRequestToken", \.clientRequestToken, .length(1...36)),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity))
    }

    package struct ParameterizedStatement: WireStructure {
        package init() {}
        var statement = ""
        var parameters: [WireParameter]?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .required("Statement", \.statement, .length(StatementLimits.text)),
            .optional("Parameters", \.parameters, .count(StatementLimits.parameters)),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Plan: Sendable {
        let members: [(statement: PartiQLStatement, showsItem: Bool)]
        let window: IdempotencyWindow?
        let detail: ReturnConsumedCapacity?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        var members: [(statement: PartiQLStatement, showsItem: Bool)] = []
        var fingerprint = Fingerprint()
        for (index, member) in (input.transactStatements ?? []).enumerated() {
            fingerprint.add(member.statement, member.parameters)
            fingerprint.add(member.onFailure?.rawValue)
            let parameters = try PartiQLStatement.values(of: member.parameters)
            let statement = try inMember(index) { () throws(DynamoError) in
                try PartiQLStatement(parsing: member.statement, parameters)
            }
            members.append((statement, member.onFailure == .allOld))
        }
        guard Set(members.map(\.statement.isRead)).count == 1 else {
            throw .validation(
                "ExecuteTransaction API does not support both read and write operations in the same request.")
        }
        return Plan(
            members: members,
            window: input.clientRequestToken.map {
                IdempotencyWindow(operation: name, token: $0, fingerprint: fingerprint)
            },
            detail: input.returnConsumedCapacity)
    }

    package static func isRead(_ plan: Plan) -> Bool { plan.members.allSatisfy(\.statement.isRead) }

    package typealias Output = TransactionReadOutput

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let located = try locate(plan, in: store.catalog, call) { (member, table) throws(DynamoError) in
            try read(member.statement, in: table)
        }
        try TransactionRules.checkDistinct(located.map { .success($0.key) })
        return try TransactionReads.run(located.map { .success($0) }, plan.detail, in: store, call)
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let located = try locate(plan, in: store.catalog, call) { (member, table) throws(DynamoError) in
            try write(member, in: table)
        }
        try TransactionRules.checkDistinct(located.map { .success($0.key) })
        let totals = try TransactionWrites.run(
            located.map { .success($0) }, plan.window, plan.detail, nil, in: &store, call)
        // A transaction that writes answers no member of its own.
        return Output(items: [], totals: totals)
    }

    // MARK: Members

    /// Where the members go.
    ///
    /// What is wrong with a statement refuses the request; what is wrong with an item or a table cancels it, with a reason
    /// for each member (recorded from AWS: floci's integration tests 25 and 26).
    private static func locate<Place>(
        _ plan: Plan, in catalog: Catalog, _ call: Call,
        _ place: (_ member: (statement: PartiQLStatement, showsItem: Bool), TableRecord) throws(DynamoError) -> Result<
            Place, DynamoError
        >
    ) throws(DynamoError) -> [Place] {
        var places: [Result<Place, DynamoError>] = []
        for (index, member) in plan.members.enumerated() {
            let table: TableRecord
            do throws(DynamoError) {
                table = try catalog.tableForItems(member.statement.table, call)
            } catch {
                places.append(.failure(error))
                continue
            }
            places.append(try inMember(index) { () throws(DynamoError) in try place(member, table) })
        }
        return try TransactionRules.outcomes(places)
    }

    private static func read(
        _ statement: PartiQLStatement, in table: TableRecord
    ) throws(DynamoError) -> Result<LocatedRead, DynamoError> {
        let refusal = DynamoError.validation(
            "Select statements within ExecuteTransaction must specify the primary key in the where clause.")
        guard case .select(let select) = statement else { throw refusal }
        guard select.source.index == nil else {
            throw .validation("Reads on indices are not supported within transactions.")
        }
        if let fault = select.fault { throw fault }
        if select.reference(in: table) == nil {
            // What could not be read by itself says so first.
            _ = try StatementRead(select, in: table, isConsistent: true)
            throw refusal
        }
        return Result { () throws(DynamoError) in try LocatedRead(select, in: table, refusal: refusal) }
    }

    private static func write(
        _ member: (statement: PartiQLStatement, showsItem: Bool), in table: TableRecord
    ) throws(DynamoError) -> Result<LocatedWrite, DynamoError> {
        if member.statement.isReturning {
            throw .validation("RETURNING clause is not supported in ExecuteTransaction.")
        }
        if case .exists(let select) = member.statement {
            guard select.source.index == nil else {
                throw .validation("Operations on indices are not supported in transactions")
            }
            guard (try? select.condition?.item(of: table.key, mayRepeat: true))?.rest != nil else {
                throw .bareExists
            }
        }
        return Result { () throws(DynamoError) in
            try LocatedWrite(member.statement, in: table, showsItem: member.showsItem, keyFault: .keyMismatch)
        }
    }

    /// Says which member an error is of.
    private static func inMember<Value>(
        _ index: Int, _ body: () throws(DynamoError) -> Value
    ) throws(DynamoError) -> Value {
        do throws(DynamoError) {
            return try body()
        } catch {
            throw DynamoError(
                error.code, "Validation failed in TransactStatements[\(index)]: \(error.message ?? "")")
        }
    }
}

package import DyadModel
package import DyadStore

/// What is left of a request once it was found legal.
package enum Work: Sendable {
    case read(@Sendable (ReadTransaction, Call) throws(DynamoError) -> [UInt8])
    case write(@Sendable (inout WriteTransaction, Call) throws(DynamoError) -> [UInt8])
}

/// An operation, its types erased: a line of the catalogue.
package struct Route: Sendable {
    package let name: String
    /// What arrives, with its shape table.
    package let input: any WireStructure.Type
    /// Whether a table may be in a passing state after it.
    package var startsTransition = false
    /// Types, then constraints, then plan.
    package let prepare: @Sendable (JSONNode, Call) throws(DynamoError) -> Work

    package static func read<Op: ReadOperation>(_ operation: Op.Type) -> Route {
        Route(operation) { plan in
            .read { (store, call) throws(DynamoError) in try Op.run(plan, in: store, call).body }
        }
    }

    package static func write<Op: WriteOperation>(_ operation: Op.Type) -> Route {
        var route = Route(operation) { plan in
            .write { (store, call) throws(DynamoError) in try Op.run(plan, in: &store, call).body }
        }
        route.startsTransition = Op.startsTransition
        return route
    }

    package static func statement<Op: StatementOperation>(_ operation: Op.Type) -> Route {
        Route(operation) { plan in
            Op.isRead(plan)
                ? .read { (store, call) throws(DynamoError) in try Op.run(plan, in: store, call).body }
                : .write { (store, call) throws(DynamoError) in try Op.run(plan, in: &store, call).body }
        }
    }

    private init<Op: Operation>(_: Op.Type, _ work: @escaping @Sendable (Op.Plan) -> Work) {
        name = Op.name
        input = Op.Input.self
        prepare = { (node, call) throws(DynamoError) in work(try Op.plan(Op.Input.decode(node), call)) }
    }
}

import DyadLanguage
package import DyadModel
package import DyadStore

package enum TransactGetItems: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var transactItems: [TransactGetItem]?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .requiredOptional("TransactItems", \.transactItems, .count(1...TransactionRules.membersMax)))
    }

    package struct TransactGetItem: WireStructure {
        package init() {}
        var get: Get?
        package static let shape = Shape<Self>(.requiredOptional("Get", \.get))
    }

    package struct Get: WireStructure {
        package init() {}
        var key: WireItem?
        var tableName = ""
        var projectionExpression: String?
        var names: WireMap<Text>?

        package static let shape = Shape<Self>(
            .requiredOptional("Key", \.key),
            .required("TableName", \.tableName, .tableReference),
            .optional("ProjectionExpression", \.projectionExpression),
            .optional("ExpressionAttributeNames", \.names))
    }

    package struct Member: Sendable {
        let table: String
        let key: SizedItem
        let projection: ItemProjection

        fileprivate init(_ get: Get) throws(DynamoError) {
            let parameters = ExpressionParameters(
                names: get.names, expressions: [(.projection, get.projectionExpression)])
            try parameters.checkUse()
            guard let key = try get.key?.checked(.older) else { throw .validation("Value null at 'key'") }
            var placeholders = try parameters.placeholders()
            var projection: ProjectionExpression?
            if let text = get.projectionExpression {
                projection = try ProjectionExpression(parsing: text, &placeholders)
            }
            try placeholders.checkAllUsed()
            table = get.tableName
            self.key = key
            self.projection = ItemProjection(projection, attributesToGet: nil)
        }
    }

    package struct Plan: Sendable {
        let members: [Member]
        let detail: ReturnConsumedCapacity?
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        var members: [Member] = []
        for item in input.transactItems ?? [] {
            if let get = item.get { members.append(try Member(get)) }
        }
        return Plan(members: members, detail: input.returnConsumedCapacity)
    }

    package typealias Output = TransactionReadOutput

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        var tables: [TableRecord] = []
        for member in plan.members { tables.append(try store.catalog.tableForItems(member.table, call)) }
        let places = Array(zip(plan.members, tables))
        for (member, table) in places { try table.checkNoEmptyKeys(of: member.key.bytes) }
        let located = places.map { member, table in
            Result { () throws(DynamoError) in
                LocatedRead(
                    tableName: member.table, table: table, key: try table.key(named: member.key.bytes),
                    projection: member.projection)
            }
        }
        try TransactionRules.checkDistinct(located.map { $0.map(\.key) })
        return try TransactionReads.run(located, plan.detail, in: store, call)
    }
}

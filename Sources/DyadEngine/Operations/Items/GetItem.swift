import DyadLanguage
package import DyadModel
package import DyadStore

package enum GetItem: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        var tableName = ""
        var key: WireItem?
        var consistentRead: Bool?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var attributesToGet: [Text]?
        var projectionExpression: String?
        var names: WireMap<Text>?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("AttributesToGet", \.attributesToGet, .count(1...Int.max)),
            .required("TableName", \.tableName, .tableReference),
            .requiredOptional("Key", \.key),
            .optional("ConsistentRead", \.consistentRead),
            .optional("ProjectionExpression", \.projectionExpression),
            .optional("ExpressionAttributeNames", \.names))
    }

    package struct Plan: Sendable {
        let table: String
        let key: SizedItem
        let projection: ItemProjection
        let isConsistent: Bool
        let detail: ReturnConsumedCapacity?
    }

    package struct Output: WireOutput {
        let item: ItemBytes?
        let capacity: ConsumedCapacity?
        let detail: ReturnConsumedCapacity?

        package var expectedCount: Int { 256 + (item?.utf8.count ?? 0) }

        package func write(to json: inout JSONWriter) {
            json.object { json in
                if let item { json.member("Item") { $0.splice(item.utf8) } }
                json.member("ConsumedCapacity", capacity, detail)
            }
        }
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let parameters = ExpressionParameters(
            names: input.names, legacy: present([("AttributesToGet", input.attributesToGet)]),
            expressions: [(.projection, input.projectionExpression)])
        try parameters.checkUse()
        guard let key = try input.key?.checked(.current) else { throw .validation("Value null at 'key'") }
        try ItemProjection.checkDistinct(input.attributesToGet)
        var placeholders = try parameters.placeholders()
        var projection: ProjectionExpression?
        if let text = input.projectionExpression { projection = try ProjectionExpression(parsing: text, &placeholders) }
        try placeholders.checkAllUsed()
        return Plan(
            table: input.tableName, key: key,
            projection: ItemProjection(projection, attributesToGet: input.attributesToGet),
            isConsistent: input.consistentRead ?? false, detail: input.returnConsumedCapacity)
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.table, call)
        let key = try table.key(named: plan.key.bytes)
        try table.key.checkScalar(plan.projection.paths, "Key")
        let item = try store.rows.item(at: key)
        var capacity: ConsumedCapacity?
        if let detail = plan.detail, detail != .none {
            capacity = ConsumedCapacity(table: plan.table)
            capacity?.tableHalves = CapacityUnits.readHalves(item?.size ?? 0, isConsistent: plan.isConsistent)
        }
        return Output(item: item.map { plan.projection.apply(to: $0.bytes) }, capacity: capacity, detail: plan.detail)
    }
}

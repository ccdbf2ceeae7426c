import DyadLanguage
package import DyadModel
package import DyadStore

package enum UpdateItem: ItemWriteOperation {
    package struct Input: ItemWriteInput {
        package init() {}
        var tableName = ""
        var key: WireItem?
        var returnValues: ReturnValues?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var returnItemCollectionMetrics: ReturnItemCollectionMetrics?
        var onFailure: ReturnValuesOnConditionCheckFailure?
        var updateExpression: String?
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var attributeUpdates: WireMap<AttributeValueUpdate>?
        var expected: WireMap<ExpectedAttributeValue>?
        var conditionalOperator: WriteConditionalOperator?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .required("TableName", \.tableName, .writtenTable).toldAlone,
            .optional("ReturnItemCollectionMetrics", \.returnItemCollectionMetrics),
            .optional("ReturnValues", \.returnValues).toldAlone,
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure),
            .optional("UpdateExpression", \.updateExpression),
            .optional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("AttributeUpdates", \.attributeUpdates),
            .optional("Expected", \.expected),
            .optional("ConditionalOperator", \.conditionalOperator).toldAlone,
            .requiredOptional("Key", \.key))

        package var isBeyondCurrentLayer: Bool {
            key?.faults.areBeyondCurrent == true || values.isBeyondCurrentLayer || expected.isBeyondCurrentLayer
                || attributeUpdates.isBeyondCurrentLayer
        }
    }

    package typealias Output = ItemWriteOutput

    package struct Plan: Sendable {
        let table: String
        let key: SizedItem
        let update: Update?
        let write: ItemWrite
        let returnValues: ReturnValues
        let detail: ReturnConsumedCapacity?
        let metrics: ReturnItemCollectionMetrics?
    }

    package static func plan(_ input: Input, _ layer: ValueLayer) throws(DynamoError) -> Plan {
        let joint = input.conditionalOperator?.value
        let legacy = present([
            ("AttributeUpdates", input.attributeUpdates), ("Expected", input.expected),
            ("ConditionalOperator", input.conditionalOperator),
        ])
        let parameters = ExpressionParameters(
            names: input.names, values: input.values, legacy: legacy,
            expressions: [(.update, input.updateExpression), (.condition, input.conditionExpression)],
            layer: layer, namesAbsentExpressions: layer != .current)
        try parameters.checkUse()
        try ConditionalOperator.check(joint, joining: input.expected.count)
        guard let key = try input.key?.checked(layer) else { throw .validation("Value null at 'key'") }
        let legacyUpdate = try input.attributeUpdates.update(layer)
        let expected = try input.expected.condition(joint, layer)
        var placeholders = try parameters.placeholders()
        var update = legacyUpdate
        if let text = input.updateExpression { update = try Update(parsing: text, &placeholders) }
        let write = try ItemWrite(
            .update(update, key: key), if: expected, or: input.conditionExpression, showing: input.onFailure,
            &placeholders)
        try placeholders.checkAllUsed()
        // Before any condition, and for a lone update only: in a transaction the finished item counts.
        if let charge = update?.charge, charge > ItemWrite.itemBytesMax { throw .updatedItemTooLarge }
        return Plan(
            table: input.tableName, key: key, update: update, write: write, returnValues: input.returnValues ?? .none,
            detail: input.returnConsumedCapacity, metrics: input.returnItemCollectionMetrics)
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.table, call)
        let key = try table.key(named: plan.key.bytes)
        try plan.update?.checkTouches(none: table.key)
        let outcome = try plan.write.apply(to: &store, table: table, key: key, call)
        return try Output(
            outcome, of: plan.key.bytes, at: key, in: table, named: plan.table, plan.detail, plan.metrics,
            attributes: outcome.attributes(plan.returnValues, of: plan.update), on: store.rows)
    }
}

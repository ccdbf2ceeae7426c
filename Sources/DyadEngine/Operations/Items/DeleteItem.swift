import DyadLanguage
package import DyadModel
package import DyadStore

package enum DeleteItem: ItemWriteOperation {
    package struct Input: ItemWriteInput {
        package init() {}
        var tableName = ""
        var key: WireItem?
        var returnValues: ReturnValues?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var returnItemCollectionMetrics: ReturnItemCollectionMetrics?
        var onFailure: ReturnValuesOnConditionCheckFailure?
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var expected: WireMap<ExpectedAttributeValue>?
        var conditionalOperator: WriteConditionalOperator?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("ReturnValues", \.returnValues),
            .optional("ReturnItemCollectionMetrics", \.returnItemCollectionMetrics),
            .required("TableName", \.tableName, .writtenTable).toldAlone,
            .requiredOptional("Key", \.key),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure),
            .optional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("Expected", \.expected),
            .optional("ConditionalOperator", \.conditionalOperator))

        package var isBeyondCurrentLayer: Bool {
            key?.faults.areBeyondCurrent == true || values.isBeyondCurrentLayer || expected.isBeyondCurrentLayer
        }
    }

    package typealias Output = ItemWriteOutput

    package struct Plan: Sendable {
        let table: String
        let key: SizedItem
        let write: ItemWrite
        let returnsOld: Bool
        let detail: ReturnConsumedCapacity?
        let metrics: ReturnItemCollectionMetrics?
    }

    package static func plan(_ input: Input, _ layer: ValueLayer) throws(DynamoError) -> Plan {
        let joint = input.conditionalOperator?.value
        let legacy = present([("Expected", input.expected), ("ConditionalOperator", input.conditionalOperator)])
        let parameters = ExpressionParameters(
            names: input.names, values: input.values, legacy: legacy,
            expressions: [(.condition, input.conditionExpression)], layer: layer,
            namesAbsentExpressions: layer != .current)
        try parameters.checkUse()
        try ConditionalOperator.check(joint, joining: input.expected.count)
        guard let key = try input.key?.checked(layer) else { throw .validation("Value null at 'key'") }
        let returnsOld = try input.returnValues.checkForReplacing()
        let expected = try input.expected.condition(joint, layer)
        var placeholders = try parameters.placeholders()
        let write = try ItemWrite(
            .delete, if: expected, or: input.conditionExpression, showing: input.onFailure, &placeholders)
        try placeholders.checkAllUsed()
        return Plan(
            table: input.tableName, key: key, write: write, returnsOld: returnsOld,
            detail: input.returnConsumedCapacity, metrics: input.returnItemCollectionMetrics)
    }

    package static func run(
        _ plan: Plan, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.table, call)
        let key = try table.key(named: plan.key.bytes)
        let outcome = try plan.write.apply(to: &store, table: table, key: key, call)
        return try Output(
            outcome, of: plan.key.bytes, at: key, in: table, named: plan.table, plan.detail, plan.metrics,
            attributes: plan.returnsOld ? outcome.old?.bytes : nil, on: store.rows)
    }
}

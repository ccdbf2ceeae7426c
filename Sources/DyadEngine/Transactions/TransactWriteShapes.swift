package import DyadModel

/// A member of TransactWriteItems as it arrives: one of four.
package struct TransactWriteItem: WireStructure {
    package init() {}
    var conditionCheck: ConditionCheck?
    var put: Put?
    var delete: Delete?
    var update: Update?

    package static let shape = Shape<Self>(
        .optional("ConditionCheck", \.conditionCheck),
        .optional("Put", \.put),
        .optional("Delete", \.delete),
        .optional("Update", \.update))

    package struct ConditionCheck: WireStructure {
        package init() {}
        var key: WireItem?
        var tableName = ""
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .requiredOptional("Key", \.key),
            .required("TableName", \.tableName, .tableReference),
            .requiredOptional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Put: WireStructure {
        package init() {}
        var item: WireItem?
        var tableName = ""
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .requiredOptional("Item", \.item),
            .required("TableName", \.tableName, .tableReference),
            .optional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Delete: WireStructure {
        package init() {}
        var key: WireItem?
        var tableName = ""
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .requiredOptional("Key", \.key),
            .required("TableName", \.tableName, .tableReference),
            .optional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }

    package struct Update: WireStructure {
        package init() {}
        var key: WireItem?
        var updateExpression: String?
        var tableName = ""
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        package static let shape = Shape<Self>(
            .requiredOptional("Key", \.key),
            .requiredOptional("UpdateExpression", \.updateExpression),
            .required("TableName", \.tableName, .tableReference),
            .optional("ConditionExpression", \.conditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("ReturnValuesOnConditionCheckFailure", \.onFailure))
    }
}

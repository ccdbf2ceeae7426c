import DyadLanguage
package import DyadModel
package import DyadStore

package enum Query: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        var tableName = ""
        var indexName: String?
        var select: Select?
        var limit: Int?
        var consistentRead: Bool?
        var scanIndexForward: Bool?
        var exclusiveStartKey: WireItem?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var attributesToGet: [Text]?
        var projectionExpression: String?
        var filterExpression: String?
        var keyConditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var keyConditions: WireMap<AttributeCondition>?
        var queryFilter: WireMap<AttributeCondition>?
        var conditionalOperator: QueryConditionalOperator?

        package static let shape = Shape<Self>(
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("AttributesToGet", \.attributesToGet, .count(1...Int.max)),
            .optional("Select", \.select),
            .required("TableName", \.tableName, .tableReference),
            .optional("IndexName", \.indexName, .namePattern, .length(3...255)),
            .optional("Limit", \.limit),
            .optional("ConsistentRead", \.consistentRead),
            .optional("ScanIndexForward", \.scanIndexForward),
            .optional("ExclusiveStartKey", \.exclusiveStartKey),
            .optional("ProjectionExpression", \.projectionExpression),
            .optional("FilterExpression", \.filterExpression),
            .optional("KeyConditionExpression", \.keyConditionExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("KeyConditions", \.keyConditions),
            .optional("QueryFilter", \.queryFilter),
            .optional("ConditionalOperator", \.conditionalOperator))
    }

    package struct Plan: Sendable {
        let table: String
        let key: KeyCondition
        let page: PageParameters
        let descending: Bool
        let startKey: ItemBytes?
    }

    package typealias Output = PageOutput

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        if let limit = input.limit, limit < 1 {
            // AWS words this one constraint unlike all others: captures of all regions, 2026.
            throw .validation(
                "1 validation error detected: Value at 'Limit' failed to satisfy constraint: "
                    + "Member must have value greater than or equal to 1")
        }
        let legacy = present([
            ("AttributesToGet", input.attributesToGet), ("QueryFilter", input.queryFilter),
            ("ConditionalOperator", input.conditionalOperator),
            // Beside other expressions it is legal.
            ("KeyConditions", input.keyConditionExpression == nil ? nil : input.keyConditions),
        ])
        let parameters = ExpressionParameters(
            names: input.names, values: input.values, legacy: legacy,
            expressions: [
                (.projection, input.projectionExpression), (.filter, input.filterExpression),
                (.keyCondition, input.keyConditionExpression),
            ], layer: .current)
        try parameters.checkUse()
        let joint = input.conditionalOperator?.value
        try ConditionalOperator.check(joint, joining: input.queryFilter.count)
        let legacyFilter = Condition(legacy: try input.queryFilter.legal(.current), joinedBy: joint)
        try ItemProjection.checkDistinct(input.attributesToGet)
        let startKey = try input.exclusiveStartKey?.checked(.current).bytes
        guard input.keyConditions != nil || input.keyConditionExpression != nil else {
            throw .validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
        }
        let legacyKeys = try input.keyConditions.legal(.current)
        var placeholders = try parameters.placeholders()
        let key =
            if let text = input.keyConditionExpression {
                try KeyCondition(parsing: text, &placeholders)
            } else {
                try KeyCondition(legacy: legacyKeys)
            }
        var page = PageParameters(
            indexName: input.indexName, select: input.select, attributesToGet: input.attributesToGet,
            isConsistent: input.consistentRead ?? false, limit: input.limit, detail: input.returnConsumedCapacity)
        page.filter = legacyFilter
        if let text = input.filterExpression {
            page.filter = try Condition(parsing: text, as: .filter, &placeholders)
        }
        if let text = input.projectionExpression {
            page.projection = try ProjectionExpression(parsing: text, &placeholders)
        }
        try placeholders.checkAllUsed()
        try key.checkShape()
        try page.checkSelect(envelope: "1 validation error detected: ")
        return Plan(
            table: input.tableName, key: key, page: page, descending: input.scanIndexForward == false,
            startKey: startKey)
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.table, call)
        let source = try ReadSource(table, indexName: plan.page.indexName)
        try source.checkConsistency(plan.page.isConsistent)
        if let startKey = plan.startKey, startKey.attributeCount != source.positionNames.count {
            throw .invalidStartKey
        }
        let condition = try plan.key.bind(to: source.key)
        var range = try source.range(of: condition)
        if let startKey = plan.startKey {
            let position = try source.position(of: startKey, shape: .invalidStartKey, type: .keyMismatch)
            try source.check(position, startKey, within: range, of: condition)
            range = range.behind(position, descending: plan.descending)
        }
        try source.checkScalarKeys(plan.page.paths)
        try plan.page.filter?.checkFilters(none: source.key)
        try source.check(filterNames: Set((plan.page.filter?.paths ?? []).map(\.root)).sorted())
        let reader = try plan.page.reader(of: source, range, descending: plan.descending)
        return try plan.page.output(reader, store.rows, named: plan.table)
    }
}

/// AWS tells of another word than these before anything else, and of the words as they are not.
///
/// Source: paritysuite/dynamodb-conformance, validation-ordering/query, captured from two regions in October 2026.
struct QueryConditionalOperator: WireValue {
    let value: ConditionalOperator

    static var expected: ExpectedType { .string }
    var wireDescription: String { value.rawValue }

    static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> QueryConditionalOperator? {
        guard let word = try String.read(node, &faults) else { return nil }
        if let value = ConditionalOperator(rawValue: word) { return QueryConditionalOperator(value: value) }
        faults.noteFirst(
            .validation("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"))
        return nil
    }
}

extension DynamoError {
    static let invalidStartKey = DynamoError.validation("The provided starting key is invalid")
    static let invalidStartKeySchema = DynamoError.validation(
        "The provided starting key is invalid: The provided key element does not match the schema")
}

extension ReadSource {
    /// The rows that a key condition names: one run of keys.
    func range(of condition: BoundKeyCondition) throws(DynamoError) -> KeyRange {
        let partition = condition.partition.compactMap { KeyComponent($0) }
        try KeyLimits.check(partition: partition)
        let sort = condition.sortEquals.compactMap { KeyComponent($0) }
        let prefix = StorageKey(space: space, partition: partition[...], sort: sort[...])
        guard let last = condition.sort else { return KeyRange(prefix: prefix) }
        func key(_ value: AttributeValue, isClosed: Bool = true) throws(DynamoError) -> StorageKey {
            guard let component = KeyComponent(value) else { throw .keyMismatch }
            try KeyLimits.check(sort: sort + [component])
            var key = prefix
            if isClosed { key.append(sort: component) } else { key.appendOpen(sort: component) }
            return key
        }
        let end = prefix.successorOfPrefix
        switch last {
        case .equal(let value): return KeyRange(prefix: try key(value))
        case .less(let value): return KeyRange(from: prefix, to: try key(value))
        case .lessOrEqual(let value): return KeyRange(from: prefix, to: try key(value).successorOfPrefix)
        case .greater(let value): return KeyRange(from: try key(value).successorOfPrefix ?? prefix, to: end)
        case .greaterOrEqual(let value): return KeyRange(from: try key(value), to: end)
        case .between(let lower, let upper):
            return KeyRange(from: try key(lower), to: try key(upper).successorOfPrefix)
        case .beginsWith(let value): return KeyRange(prefix: try key(value, isClosed: false))
        }
    }

    /// A start key must lie where the query reads. Words: dynalite's tests.
    func check(
        _ position: StorageKey, _ startKey: ItemBytes, within range: KeyRange, of condition: BoundKeyCondition
    ) throws(DynamoError) {
        guard !range.contains(position) else { return }
        guard condition.sort != nil else {
            throw .validation("The provided starting key is outside query boundaries based on provided conditions")
        }
        // Where the start key would stand if it were of the partition that is read.
        var moved = StorageKey(space: space, partition: condition.partition.compactMap { KeyComponent($0) }[...])
        for attribute in key.sort {
            if let component = startKey.attribute(named: attribute.name).flatMap({ KeyComponent($0) }) {
                moved.append(sort: component)
            }
        }
        guard range.contains(moved) else {
            throw .validation("The provided starting key does not match the range key predicate")
        }
        throw .validation("The query can return at most one row and cannot be restarted")
    }
}

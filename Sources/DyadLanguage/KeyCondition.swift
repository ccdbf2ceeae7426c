package import DyadModel

/// A KeyConditionExpression that is known to be a legal expression. Whether it is a legal condition of a key is told by
/// `checkShape`, whether of this key by `bind`: AWS checks the first before it looks for the table.
package struct KeyCondition: Sendable {
    private enum Source: Sendable {
        case expression(Predicate)
        case legacy([LegacyCondition])
    }

    private let source: Source

    /// - Throws: AWS's complaint about the expression; its grammar and checks are those of any condition.
    package init(parsing text: String, _ placeholders: inout Placeholders) throws(DynamoError) {
        let tree = try ConditionText.reading(text, as: .keyCondition).tree
        source = .expression(try ConditionChecks.predicate(tree, as: .keyCondition, &placeholders))
    }

    /// KeyConditions, each of another attribute.
    package init(legacy conditions: [LegacyCondition]) throws(DynamoError) {
        guard !conditions.isEmpty else { throw .wrongKeyConditionCount }
        source = .legacy(conditions)
    }

    /// - Throws: when it is no conjunction of one condition for each of some attributes, in AWS's words. To be called
    ///   when all the request's expressions are parsed (dynalite's order).
    package func checkShape() throws(DynamoError) { _ = try conditions() }

    /// Binds it to the key of the table or index that is queried.
    ///
    /// - Throws: the complaints of `checkShape`, then those about this key.
    package func bind(to schema: KeySchema) throws(DynamoError) -> BoundKeyCondition {
        try checkIndexable(schema)
        let conditions = try conditions()
        try schema.checkCount(conditions.count)
        try schema.checkCoverage(conditions)
        var partition: [AttributeValue] = []
        for attribute in schema.partition {
            guard let condition = conditions[attribute.name] else { throw .missedKey(attribute.name) }
            try condition.check(type: attribute)
            guard case .equal(let value) = condition else { throw .unsupportedKeyCondition }
            try condition.checkNotEmpty(attribute)
            partition.append(value)
        }
        var sort = try sortConditions(conditions, schema)
        let last = sort.popLast()
        var equals: [AttributeValue] = []
        for condition in sort {
            guard case .equal(let value) = condition else { throw .unsupportedKeyCondition }
            equals.append(value)
        }
        return BoundKeyCondition(partition: partition, sortEquals: equals, sort: last)
    }

    private func sortConditions(
        _ conditions: [Text: SortCondition], _ schema: KeySchema
    ) throws(DynamoError) -> [SortCondition] {
        var found: [SortCondition] = []
        for attribute in schema.sort {
            guard let condition = conditions[attribute.name] else { break }
            try condition.check(type: attribute)
            try condition.checkNotEmpty(attribute)
            found.append(condition)
        }
        return found
    }

    /// The older interface takes operators that no key can answer, and tells so attribute by attribute.
    private func checkIndexable(_ schema: KeySchema) throws(DynamoError) {
        guard case .legacy(let conditions) = source else { return }
        try schema.checkCount(conditions.count)
        let asked =
            schema.isMultiple
            ? schema.attributes.filter { attribute in conditions.contains { $0.attribute == attribute.name } }
            : Array(schema.attributes.prefix(max(conditions.count, schema.partition.count)))
        for attribute in asked {
            guard let condition = conditions.first(where: { $0.attribute == attribute.name }) else {
                throw .missedKey(attribute.name)
            }
            guard condition.sortCondition != nil else {
                throw .validation("Attempted conditional constraint is not an indexable operation")
            }
        }
    }

    private func conditions() throws(DynamoError) -> [Text: SortCondition] {
        let predicate: Predicate
        switch source {
        case .expression(let given): predicate = given
        case .legacy(let given):
            var conditions: [Text: SortCondition] = [:]
            for condition in given { conditions[condition.attribute] = condition.sortCondition }
            return conditions
        }
        var reader = KeyConditionReader()
        try reader.read(predicate)
        return reader.conditions
    }
}

extension KeySchema {
    /// A key of the kind that only global indexes have: their complaints are younger, and worded otherwise.
    fileprivate var isMultiple: Bool { partition.count > 1 || sort.count > 1 }

    /// Words: paritysuite/dynamodb-conformance, queryKeyConditionOperands, captured from eu-west-2 in 2026. They are
    /// taken for keys of any length.
    fileprivate func checkCount(_ count: Int) throws(DynamoError) {
        guard count > attributes.count else { return }
        throw .validation(
            "The number of query conditions (\(count)) exceeds the number of key attributes defined in the schema "
                + "(\(attributes.count))")
    }

    /// All partition attributes must have a condition, and as many of the sort attributes as there are conditions left,
    /// from the left without a gap.
    fileprivate func checkCoverage(_ conditions: [Text: SortCondition]) throws(DynamoError) {
        if isMultiple { try checkEqualities(conditions) }
        for attribute in partition where conditions[attribute.name] == nil { throw .missedKey(attribute.name) }
        for attribute in sort.prefix(conditions.count - partition.count) where conditions[attribute.name] == nil {
            throw .missedKey(attribute.name)
        }
    }

    /// Words of the sort attributes' complaint: paritysuite/dynamodb-conformance, multiAttributeGsiKey, captured from
    /// three regions. That the partition attributes' has the same form is known from its first words alone.
    private func checkEqualities(_ conditions: [Text: SortCondition]) throws(DynamoError) {
        func lacking(_ attributes: some Sequence<Attribute>) -> String? {
            let names = attributes.map(\.name).filter { conditions[$0]?.isEqual != true }
            return names.isEmpty ? nil : names.map(\.string).joined(separator: ", ")
        }
        if let names = lacking(partition) {
            throw .validation("HASH key attributes \(names) must have equality conditions specified in the query")
        }
        for (place, attribute) in sort.enumerated() where conditions[attribute.name] != nil {
            guard let names = lacking(sort.prefix(place)) else { continue }
            throw .validation(
                "RANGE key attributes \(names) must have equality conditions specified in the query because a condition "
                    + "is present on key attribute \(attribute.name)")
        }
    }
}

/// What a Query asks of the key, in the key's order.
package struct BoundKeyCondition: Sendable, Hashable {
    /// One value for each partition attribute.
    package let partition: [AttributeValue]
    /// Leading sort attributes that are fixed by `=`; all but the last that has a condition.
    package let sortEquals: [AttributeValue]
    /// The condition on the sort attribute behind those; nil when there is none.
    package let sort: SortCondition?

    package init(partition: [AttributeValue], sortEquals: [AttributeValue], sort: SortCondition?) {
        self.partition = partition
        self.sortEquals = sortEquals
        self.sort = sort
    }
}

package enum SortCondition: Sendable, Hashable {
    case equal(AttributeValue)
    case less(AttributeValue)
    case lessOrEqual(AttributeValue)
    case greater(AttributeValue)
    case greaterOrEqual(AttributeValue)
    case between(AttributeValue, AttributeValue)
    case beginsWith(AttributeValue)

    fileprivate var isEqual: Bool {
        if case .equal = self { return true }
        return false
    }

    package var values: [AttributeValue] {
        switch self {
        case .equal(let value), .less(let value), .lessOrEqual(let value), .greater(let value),
            .greaterOrEqual(let value), .beginsWith(let value):
            [value]
        case .between(let lower, let upper): [lower, upper]
        }
    }

    fileprivate func check(type attribute: KeySchema.Attribute) throws(DynamoError) {
        for value in values where value.kind.rawValue != attribute.type.rawValue {
            throw .validation(
                "One or more parameter values were invalid: Condition parameter type does not match schema type")
        }
    }

    fileprivate func checkNotEmpty(_ attribute: KeySchema.Attribute) throws(DynamoError) {
        for value in values {
            let type: String
            switch value {
            case .string(let text) where text.isEmpty: type = "string"
            case .binary(let bytes) where bytes.isEmpty: type = "binary"
            default: continue
            }
            throw .validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                    + "empty \(type) value. Key: \(attribute.name)")
        }
    }
}

extension DynamoError {
    fileprivate static let wrongKeyConditionCount = DynamoError.validation("Conditions can be of length 1 or 2 only")
    fileprivate static func missedKey(_ name: Text) -> DynamoError {
        .validation("Query condition missed key schema element: \(name)")
    }
    fileprivate static let unsupportedKeyCondition = DynamoError.validation("Query key condition not supported")
}

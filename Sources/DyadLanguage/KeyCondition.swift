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
        source = .expression(try ConditionChecks.predicate(text, as: .keyCondition, &placeholders))
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
        // Tables and old indexes have two attributes at most, and AWS still says so.
        guard conditions.count <= max(2, schema.attributes.count) else { throw .wrongKeyConditionCount }
        try checkCoverage(conditions, schema)
        var partition: [AttributeValue] = []
        for attribute in schema.partition {
            guard let condition = conditions[attribute.name] else { throw .missedKey(attribute.name) }
            try condition.check(type: attribute)
            guard case .equal(let value) = condition else { throw .unsupportedKeyCondition }
            try condition.checkNotEmpty(attribute)
            partition.append(value)
        }
        guard conditions.count <= schema.attributes.count else { throw .unsupportedKeyCondition }
        var sort = try sortConditions(conditions, schema)
        let last = sort.popLast()
        var equals: [AttributeValue] = []
        for condition in sort {
            guard case .equal(let value) = condition else { throw .unsupportedKeyCondition }
            equals.append(value)
        }
        return BoundKeyCondition(partition: partition, sortEquals: equals, sort: last)
    }

    /// All partition attributes must have a condition, and as many of the sort attributes as there are conditions left,
    /// from the left without a gap.
    private func checkCoverage(_ conditions: [Text: SortCondition], _ schema: KeySchema) throws(DynamoError) {
        for attribute in schema.partition where conditions[attribute.name] == nil {
            throw .missedKey(attribute.name)
        }
        for attribute in schema.sort.prefix(conditions.count - schema.partition.count)
        where conditions[attribute.name] == nil {
            throw .missedKey(attribute.name)
        }
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
        guard conditions.count <= max(2, schema.attributes.count) else { throw .wrongKeyConditionCount }
        if conditions.count > schema.attributes.count { throw .unsupportedKeyCondition }
        for attribute in schema.attributes.prefix(max(conditions.count, schema.partition.count)) {
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

import DyadLanguage
import DyadModel

// The parameters from before expressions, as they arrive. What they mean is told by DyadLanguage.

/// An element of Expected.
struct ExpectedAttributeValue: WireStructure {
    var value: WireAttributeValue?
    var exists: Bool?
    var comparisonOperator: ComparisonOperator?
    var attributeValueList: [WireAttributeValue]?

    static var isNamedByAttribute: Bool { true }

    static let shape = Shape<Self>(
        .optional("Value", \.value),
        .optional("Exists", \.exists),
        .optional("ComparisonOperator", \.comparisonOperator),
        .optional("AttributeValueList", \.attributeValueList))
}

/// An element of QueryFilter, ScanFilter and KeyConditions: the service model's Condition.
struct AttributeCondition: WireStructure {
    var comparisonOperator: ComparisonOperator?
    var attributeValueList: [WireAttributeValue]?

    static var expected: ExpectedType { .structure("Condition") }
    static var isNamedByAttribute: Bool { true }

    static let shape = Shape<Self>(
        .optional("AttributeValueList", \.attributeValueList),
        .requiredOptional("ComparisonOperator", \.comparisonOperator))
}

/// An element of AttributeUpdates.
struct AttributeValueUpdate: WireStructure {
    var value: WireAttributeValue?
    var action: AttributeAction?

    static var isNamedByAttribute: Bool { true }

    static let shape = Shape<Self>(
        .optional("Value", \.value),
        .optional("Action", \.action))
}

extension WireMap<ExpectedAttributeValue>? {
    var count: Int { self?.entries.count ?? 0 }

    func condition(_ joint: ConditionalOperator?, _ layer: ValueLayer) throws(DynamoError) -> DyadLanguage.Condition? {
        var conditions: [LegacyCondition] = []
        for (attribute, expected) in self?.entries ?? [] { conditions.append(try expected.legal(attribute, layer)) }
        return DyadLanguage.Condition(legacy: conditions, joinedBy: joint)
    }
}

extension WireMap<AttributeCondition>? {
    var count: Int { self?.entries.count ?? 0 }

    func legal(_ layer: ValueLayer) throws(DynamoError) -> [LegacyCondition] {
        var conditions: [LegacyCondition] = []
        for (attribute, condition) in self?.entries ?? [] {
            guard let comparison = condition.comparisonOperator else { continue }
            conditions.append(
                try LegacyCondition(attribute, comparison, condition.attributeValueList.checked(layer)))
        }
        return conditions
    }
}

extension WireMap<AttributeValueUpdate>? {
    func update(_ layer: ValueLayer) throws(DynamoError) -> Update? {
        guard let self else { return nil }
        var updates: [LegacyUpdate] = []
        for (attribute, update) in self.entries {
            guard !attribute.isEmpty else { throw .emptyAttributeName }
            updates.append(try LegacyUpdate(attribute, update.action, update.value?.checked(layer)))
        }
        return Update(legacy: updates)
    }
}

extension ExpectedAttributeValue {
    /// Order and words: dynalite's tests, which were compared with AWS.
    fileprivate func legal(_ attribute: Text, _ layer: ValueLayer) throws(DynamoError) -> LegacyCondition {
        if attributeValueList != nil, value != nil {
            throw .invalidValue("Value and AttributeValueList cannot be used together for Attribute: \(attribute)")
        }
        guard let comparison = comparisonOperator else { return try legalWithoutOperator(attribute, layer) }
        if exists != nil {
            throw .invalidValue("Exists and ComparisonOperator cannot be used together for Attribute: \(attribute)")
        }
        let takesNone = comparison == .null || comparison == .notNull
        guard takesNone || attributeValueList != nil || value != nil else {
            throw .invalidValue(
                "Value or AttributeValueList must be used with ComparisonOperator: \(comparison.rawValue) "
                    + "for Attribute: \(attribute)")
        }
        let values = attributeValueList ?? value.map { [$0] } ?? []
        return try LegacyCondition(attribute, comparison, Optional(values).checked(layer))
    }

    /// `Exists: true` needs a value and says nothing more than it; `Exists: false` has none.
    private func legalWithoutOperator(
        _ attribute: Text, _ layer: ValueLayer
    ) throws(DynamoError) -> LegacyCondition {
        if attributeValueList != nil {
            throw .invalidValue(
                "AttributeValueList can only be used with a ComparisonOperator for Attribute: \(attribute)")
        }
        if exists ?? true {
            guard let value else {
                throw .invalidValue(
                    "Value must be provided when Exists is \(exists.map(String.init) ?? "null") "
                        + "for Attribute: \(attribute)")
            }
            return try LegacyCondition(attribute, .equal, [value.checked(layer)])
        }
        guard value == nil else {
            throw .invalidValue("Value cannot be used when Exists is false for Attribute: \(attribute)")
        }
        return try LegacyCondition(attribute, .null, [])
    }
}

extension [WireAttributeValue]? {
    fileprivate func checked(_ layer: ValueLayer) throws(DynamoError) -> [AttributeValue] {
        var values: [AttributeValue] = []
        for value in self ?? [] { values.append(try value.checked(layer)) }
        return values
    }
}

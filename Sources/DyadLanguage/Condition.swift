package import DyadModel

/// A ConditionExpression or FilterExpression that is known to be legal.
package struct Condition: Sendable {
    private let predicate: Predicate
    private let isLegacy: Bool

    /// The paths it mentions.
    package let paths: Set<DocumentPath>

    /// The top-level attributes it mentions.
    package var rootNames: Set<Text> { Set(paths.map(\.root)) }

    /// - Throws: AWS's complaint about the expression: syntax first, then meaning.
    package init(
        parsing text: String, as kind: ExpressionKind, _ placeholders: inout Placeholders
    ) throws(DynamoError) {
        let text = try ConditionText.reading(text, as: kind)
        if let whole = text.whole {
            self = whole
        } else {
            self.init(try ConditionChecks.predicate(text.tree, as: kind, &placeholders))
        }
    }

    /// What passed the checks.
    init(_ predicate: Predicate) {
        self.predicate = predicate
        paths = predicate.paths
        isLegacy = false
    }

    /// That there is an item, and that the condition holds of it.
    ///
    /// - Parameter key: any attribute of the table's key.
    package init(itemExists key: Text, and condition: Condition?) {
        let exists = Predicate.exists(DocumentPath(root: key))
        self.init(condition.map { .and([exists, $0.predicate]) } ?? exists)
    }

    /// That there is no item, or that the condition holds of it; without a condition, that there is none.
    package init(itemIsMissing key: Text, or condition: Condition?) {
        let isMissing = Predicate.notExists(DocumentPath(root: key))
        self.init(condition.map { .or([isMissing, $0.predicate]) } ?? isMissing)
    }

    /// Expected, QueryFilter or ScanFilter; nil when nothing is asked.
    package init?(legacy conditions: [LegacyCondition], joinedBy joint: ConditionalOperator?) {
        guard !conditions.isEmpty else { return nil }
        let parts = conditions.map(\.predicate)
        predicate = joint == .or ? .or(parts) : .and(parts)
        paths = predicate.paths
        isLegacy = true
    }

    /// Never an error: what an item lacks makes a condition false.
    package func isSatisfied(by source: some AttributeSource) -> Bool { predicate.holds(of: source) }

    /// Query's filters see items by their key already; so the key of what is queried may not stand in them.
    package func checkFilters(none schema: KeySchema) throws(DynamoError) {
        for attribute in schema.attributes where rootNames.contains(attribute.name) {
            throw .validation(
                "\(isLegacy ? "QueryFilter" : "Filter Expression") can only contain non-primary key attributes: "
                    + "Primary key attribute: \(attribute.name)")
        }
    }
}

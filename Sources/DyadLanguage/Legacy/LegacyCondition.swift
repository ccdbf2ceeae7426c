package import DyadModel

// The interface from before expressions: a map from attributes to comparisons. It lowers to the same predicates.

/// The order is the one in which AWS lists the words.
package enum ComparisonOperator: String, WireEnum {
    case isIn = "IN"
    case null = "NULL"
    case between = "BETWEEN"
    case less = "LT"
    case notContains = "NOT_CONTAINS"
    case equal = "EQ"
    case greater = "GT"
    case notNull = "NOT_NULL"
    case notEqual = "NE"
    case lessOrEqual = "LE"
    case beginsWith = "BEGINS_WITH"
    case greaterOrEqual = "GE"
    case contains = "CONTAINS"
}

package enum ConditionalOperator: String, WireEnum {
    case or = "OR"
    case and = "AND"

    /// - Parameter count: how many conditions it joins.
    /// - Throws: when there is nothing to join. Words: DynamoDB local's enumeration of errors.
    package static func check(_ given: ConditionalOperator?, joining count: Int) throws(DynamoError) {
        guard given != nil, count < 2 else { return }
        throw .validation(
            count == 0
                ? "ConditionalOperator cannot be used without Filter or Expected"
                : "ConditionalOperator can only be used when Filter or Expected has two or more elements")
    }
}

/// One attribute's condition in Expected, QueryFilter, ScanFilter or KeyConditions, known to be legal.
package struct LegacyCondition: Sendable, Hashable {
    package let attribute: Text
    package let comparison: ComparisonOperator
    package let values: [AttributeValue]

    /// - Throws: AWS's refusals of arguments: their number, their types, bounds the wrong way round.
    package init(
        _ attribute: Text, _ comparison: ComparisonOperator, _ values: [AttributeValue]
    ) throws(DynamoError) {
        try comparison.check(values)
        self.attribute = attribute
        self.comparison = comparison
        self.values = values
    }

    var predicate: Predicate {
        let path = DocumentPath(root: attribute)
        let operand = Operand.path(path)
        let operands = values.map(Operand.value)
        func compare(_ comparator: Comparator) -> Predicate { .comparison(comparator, operand, operands[0]) }
        return switch comparison {
        case .equal: compare(.equal)
        case .notEqual: compare(.notEqual)
        case .less: compare(.less)
        case .lessOrEqual: compare(.lessOrEqual)
        case .greater: compare(.greater)
        case .greaterOrEqual: compare(.greaterOrEqual)
        case .between: .between(operand, lower: operands[0], upper: operands[1])
        case .isIn: .isIn(operand, operands)
        case .beginsWith: .beginsWith(operand, prefix: operands[0])
        case .contains: .contains(operand, operands[0])
        // False of what is absent, unlike NE (ScyllaDB's test_expected.py, run against AWS).
        case .notContains: .and([.exists(path), .not(.contains(operand, operands[0]))])
        // Neither looks at the type NULL: they ask whether there is an attribute.
        case .null: .notExists(path)
        case .notNull: .exists(path)
        }
    }

    /// What it asks of a key attribute; nil when keys cannot answer it.
    var sortCondition: SortCondition? {
        switch comparison {
        case .equal: .equal(values[0])
        case .less: .less(values[0])
        case .lessOrEqual: .lessOrEqual(values[0])
        case .greater: .greater(values[0])
        case .greaterOrEqual: .greaterOrEqual(values[0])
        case .between: .between(values[0], values[1])
        case .beginsWith: .beginsWith(values[0])
        case .isIn, .null, .notContains, .notNull, .notEqual, .contains: nil
        }
    }
}

extension ComparisonOperator {
    private var argumentCounts: ClosedRange<Int> {
        switch self {
        case .null, .notNull: 0...0
        case .between: 2...2
        case .isIn: 1...Int.max
        default: 1...1
        }
    }

    /// Sources: ScyllaDB's test_expected.py and test_query_filter.py; BOOL and NULL in CONTAINS: the DAX client.
    private func supports(_ kind: AttributeValue.Kind) -> Bool {
        switch self {
        case .equal, .notEqual: true
        case .beginsWith: kind == .string || kind == .binary
        case .contains, .notContains: kind.isScalar
        default: kind.isOrdered
        }
    }

    /// Order and words: dynalite's tests, which were compared with AWS.
    fileprivate func check(_ values: [AttributeValue]) throws(DynamoError) {
        let invalid = "One or more parameter values were invalid: "
        guard argumentCounts.contains(values.count) else {
            throw .validation(invalid + "Invalid number of argument(s) for the \(rawValue) ComparisonOperator")
        }
        guard values.allSatisfy({ $0.kind == values.first?.kind }) else {
            throw .validation(invalid + "AttributeValues inside AttributeValueList must be of same type")
        }
        for value in values where !supports(value.kind) {
            throw .validation(
                invalid + "ComparisonOperator \(rawValue) is not valid for \(value.kind.rawValue) AttributeValue type")
        }
        if self == .between, values[1].precedes(values[0]) {
            throw .validation(
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
        }
    }
}

extension AttributeValue.Kind {
    fileprivate var isOrdered: Bool { self == .string || self == .number || self == .binary }
    fileprivate var isScalar: Bool { isOrdered || self == .bool || self == .null }
}

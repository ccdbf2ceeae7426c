import DyadModel

/// Reads a predicate as one condition for each of some top-level attributes. The complaints and their order are those
/// that dynalite found. Most bear no "Invalid KeyConditionExpression" before them; that of two conditions for one
/// attribute does (paritysuite/dynamodb-conformance, queryKeyConditionOperands, captured from eu-west-2 in 2026).
struct KeyConditionReader {
    private(set) var conditions: [Text: SortCondition] = [:]

    mutating func read(_ predicate: Predicate) throws(DynamoError) {
        switch predicate {
        case .and(let parts): for part in parts { try read(part) }
        case .or: throw .invalidKeyOperator("OR")
        case .not: throw .invalidKeyOperator("NOT")
        case .isIn: throw .invalidKeyOperator("IN")
        case .exists: throw .invalidKeyOperator("attribute_exists")
        case .notExists: throw .invalidKeyOperator("attribute_not_exists")
        case .hasType: throw .invalidKeyOperator("attribute_type")
        case .contains: throw .invalidKeyOperator("contains")
        case .comparison(.notEqual, _, _): throw .invalidKeyOperator("<>")
        case .comparison(let comparator, let left, let right): try read(comparator, left, right)
        case .between(let key, let lower, let upper):
            guard key.path != nil else { throw .keyOperandNotFirst("BETWEEN") }
            let (name, values) = try split([key, lower, upper])
            try add(.between(values[0], values[1]), for: name)
        case .beginsWith(let key, let prefix):
            guard key.path != nil else { throw .keyOperandNotFirst("begins_with") }
            let (name, values) = try split([key, prefix])
            try add(.beginsWith(values[0]), for: name)
        }
    }

    /// The attribute may stand on either side: `:c < c` is `c > :c` (ScyllaDB's test_key_condition_expression.py).
    private mutating func read(_ comparator: Comparator, _ left: Operand, _ right: Operand) throws(DynamoError) {
        let (name, values) = try split([left, right])
        let value = values[0]
        let isTurned = left.path == nil
        switch comparator {
        case .equal: try add(.equal(value), for: name)
        case .less: try add(isTurned ? .greater(value) : .less(value), for: name)
        case .lessOrEqual: try add(isTurned ? .greaterOrEqual(value) : .lessOrEqual(value), for: name)
        case .greater: try add(isTurned ? .less(value) : .greater(value), for: name)
        case .greaterOrEqual: try add(isTurned ? .lessOrEqual(value) : .greaterOrEqual(value), for: name)
        case .notEqual: throw .invalidKeyOperator("<>")
        }
    }

    private mutating func add(_ condition: SortCondition, for name: Text) throws(DynamoError) {
        guard conditions.updateValue(condition, forKey: name) == nil else {
            throw .validation(
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
        }
    }

    /// The one attribute among the operands, and the values.
    private func split(_ operands: [Operand]) throws(DynamoError) -> (name: Text, values: [AttributeValue]) {
        var name: Text?
        var values: [AttributeValue] = []
        for operand in operands {
            switch operand {
            case .path(let path):
                guard name == nil else {
                    throw .validation(
                        "Invalid condition in KeyConditionExpression: "
                            + "Multiple attribute names used in one condition")
                }
                guard path.steps.isEmpty else {
                    throw .validation("KeyConditionExpressions cannot have conditions on nested attributes")
                }
                name = path.root
            case .size, .truth: throw .validation("KeyConditionExpressions cannot contain nested operations")
            case .value(let value): values.append(value)
            }
        }
        guard let name else {
            throw .validation("Invalid condition in KeyConditionExpression: No key attribute specified")
        }
        return (name, values)
    }
}

extension DynamoError {
    fileprivate static func invalidKeyOperator(_ name: String) -> DynamoError {
        .validation("Invalid operator used in KeyConditionExpression: \(name)")
    }

    fileprivate static func keyOperandNotFirst(_ name: String) -> DynamoError {
        .validation(
            "Invalid condition in KeyConditionExpression: "
                + "\(name) operator must have the key attribute as its first operand")
    }
}

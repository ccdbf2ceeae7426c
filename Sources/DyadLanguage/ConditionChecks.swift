import DyadModel

/// Makes a `Predicate` of what the parser read, with AWS's complaints in AWS's order (as dynalite's tests found it):
/// parentheses, unknown functions, misplaced functions, reserved words, each over the whole expression; then, for one
/// condition after the other, undefined placeholders, operand counts, equal operands, operand types.
struct ConditionChecks {
    private var resolver: Resolver
    private var kind: ExpressionKind { resolver.kind }

    /// The checks over the whole expression, which need nothing but its text.
    static func checkText(_ tree: ConditionSyntax, as kind: ExpressionKind) throws(DynamoError) {
        let this = ConditionChecks(resolver: Resolver(kind: kind, placeholders: Placeholders()))
        try this.checkFunctionNames(tree)
        try this.checkFunctionPlaces(tree)
        try this.checkReserved(tree)
    }

    /// - Precondition: the text has passed its checks.
    static func predicate(
        _ tree: ConditionSyntax, as kind: ExpressionKind, _ placeholders: inout Placeholders
    ) throws(DynamoError) -> Predicate {
        var this = ConditionChecks(resolver: Resolver(kind: kind, placeholders: placeholders))
        let predicate = try this.predicate(tree)
        placeholders = this.resolver.placeholders
        return predicate
    }

    /// What was read of a statement: its grammar has told of parentheses and words.
    static func predicate(
        ofStatement tree: ConditionSyntax, _ placeholders: inout Placeholders
    ) throws(DynamoError) -> Predicate {
        try ConditionChecks(resolver: Resolver(kind: .statement, placeholders: placeholders)).checkFunctionPlaces(tree)
        return try predicate(tree, as: .statement, &placeholders)
    }

    private init(resolver: Resolver) { self.resolver = resolver }

    // MARK: Over the whole expression

    private func checkFunctionNames(_ tree: ConditionSyntax) throws(DynamoError) {
        let kind = kind
        try tree.forEachLeaf { (leaf) throws(DynamoError) in
            for operand in leaf.operands {
                try operand.forEachFunction { (function) throws(DynamoError) in
                    if Functions.isOfConditions(function.name) { return }
                    let isOfUpdates = Functions.isOfUpdates(function.name)
                    throw kind.invalid(
                        isOfUpdates ? .updateFunctionInCondition(function.name) : .unknownFunction(function.name))
                }
            }
        }
    }

    /// `size` is an operand and no condition, all others are conditions and no operands.
    private func checkFunctionPlaces(_ tree: ConditionSyntax) throws(DynamoError) {
        let kind = kind
        try tree.forEachLeaf { (leaf) throws(DynamoError) in
            if case .function(let function) = leaf {
                for argument in function.arguments { try Self.checkIsOperand(argument, kind) }
                if function.name == "size" { throw kind.invalid(.misplacedFunction(function.name)) }
            } else {
                for operand in leaf.operands { try Self.checkIsOperand(operand, kind) }
            }
        }
    }

    private static func checkIsOperand(_ operand: OperandSyntax, _ kind: ExpressionKind) throws(DynamoError) {
        try operand.forEachFunction { (function) throws(DynamoError) in
            if function.name != "size" { throw kind.invalid(.misplacedFunction(function.name)) }
        }
    }

    private func checkReserved(_ tree: ConditionSyntax) throws(DynamoError) {
        let resolver = resolver
        try tree.forEachLeaf { (leaf) throws(DynamoError) in
            for operand in leaf.operands {
                try operand.forEachPath { (path) throws(DynamoError) in try resolver.checkReserved(path) }
            }
        }
    }

    // MARK: One condition after the other

    /// Recurses, so its frame is kept small: leaves are made elsewhere.
    private mutating func predicate(_ tree: ConditionSyntax) throws(DynamoError) -> Predicate {
        switch tree {
        case .and(let parts): .and(try predicates(parts))
        case .or(let parts): .or(try predicates(parts))
        case .not(let part): .not(try predicate(part))
        case .function, .comparison, .between, .isIn: try leaf(tree)
        }
    }

    private mutating func predicates(_ parts: [ConditionSyntax]) throws(DynamoError) -> [Predicate] {
        var predicates: [Predicate] = []
        for part in parts { predicates.append(try predicate(part)) }
        return predicates
    }

    private mutating func leaf(_ tree: ConditionSyntax) throws(DynamoError) -> Predicate {
        switch tree {
        case .function(let call): return try function(call)
        case .comparison(let comparator, let left, let right):
            let operands = try operands([left, right])
            try checkDistinct(comparator.rawValue, operands)
            if comparator != .equal, comparator != .notEqual { try checkOrdered(comparator.rawValue, operands) }
            return .comparison(comparator, operands[0], operands[1])
        case .between(let value, let lower, let upper):
            let operands = try operands([value, lower, upper])
            try checkDistinct("BETWEEN", operands)
            try checkOrdered("BETWEEN", operands)
            try checkBounds(operands[1], operands[2])
            return .between(operands[0], lower: operands[1], upper: operands[2])
        case .isIn(let value, let list):
            let operands = try operands([value] + list)
            guard list.count <= Limits.inValues else { throw kind.invalid(.tooManyInOperands(list.count)) }
            try checkDistinct("IN", operands)
            return .isIn(operands[0], Array(operands.dropFirst()))
        case .and, .or, .not: return try predicate(tree)
        }
    }

    private mutating func function(_ call: FunctionSyntax) throws(DynamoError) -> Predicate {
        let operands = try resolve(call.arguments)
        for argument in call.arguments { try checkCounts(argument) }
        try checkCount(call)
        try checkDistinct(call.name, operands)
        for operand in operands { try checkSizes(operand) }
        switch call.name {
        case "attribute_exists", "attribute_not_exists":
            guard let path = operands[0].path else { throw kind.invalid(.notAPath(call.name)) }
            return call.name == "attribute_exists" ? .exists(path) : .notExists(path)
        case "attribute_type":
            return .hasType(operands[0], try typeName(operands[1]))
        case "begins_with":
            for operand in operands {
                if let type = operand.kind, type != .string, type != .binary {
                    throw kind.invalid(.operandType(call.name, type.rawValue))
                }
            }
            return .beginsWith(operands[0], prefix: operands[1])
        case "contains":
            return .contains(operands[0], operands[1])
        default:
            throw kind.invalid(.misplacedFunction(call.name))
        }
    }

    private func typeName(_ operand: Operand) throws(DynamoError) -> AttributeValue.Kind {
        guard case .value(.string(let name)) = operand else {
            // For a path AWS prints all types there are, in the order of one of its own hash tables.
            let type = operand.kind?.rawValue ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
            throw kind.invalid(.operandType("attribute_type", type))
        }
        guard let type = AttributeValue.Kind(rawValue: name.string) else {
            throw kind.invalid(
                .unknownTypeName(
                    name, types: kind == .statement ? "N,BS,L,B,NULL,M,S,SS,NS,BOOL" : "B,NULL,SS,BOOL,L,BS,N,NS,S,M"))
        }
        return type
    }

    // MARK: Operands

    private mutating func operands(_ syntax: [OperandSyntax]) throws(DynamoError) -> [Operand] {
        let operands = try resolve(syntax)
        for operand in syntax { try checkCounts(operand) }
        for operand in operands { try checkSizes(operand) }
        return operands
    }

    private mutating func resolve(_ syntax: [OperandSyntax]) throws(DynamoError) -> [Operand] {
        var operands: [Operand] = []
        for operand in syntax { operands.append(try resolve(operand)) }
        return operands
    }

    private mutating func resolve(_ operand: OperandSyntax) throws(DynamoError) -> Operand {
        switch operand {
        case .path(let path): return .path(try resolver.path(path))
        case .value(let placeholder): return .value(try resolver.value(placeholder))
        case .function(let call):
            // Only `size` passed the check of places, and its count is checked before the operand is used.
            let arguments = try resolve(call.arguments)
            return .size(arguments[0])
        case .truth(let condition): return .truth(try predicate(condition))
        }
    }

    private func checkCounts(_ operand: OperandSyntax) throws(DynamoError) {
        let this = self
        try operand.forEachFunction { (call) throws(DynamoError) in try this.checkCount(call) }
    }

    private func checkCount(_ call: FunctionSyntax) throws(DynamoError) {
        let expected =
            switch call.name {
            case "attribute_type", "begins_with", "contains": 2
            default: 1
            }
        guard call.arguments.count == expected else {
            throw kind.invalid(.operandCount(call.name, call.arguments.count))
        }
    }

    private func checkSizes(_ operand: Operand) throws(DynamoError) {
        guard case .size(let inner) = operand else { return }
        try checkSizes(inner)
        switch inner.kind {
        case .number, .bool, .null: throw kind.invalid(.operandType("size", inner.kind?.rawValue ?? ""))
        default: break
        }
    }

    private func checkDistinct(_ function: String, _ operands: [Operand]) throws(DynamoError) {
        try checkDistinct(Text(function), operands)
    }

    private func checkDistinct(_ function: Text, _ operands: [Operand]) throws(DynamoError) {
        guard let first = operands[0].path, operands.dropFirst().contains(operands[0]) else { return }
        throw kind.invalid(.sameOperand(function, first))
    }

    /// Only strings, numbers and binaries have an order; a value of another type is an error, an attribute is not
    /// (ScyllaDB's test_condition_expression.py).
    private func checkOrdered(_ function: String, _ operands: [Operand]) throws(DynamoError) {
        for operand in operands {
            if let type = operand.kind, type != .string, type != .number, type != .binary {
                throw kind.invalid(.operandType(Text(function), type.rawValue))
            }
        }
    }

    private func checkBounds(_ lower: Operand, _ upper: Operand) throws(DynamoError) {
        guard case .value(let lower) = lower, case .value(let upper) = upper else { return }
        guard lower.kind == upper.kind else { throw kind.invalid(.boundsOfDifferentType(lower, upper)) }
        guard lower == upper || lower.precedes(upper) else { throw kind.invalid(.boundsReversed(lower, upper)) }
    }
}

import DyadModel

extension StatementReader {
    /// WHERE.
    mutating func condition(_ node: StatementNode?) throws(DynamoError) -> StatementCondition? {
        guard let node else { return nil }
        guard isCondition(node) else {
            throw .validation("WHERE clause must contain an expression that resolves to a boolean")
        }
        let tree = try self.tree(node)
        var placeholders = self.placeholders
        return StatementCondition(try ConditionChecks.predicate(ofStatement: tree, &placeholders))
    }

    private func isCondition(_ node: StatementNode) -> Bool {
        switch node.kind {
        case .not, .and, .or, .between, .isType: true
        case .binary(let word, _, _): !["+", "-", "*", "/", "%", "||"].contains(word)
        case .call(let name, _): name != "size"
        default: false
        }
    }

    private mutating func tree(_ node: StatementNode) throws(DynamoError) -> ConditionSyntax {
        switch node.kind {
        case .and(let nodes): return .and(try trees(nodes))
        case .or(let nodes): return .or(try trees(nodes))
        case .not(let inner):
            guard isCondition(inner) else {
                throw .validation("The argument to NOT must be a Type or Expression")
            }
            return .not(try tree(inner))
        case .binary("in", let left, let right): return try isIn(left, right)
        case .binary(let word, let left, let right):
            guard let comparator = Comparator(rawValue: word) else {
                throw .validation("Unsupported operator in Condition Expression. Operator: \(word.uppercased())")
            }
            return .comparison(comparator, try operand(left), try operand(right))
        case .between(let value, let lower, let upper):
            return .between(try operand(value), lower: try operand(lower), upper: try operand(upper))
        case .isType(let operand, let type): return try isType(operand, type)
        case .call(let name, let arguments): return .function(try function(name, arguments, at: node.span))
        default: throw .validation("Unsupported token in expression: \(node.kind.operationName)\(node.span.words)")
        }
    }

    private mutating func trees(_ nodes: [StatementNode]) throws(DynamoError) -> [ConditionSyntax] {
        var trees: [ConditionSyntax] = []
        for node in nodes {
            guard isCondition(node) else { throw .validation("The arguments to AND/OR must be Expressions") }
            trees.append(try tree(node))
        }
        return trees
    }

    private mutating func isIn(_ left: StatementNode, _ right: StatementNode) throws(DynamoError) -> ConditionSyntax {
        guard case .list(let nodes) = right.kind, !nodes.isEmpty, left.path != nil || isCondition(left) else {
            throw .validation(
                "IN operator must have a left hand argument of type Variable Reference and right hand argument of type "
                    + "Seq with at least one member")
        }
        let value = try operand(left)
        var list: [OperandSyntax] = []
        for node in nodes { list.append(try operand(node)) }
        return .isIn(value, list)
    }

    /// `IS MISSING` asks whether there is such an attribute, all others for its type: what is missing is not null.
    private mutating func isType(_ node: StatementNode, _ type: String) throws(DynamoError) -> ConditionSyntax {
        guard node.path != nil || isValue(node) else {
            throw .validation("The left hand side argument to IS must be a Variable Reference, Literal, or Path")
        }
        let operand = try operand(node)
        let kind: AttributeValue.Kind
        switch type {
        case "missing": return .function(FunctionSyntax(name: "attribute_not_exists", arguments: [operand]))
        case "null": kind = .null
        case "boolean": kind = .bool
        case "blob": kind = .binary
        case "string": kind = .string
        case "numeric": kind = .number
        case "struct", "tuple": kind = .map
        case "list": kind = .list
        default:
            throw .validation(
                "Unsupported data type for IS operator: \(type.uppercased()). Supported data types are "
                    + "[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]")
        }
        let name = placeholder(for: .string(Text(kind.rawValue)))
        return .function(FunctionSyntax(name: "attribute_type", arguments: [operand, .value(name)]))
    }

    private mutating func function(
        _ name: String, _ arguments: [StatementNode], at span: SourceSpan
    ) throws(DynamoError) -> FunctionSyntax {
        guard Functions.isOfConditions(Text(name)) else {
            throw .validation("Unrecognized function: \(name)\(span.words)")
        }
        var operands: [OperandSyntax] = []
        for argument in arguments { operands.append(try operand(argument)) }
        return FunctionSyntax(name: Text(name), arguments: operands)
    }

    private mutating func operand(_ node: StatementNode) throws(DynamoError) -> OperandSyntax {
        if let path = node.path { return .path(try pathSyntax(path, at: node.span)) }
        if isValue(node) { return .value(placeholder(for: try value(node))) }
        if case .call("size", let arguments) = node.kind {
            return .function(try function("size", arguments, at: node.span))
        }
        // Only what is true or false can be compared besides; arithmetic cannot.
        return .truth(try tree(node))
    }

    func pathSyntax(_ path: StatementPath, at span: SourceSpan) throws(DynamoError) -> PathSyntax {
        let path = try self.path(path, at: span)
        return PathSyntax(
            root: .literal(path.root),
            steps: path.steps.map { step in
                switch step {
                case .attribute(let name): .name(.literal(name))
                case .index(let index): .index(index)
                }
            })
    }
}

import DyadModel

extension StatementReader {
    mutating func update(_ operations: [ChangeSyntax.Operation]) throws(DynamoError) -> Update {
        var syntax = UpdateSyntax()
        for operation in operations {
            switch operation {
            case .set(let path, let value): syntax.actions.append(try assignment(of: value, to: path))
            case .remove(let path): syntax.actions.append(.remove(try pathSyntax(of: path)))
            case .delete, .insert:
                throw .validation("Only SET and REMOVE are supported in update expressions at this time")
            }
        }
        var placeholders = self.placeholders
        return Update(try UpdateChecks.actions(syntax, &placeholders))
    }

    private func pathSyntax(of node: StatementNode) throws(DynamoError) -> PathSyntax {
        guard let path = node.path else { throw .validation("Unexpected path component\(node.span.words)") }
        return try pathSyntax(path, at: node.span)
    }

    private mutating func assignment(
        of value: StatementNode, to path: StatementNode
    ) throws(DynamoError) -> UpdateSyntax.Action {
        let target = try pathSyntax(of: path)
        guard case .call(let name, let arguments) = value.kind, name == "set_add" || name == "set_delete" else {
            return .set(target, try self.value(of: value))
        }
        // What adds to a set or takes from it is ADD and DELETE of an UpdateExpression.
        let function = name.uppercased()
        guard arguments.count == 2 else {
            throw .validation("\(function) must have exactly two arguments\(value.span.words)")
        }
        guard let first = arguments[0].path, try pathSyntax(first, at: arguments[0].span) == target else {
            throw .validation("The first argument to \(function) must equal the assignment value\(value.span.words)")
        }
        guard isValue(arguments[1]), let members = SetValue(try self.value(arguments[1])) else {
            throw .validation(
                "The second argument to \(function) must be a value with type SET\(arguments[0].span.words)")
        }
        let placeholder = placeholder(for: members.value)
        return name == "set_add" ? .add(target, value: placeholder) : .delete(target, value: placeholder)
    }

    private mutating func value(of node: StatementNode) throws(DynamoError) -> UpdateSyntax.Value {
        switch node.kind {
        case .binary("+", let left, let right): return .sum(try operand(left), try operand(right))
        case .binary("-", let left, let right): return .difference(try operand(left), try operand(right))
        default: return .operand(try operand(node))
        }
    }

    private mutating func operand(_ node: StatementNode) throws(DynamoError) -> OperandSyntax {
        if let path = node.path { return .path(try pathSyntax(path, at: node.span)) }
        if isValue(node) { return .value(placeholder(for: try value(node))) }
        switch node.kind {
        case .call("list_append", let arguments):
            var operands: [OperandSyntax] = []
            for argument in arguments { operands.append(try operand(argument)) }
            return .function(FunctionSyntax(name: "list_append", arguments: operands))
        case .call(let name, _): throw .validation("Unrecognized function: \(name)\(node.span.words)")
        case .isType: throw .validation("IS operator is not supported in update expressions")
        case .binary(let word, _, _):
            throw .validation("Unsupported operator in Update Expression. Operator: \(word.uppercased())")
        case .not, .and, .or, .between, .sign:
            throw .validation("Unsupported operator in Update Expression. Operator: \(node.kind.operatorName)")
        default: throw .validation("Unsupported token in expression: \(node.kind.operationName)\(node.span.words)")
        }
    }
}

extension StatementNode.Kind {
    fileprivate var operatorName: String {
        switch self {
        case .not: "NOT"
        case .and: "AND"
        case .or: "OR"
        case .between: "BETWEEN"
        case .sign(let sign, _): sign
        default: operationName
        }
    }
}

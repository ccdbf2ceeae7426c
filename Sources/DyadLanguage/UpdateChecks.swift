import DyadModel

/// Makes the actions of an `Update` of what the parser read, with AWS's complaints in AWS's order (as dynalite's tests
/// found it): parentheses, reserved words, functions, repeated sections, undefined names, undefined values, overlapping
/// paths, conflicting paths, operands of ADD and DELETE, operands of SET; each over the whole expression.
struct UpdateChecks {
    private var resolver: Resolver
    private var kind: ExpressionKind { resolver.kind }

    /// The checks over the whole expression, which need nothing but its text.
    static func checkText(_ tree: UpdateSyntax) throws(DynamoError) {
        let this = UpdateChecks(resolver: Resolver(kind: .update, placeholders: Placeholders()))
        try this.checkReserved(tree)
        try this.checkFunctionNames(tree)
        try this.checkFunctionPlaces(tree)
        if let section = tree.repeated { throw this.kind.invalid(.repeatedSection(section.rawValue)) }
    }

    static func actions(_ text: UpdateText, _ placeholders: inout Placeholders) throws(DynamoError) -> [UpdateAction] {
        var this = UpdateChecks(resolver: Resolver(kind: .update, placeholders: placeholders))
        // All names before all values.
        for path in text.openPaths { _ = try this.resolver.path(path) }
        for value in text.values { _ = try this.resolver.value(value) }
        let actions = try this.actions(text.tree)
        placeholders = this.resolver.placeholders
        return actions
    }

    /// What was read of a statement: its grammar has told of functions and sections.
    static func actions(
        _ tree: UpdateSyntax, _ placeholders: inout Placeholders
    ) throws(DynamoError) -> [UpdateAction] {
        var this = UpdateChecks(resolver: Resolver(kind: .statement, placeholders: placeholders))
        let actions = try this.actions(tree)
        placeholders = this.resolver.placeholders
        return actions
    }

    private init(resolver: Resolver) { self.resolver = resolver }

    private func checkReserved(_ tree: UpdateSyntax) throws(DynamoError) {
        let resolver = resolver
        for action in tree.actions {
            try resolver.checkReserved(action.path)
            for operand in action.operands {
                try operand.forEachPath { (path) throws(DynamoError) in try resolver.checkReserved(path) }
            }
        }
    }

    private func checkFunctionNames(_ tree: UpdateSyntax) throws(DynamoError) {
        let kind = kind
        for action in tree.actions {
            for operand in action.operands {
                try operand.forEachFunction { (function) throws(DynamoError) in
                    if Functions.isOfUpdates(function.name) { return }
                    let isOfConditions = Functions.isOfConditions(function.name)
                    throw kind.invalid(
                        isOfConditions ? .conditionFunctionInUpdate(function.name) : .unknownFunction(function.name))
                }
            }
        }
    }

    /// `list_append` stands in no other function, `if_not_exists` may (ScyllaDB's test_update_expression.py).
    private func checkFunctionPlaces(_ tree: UpdateSyntax) throws(DynamoError) {
        let kind = kind
        for action in tree.actions {
            for case .function(let call) in action.operands {
                for argument in call.arguments {
                    try argument.forEachFunction { (function) throws(DynamoError) in
                        if function.name == "list_append" { throw kind.invalid(.misplacedFunction(function.name)) }
                    }
                }
            }
        }
    }

    private mutating func actions(_ tree: UpdateSyntax) throws(DynamoError) -> [UpdateAction] {
        var paths: [DocumentPath] = []
        for action in tree.actions { paths.append(try resolver.path(action.path)) }
        try resolver.checkApart(paths)
        // ADD and DELETE first, wherever they stand.
        var changes: [Int: UpdateAction.Change] = [:]
        for (index, action) in tree.actions.enumerated() {
            switch action {
            case .add(_, let value): changes[index] = try addition(value)
            case .delete(_, let value): changes[index] = try deletion(value)
            case .set, .remove: break
            }
        }
        var actions: [UpdateAction] = []
        for (index, action) in tree.actions.enumerated() {
            let change: UpdateAction.Change
            switch action {
            case .set(_, let value): change = .set(try self.value(value))
            case .remove: change = .remove
            case .add, .delete:
                guard let made = changes[index] else { continue }
                change = made
            }
            actions.append(UpdateAction(path: paths[index], change: change))
        }
        return actions
    }

    private mutating func addition(_ placeholder: Text) throws(DynamoError) -> UpdateAction.Change {
        let value = try resolver.value(placeholder)
        if case .number(let number) = value { return .add(number) }
        guard let members = SetValue(value) else { throw wrongType("ADD", value) }
        return .union(members)
    }

    private mutating func deletion(_ placeholder: Text) throws(DynamoError) -> UpdateAction.Change {
        let value = try resolver.value(placeholder)
        guard let members = SetValue(value) else { throw wrongType("DELETE", value) }
        return .subtract(members)
    }

    private func wrongType(_ action: String, _ value: AttributeValue) -> DynamoError {
        let type =
            switch value.kind {
            case .string: "STRING"
            case .number: "NUMBER"
            case .binary: "BINARY"
            case .bool: "BOOLEAN"
            case .null: "NULL"
            case .list: "LIST"
            case .map: "MAP"
            case .stringSet, .numberSet, .binarySet: value.kind.rawValue
            }
        return kind.invalid(.actionType(action, type))
    }

    // MARK: Values of SET

    private mutating func value(_ syntax: UpdateSyntax.Value) throws(DynamoError) -> UpdateValue {
        switch syntax {
        case .operand(let syntax): return .operand(try operand(syntax))
        case .sum(let left, let right):
            let operands = try numbers("+", left, right)
            return .sum(operands.0, operands.1)
        case .difference(let left, let right):
            let operands = try numbers("-", left, right)
            return .difference(operands.0, operands.1)
        }
    }

    private mutating func numbers(
        _ sign: Text, _ left: OperandSyntax, _ right: OperandSyntax
    ) throws(DynamoError) -> (UpdateOperand, UpdateOperand) {
        let operands = (try operand(left), try operand(right))
        try check(operands.0, is: .number, for: sign)
        try check(operands.1, is: .number, for: sign)
        return operands
    }

    private func check(
        _ operand: UpdateOperand, is wanted: AttributeValue.Kind, for function: Text
    ) throws(DynamoError) {
        guard let type = operand.kind, type != wanted else { return }
        throw kind.invalid(.operandType(function, type.rawValue))
    }

    /// Recurses, so its frame is kept small: what needs no recursion is made elsewhere.
    private mutating func operand(_ syntax: OperandSyntax) throws(DynamoError) -> UpdateOperand {
        guard case .function(let call) = syntax else { return try leaf(syntax) }
        var operands: [UpdateOperand] = []
        for argument in call.arguments { operands.append(try operand(argument)) }
        return try function(call.name, operands)
    }

    private mutating func leaf(_ syntax: OperandSyntax) throws(DynamoError) -> UpdateOperand {
        switch syntax {
        case .path(let path): .path(try resolver.path(path))
        case .value(let placeholder): .value(try resolver.value(placeholder))
        case .function: try operand(syntax)
        case .truth: throw .wrongUpdateOperand
        }
    }

    private func function(_ name: Text, _ operands: [UpdateOperand]) throws(DynamoError) -> UpdateOperand {
        guard operands.count == 2 else { throw kind.invalid(.operandCount(name, operands.count)) }
        guard name == "if_not_exists" else {
            for operand in operands { try check(operand, is: .list, for: name) }
            return .listAppend(operands[0], operands[1])
        }
        guard case .path(let path) = operands[0] else { throw kind.invalid(.notAPath(name)) }
        return .ifNotExists(path, operands[1])
    }
}

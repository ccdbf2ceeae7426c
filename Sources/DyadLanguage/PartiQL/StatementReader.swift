import DyadModel

/// Makes a `Statement` of what the parser read: refuses what DynamoDB has not, fills in parameters, and hands conditions
/// and updates to the checks that expressions go through too.
struct StatementReader {
    let parameters: [AttributeValue]
    /// Literals and parameters of conditions and updates, by names of our own.
    private(set) var values: [Text: AttributeValue] = [:]

    init(parameters: [AttributeValue]) { self.parameters = parameters }

    var placeholders: Placeholders { Placeholders(values: values) }

    /// The name by which a value goes in a syntax tree.
    mutating func placeholder(for value: AttributeValue) -> Text {
        let name = Text(":\(values.count)")
        values[name] = value
        return name
    }

    mutating func statement(_ node: StatementNode) throws(DynamoError) -> PartiQLStatement {
        switch node.kind {
        case .select(let syntax): return .select(try select(syntax))
        case .insert(let syntax): return .insert(try insert(syntax))
        case .change(let syntax): return try change(syntax)
        case .call("exists", let arguments):
            guard arguments.count == 1, case .select(let syntax) = arguments[0].kind else {
                throw .validation("EXISTS() must contain a single item read with additional condition")
            }
            return .exists(try select(syntax))
        case .unsupported(let name): throw .validation("Unsupported operation: \(name)")
        default: throw .validation("Unsupported operation: \(node.kind.operationName)")
        }
    }

    // MARK: SELECT

    private mutating func select(_ syntax: SelectSyntax) throws(DynamoError) -> SelectStatement {
        if let (clause, span) = syntax.unsupported {
            throw .validation("Unsupported clause: \(clause)\(span.words)")
        }
        let source = try source(syntax.source)
        let columns = Result { () throws(DynamoError) in try self.columns(syntax.columns) }
        var order: [SelectStatement.SortKey] = []
        if !syntax.order.isEmpty {
            guard syntax.condition != nil else {
                throw .validation("Must have WHERE clause in the statement when using ORDER BY clause.")
            }
            for key in syntax.order { order.append(try sortKey(key)) }
        }
        let condition = try condition(syntax.condition)
        switch columns {
        case .success(let columns):
            return SelectStatement(source: source, columns: columns, fault: nil, condition: condition, order: order)
        case .failure(let fault):
            return SelectStatement(source: source, columns: nil, fault: fault, condition: condition, order: order)
        }
    }

    private func columns(
        _ syntax: SelectSyntax.Columns
    ) throws(DynamoError) -> [SelectStatement.Column]? {
        let list: [SelectSyntax.Column]
        switch syntax {
        case .all: return nil
        case .value: throw .validation("Select projection doesn't support value or pivot keywords")
        case .list(let columns): list = columns
        }
        var columns: [SelectStatement.Column] = []
        var names: Set<Text> = []
        for column in list {
            guard let node = column.node, let syntax = node.path else {
                throw .validation("Unexpected path component\(column.node?.span.words ?? "")")
            }
            if column.hasAlias { throw .aliasing }
            let path = try path(syntax, at: node.span)
            let name = path.columnName
            guard names.insert(name).inserted else {
                throw .validation("Duplicate identifiers in select clause: \(name)")
            }
            columns.append(SelectStatement.Column(path: path, name: name))
        }
        return columns
    }

    private func sortKey(_ key: SelectSyntax.SortKey) throws(DynamoError) -> SelectStatement.SortKey {
        guard let path = key.node.path, path.steps.isEmpty else {
            throw .validation(
                "Argument to ORDER BY must be of type VariableReference. Type: \(key.node.kind.operationName)")
        }
        return SelectStatement.SortKey(name: path.root, isDescending: key.isDescending)
    }

    // MARK: INSERT

    private mutating func insert(_ syntax: InsertSyntax) throws(DynamoError) -> InsertStatement {
        guard let node = syntax.item else {
            throw .validation(
                "Unsupported operation: Inserting multiple items in a single statement is not supported, "
                    + "use \"INSERT INTO tableName VALUE item\" instead")
        }
        if syntax.hasPosition { throw .validation("AT is not supported in insert statements.") }
        if syntax.hasConflictClause { throw .validation("Unsupported clause: ON CONFLICT") }
        if syntax.hasReturning { throw .validation("RETURNING is not supported in INSERT") }
        let source = try source(of: syntax.target)
        guard source.index == nil else {
            throw .validation("FROM clause may only contain a single table name in data manipulation statements")
        }
        return InsertStatement(table: source.table, item: try item(node))
    }

    private mutating func item(_ node: StatementNode) throws(DynamoError) -> Item {
        switch node.kind {
        case .tuple(let members): return try tuple(members) { _ in "root" }
        case .parameter(let number):
            if case .map(let item) = parameters[number] { return item }
        default: break
        }
        throw .validation(
            "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
                + "statement.")
    }

    // MARK: UPDATE and DELETE

    private mutating func change(_ syntax: ChangeSyntax) throws(DynamoError) -> PartiQLStatement {
        let target = try source(syntax.source)
        let isDelete = syntax.operations.contains { if case .delete = $0 { true } else { false } }
        let returning = try returning(syntax.returning)
        if isDelete {
            if let returning, returning != .allOld {
                throw .validation(
                    "Invalid returning clause: RETURNING \(returning.words). "
                        + "Only RETURNING ALL OLD * is allowed in DELETE statements.")
            }
            try checkIsTable(target)
            return .delete(
                DeleteStatement(
                    target: target, condition: try condition(syntax.condition), returnsOld: returning != nil))
        }
        try checkIsTable(target)
        let update = try update(syntax.operations)
        return .update(
            UpdateStatement(
                target: target, update: update, condition: try condition(syntax.condition), returning: returning))
    }

    private func checkIsTable(_ target: StatementSource) throws(DynamoError) {
        guard target.index == nil else { throw .validation("This operation is not supported on an index") }
    }

    private func returning(_ syntax: ReturningSyntax?) throws(DynamoError) -> UpdateStatement.Returning? {
        guard let syntax else { return nil }
        if syntax.hasMore {
            throw .validation("Invalid syntax with multiple returning elements in RETURNING clause")
        }
        guard syntax.isWildcard else {
            throw .validation("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
        }
        return UpdateStatement.Returning(rawValue: syntax.mapping)
    }

    // MARK: Sources and paths

    private func source(_ syntax: SourceSyntax) throws(DynamoError) -> StatementSource {
        if syntax.isJoined { throw .validation("Only select from a single table or index is supported.") }
        if syntax.hasAlias { throw .aliasing }
        return try source(of: syntax.node)
    }

    private func source(of node: StatementNode) throws(DynamoError) -> StatementSource {
        guard let path = node.path else { throw .validation("Unexpected from source\(node.span.words)") }
        var names = [path.root]
        for step in path.steps {
            switch step {
            case .name(let name, _): names.append(name)
            case .index, .wildcard: throw .validation("Invalid list expression in source.")
            case .unpivot:
                throw .validation(
                    "Invalid path dot component in this operation, expecting either an IDENTIFIER or STAR.")
            }
        }
        guard names.count <= 2 else {
            throw .validation("A path may contain at most 2 components in the FROM clause")
        }
        if names.contains(where: \.isEmpty) { throw .validation("Path component cannot be an empty string") }
        return StatementSource(table: names[0].string, index: names.count == 2 ? names[1].string : nil)
    }

    func path(_ syntax: StatementPath, at span: SourceSpan) throws(DynamoError) -> DocumentPath {
        guard !syntax.root.isEmpty else { throw .validation("Path component cannot be an empty string") }
        var steps: [DocumentPath.Step] = []
        for step in syntax.steps {
            switch step {
            case .name(let name, _):
                guard !name.isEmpty else { throw .validation("Path component cannot be an empty string") }
                steps.append(.attribute(name))
            case .index(let node): steps.append(try self.step(node))
            case .unpivot: throw .validation("Unpivot path component like a.*.b are not supported")
            case .wildcard: throw .validation("Wildcard path component like a[*].b are not supported")
            }
        }
        guard steps.count < Limits.pathElements else {
            throw ExpressionKind.statement.invalid(.pathTooDeep(steps.count + 1))
        }
        return DocumentPath(root: syntax.root, steps: steps)
    }

    private func step(_ node: StatementNode) throws(DynamoError) -> DocumentPath.Step {
        switch node.kind {
        case .string(let name): return .attribute(name)
        case .number(let digits):
            guard let index = Int(digits), (0...Limits.listIndex).contains(index) else {
                throw .validation("\(Complaint.listIndex(digits).words)\(node.span.words)")
            }
            return .index(index)
        default: throw .validation("Unexpected path component\(node.span.words)")
        }
    }
}

extension DocumentPath {
    /// The last name on the path and the indexes behind it: `m.list[0]` is `list[0]`.
    fileprivate var columnName: Text {
        var name = root.string
        for step in steps {
            switch step {
            case .attribute(let attribute): name = attribute.string
            case .index(let index): name += "[\(index)]"
            }
        }
        return Text(name)
    }
}

extension UpdateStatement.Returning {
    fileprivate var words: String { rawValue.uppercased().replacing("_", with: " ") + " *" }
}

extension StatementNode.Kind {
    /// What AWS calls a node of this kind where it does not know what to do with it.
    var operationName: String {
        switch self {
        case .bool, .string, .number, .null, .ion: "Literal"
        case .missing: "LiteralMissing"
        case .parameter: "Parameter"
        case .path(let path): path.steps.isEmpty ? "VariableReference" : "Path"
        case .list, .bag: "Seq"
        case .tuple: "Struct"
        case .sign, .not, .and, .or, .binary, .between, .call: "NAry"
        case .isType: "IsType"
        case .aggregate: "CallAgg"
        case .select: "Select"
        case .insert, .change: "DataManipulation"
        case .unsupported(let name): name
        }
    }
}

extension DynamoError {
    fileprivate static let aliasing = DynamoError.validation("Aliasing is not supported")
}

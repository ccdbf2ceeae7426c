import DyadModel

extension StatementParser {
    // MARK: SELECT

    mutating func select() throws(DynamoError) -> StatementNode {
        let span = current.span
        advance()
        let isDistinct = take("distinct")
        if !isDistinct { _ = take("all") }
        let columns: SelectSyntax.Columns
        if take("value") {
            _ = try expression()
            columns = .value
        } else {
            columns = try self.columns()
        }
        guard take("from") else { throw .notWellFormed("Expected FROM after SELECT list") }
        var select = SelectSyntax(columns: columns, source: try source())
        if isDistinct { select.unsupported = ("DISTINCT", span) }
        if take("where") { select.condition = try expression(above: 6) }
        if take("order") { select.order = try sortKeys() }
        try unsupportedClauses(of: &select)
        return StatementNode(.select(select), at: span)
    }

    private mutating func columns() throws(DynamoError) -> SelectSyntax.Columns {
        let columns = try commaList { (parser) throws(DynamoError) in
            if parser.take(.star) { return SelectSyntax.Column(node: nil, hasAlias: false) }
            let node = try parser.expression()
            return SelectSyntax.Column(node: node, hasAlias: try parser.alias())
        }
        guard columns.contains(where: { $0.node == nil }) else { return .list(columns) }
        guard columns.count == 1 else {
            throw .notWellFormed(
                "Other expressions may not be present in the select list when '*' is used without dot notation.")
        }
        return .all
    }

    private mutating func sortKeys() throws(DynamoError) -> [SelectSyntax.SortKey] {
        try expect(.keyword("by"), "BY")
        return try commaList { (parser) throws(DynamoError) in
            let node = try parser.expression()
            let isDescending = parser.take("desc")
            if !isDescending { _ = parser.take("asc") }
            return SelectSyntax.SortKey(node: node, isDescending: isDescending)
        }
    }

    /// The rest of a SELECT of SQL: the first of its clauses is the one that is refused.
    private mutating func unsupportedClauses(of select: inout SelectSyntax) throws(DynamoError) {
        if take("group") {
            try expect(.keyword("by"), "BY")
            let span = current.span
            _ = try commaList { (parser) throws(DynamoError) in try parser.expression(above: 6) }
            if select.unsupported == nil { select.unsupported = ("GROUP BY", span) }
        }
        for clause in ["having", "limit", "offset"] where take(clause) {
            let span = current.span
            _ = try expression(above: 6)
            if select.unsupported == nil { select.unsupported = (clause.uppercased(), span) }
        }
    }

    // MARK: Sources

    private mutating func source() throws(DynamoError) -> SourceSyntax {
        let node = try expression(above: 6)
        var source = SourceSyntax(node: node, hasAlias: try alias())
        while true {
            if take(.comma) || take("cross_join") {
                _ = try expression(above: 6)
            } else if take("join") || take("inner_join") || take("left_join") || take("right_join")
                || take("outer_join")
            {
                _ = try expression(above: 6)
                _ = try alias()
                guard take("on") else { throw .notWellFormed("Expected 'ON'") }
                _ = try expression(above: 6)
            } else {
                return source
            }
            _ = try alias()
            source.isJoined = true
        }
    }

    /// `AS name`, or a name alone; then `AT name` and `BY name`.
    private mutating func alias() throws(DynamoError) -> Bool {
        var found = false
        for word in ["as", "at", "by"] {
            let isNamed = take(word)
            if isNamed, !current.isName {
                throw .notWellFormed("Expected identifier for \(word.uppercased())-alias")
            }
            if isNamed || word == "as" && current.isName {
                advance()
                found = true
            }
        }
        return found
    }

    // MARK: Changes

    mutating func update() throws(DynamoError) -> StatementNode {
        let span = current.span
        advance()
        var change = ChangeSyntax(source: try simpleSource(), operations: [])
        change.operations = try operations()
        if take("where") { change.condition = try expression() }
        change.returning = try returning()
        return StatementNode(.change(change), at: span)
    }

    mutating func delete() throws(DynamoError) -> StatementNode {
        let span = current.span
        advance()
        guard take("from") else { throw .notWellFormed("Expected FROM after DELETE") }
        var change = ChangeSyntax(source: try simpleSource(), operations: [.delete])
        if take("where") { change.condition = try expression() }
        change.returning = try returning()
        return StatementNode(.change(change), at: span)
    }

    /// `FROM table WHERE … SET …`: PartiQL's own form of an UPDATE.
    mutating func fromFirst() throws(DynamoError) -> StatementNode {
        let span = current.span
        advance()
        var change = ChangeSyntax(source: try source(), operations: [])
        if take("where") { change.condition = try expression() }
        change.operations = try operations()
        change.returning = try returning()
        return StatementNode(.change(change), at: span)
    }

    private mutating func simpleSource() throws(DynamoError) -> SourceSyntax {
        SourceSyntax(node: try simplePath(), hasAlias: try alias())
    }

    private mutating func operations() throws(DynamoError) -> [ChangeSyntax.Operation] {
        var operations: [ChangeSyntax.Operation] = []
        while true {
            if take("set") {
                operations += try assignments()
            } else if take("remove") {
                operations.append(.remove(path: try simplePath()))
            } else if isAt("insert_into") {
                _ = try insert()
                operations.append(.insert)
            } else {
                guard !operations.isEmpty else { throw .notWellFormed("Expected data manipulation") }
                return operations
            }
        }
    }

    private mutating func assignments() throws(DynamoError) -> [ChangeSyntax.Operation] {
        try commaList { (parser) throws(DynamoError) in
            let path = try parser.simplePath()
            guard parser.take(.operator("=")) else { throw .notWellFormed("Expected '='") }
            return .set(path: path, value: try parser.expression())
        }
    }

    private mutating func returning() throws(DynamoError) -> ReturningSyntax? {
        guard take("returning") else { return nil }
        let elements = try commaList { (parser) throws(DynamoError) in try parser.returned() }
        return ReturningSyntax(
            mapping: elements[0].mapping, isWildcard: elements[0].isWildcard, hasMore: elements.count > 1)
    }

    private mutating func returned() throws(DynamoError) -> (mapping: String, isWildcard: Bool) {
        guard case .keyword(let mapping) = current.kind,
            ["all_old", "all_new", "modified_old", "modified_new"].contains(mapping)
        else {
            throw .notWellFormed("Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.")
        }
        advance()
        if take(.star) { return (mapping, true) }
        guard try expression().path != nil else {
            throw .notWellFormed("Unsupported syntax in RETURNING columns.")
        }
        return (mapping, false)
    }

    // MARK: INSERT

    /// A statement that begins with INSERT INTO, SET or REMOVE. The latter two change nothing that they name.
    mutating func manipulation() throws(DynamoError) -> StatementNode {
        let span = current.span
        if isAt("insert_into") { return try insert() }
        _ = try operations()
        return StatementNode(.unsupported("DataManipulation"), at: span)
    }

    private mutating func insert() throws(DynamoError) -> StatementNode {
        let span = current.span
        advance()
        let target = try simplePath()
        guard take("value") else {
            _ = try expression()
            // SQL's way of an INSERT (a report of AWS's answer: PyDynamoDB issue 26).
            if isAt("values") { throw .notWellFormed("Unexpected keyword") }
            return StatementNode(.insert(InsertSyntax(target: target, item: nil)), at: span)
        }
        var insert = InsertSyntax(target: target, item: try expression())
        if take("at") {
            _ = try expression()
            insert.hasPosition = true
        }
        if take("on_conflict") {
            guard take("where") else { throw .notWellFormed("invalid ON CONFLICT syntax") }
            _ = try expression()
            guard take("do_nothing") else { throw .notWellFormed("invalid ON CONFLICT syntax") }
            insert.hasConflictClause = true
        }
        insert.hasReturning = try returning() != nil
        return StatementNode(.insert(insert), at: span)
    }
}

import DyadModel

extension StatementParser {
    // MARK: Terms

    mutating func pathTerm() throws(DynamoError) -> StatementNode {
        let term = try self.term()
        guard current.kind == .dot || current.kind == .leftBracket else { return term }
        // A step behind what is no name: the grammar takes it, and nothing of DynamoDB's has it.
        guard var path = term.path else { throw .validation("Unexpected path component\(term.span.words)") }
        try steps(of: &path, isSimple: false)
        return StatementNode(.path(path), at: term.span)
    }

    /// A path that is assigned to or read from: it begins with a name.
    mutating func simplePath() throws(DynamoError) -> StatementNode {
        let span = current.span
        guard case .name(let root) = current.kind else {
            throw .notWellFormed("Expected identifier for simple path")
        }
        advance()
        var path = StatementPath(root: root)
        try steps(of: &path, isSimple: true)
        return StatementNode(.path(path), at: span)
    }

    private mutating func steps(of path: inout StatementPath, isSimple: Bool) throws(DynamoError) {
        while true {
            if take(.dot) {
                switch current.kind {
                case .name(let name): path.steps.append(.name(name, current.span))
                case .star where isSimple: throw .notWellFormed("Invalid path dot component for simple path")
                case .star: path.steps.append(.unpivot)
                default: throw .notWellFormed("Invalid path dot component")
                }
                advance()
            } else if take(.leftBracket) {
                if take(.star) {
                    path.steps.append(.wildcard)
                } else {
                    path.steps.append(.index(try expression()))
                }
                try expect(.rightBracket, "RIGHT_BRACKET")
            } else {
                return
            }
        }
    }

    private mutating func term() throws(DynamoError) -> StatementNode {
        let token = current
        func node(_ kind: StatementNode.Kind) -> StatementNode { StatementNode(kind, at: token.span) }
        switch token.kind {
        case .operator: throw .notWellFormed("Unexpected operator")
        case .keyword(let word): return try keyword(word)
        case .leftParenthesis:
            advance()
            if current.kind == .rightParenthesis { throw .notWellFormed("Unexpected term") }
            let group = try commaList { (parser) throws(DynamoError) in try parser.expression() }
            try expect(.rightParenthesis, "RIGHT_PAREN")
            return group.count == 1 ? group[0] : node(.list(group))
        case .leftBracket:
            return node(.list(try elements(upTo: .rightBracket, "RIGHT_BRACKET")))
        case .leftBag:
            return node(.bag(try elements(upTo: .rightBag, "RIGHT_DOUBLE_ANGLE_BRACKET")))
        case .leftCurly: return node(.tuple(try members()))
        case .name(let name):
            advance()
            if current.kind == .leftParenthesis { return try call(name.string.lowercased(), at: token.span) }
            return node(.path(StatementPath(root: name)))
        default:
            guard let kind = literal(token.kind) else { throw .notWellFormed("Unexpected term") }
            advance()
            return node(kind)
        }
    }

    private mutating func literal(_ kind: StatementToken.Kind) -> StatementNode.Kind? {
        switch kind {
        case .bool(let value): return .bool(value)
        case .string(let text): return .string(text)
        case .number(let digits): return .number(digits)
        case .null: return .null
        case .missing: return .missing
        case .ion(let text): return .ion(text)
        case .parameter:
            parameters += 1
            return .parameter(parameters - 1)
        default: return nil
        }
    }

    private mutating func keyword(_ word: String) throws(DynamoError) -> StatementNode {
        let span = current.span
        switch word {
        case "insert_into", "set", "remove": return try manipulation()
        case "update": return try update()
        case "delete": return try delete()
        case "select": return try select()
        case "from": return try fromFirst()
        case "values": return StatementNode(.unsupported("Values"), at: span)
        case "create", "drop", "exec", "pivot": return try refused(word)
        case _ where StatementWords.functions.contains(word) && peek().kind == .leftParenthesis:
            advance()
            return try call(word, at: span)
        default: throw .notWellFormed("Unexpected keyword")
        }
    }

    /// Statements that PartiQL has beyond DynamoDB's are read to their end, unseen.
    private mutating func refused(_ word: String) throws(DynamoError) -> StatementNode {
        let span = current.span
        let kind = peek().word == "index" ? "Index" : "Table"
        while !isAtEndOfStatement { advance() }
        let name = word == "create" ? "Create\(kind)" : word == "drop" ? "Drop\(kind)" : word.capitalizedWord
        return StatementNode(.unsupported(name), at: span)
    }

    private mutating func call(_ name: String, at span: SourceSpan) throws(DynamoError) -> StatementNode {
        try expect(.leftParenthesis, "LEFT_PAREN")
        if StatementWords.aggregates.contains(name) {
            if !take(.star) {
                _ = take("distinct") || take("all")
                _ = try commaList { (parser) throws(DynamoError) in try parser.expression() }
            }
            try expect(.rightParenthesis, "RIGHT_PAREN")
            return StatementNode(.aggregate, at: span)
        }
        if current.kind == .star { throw .notWellFormed("\(name)(*) is not allowed") }
        if take(.rightParenthesis) { return StatementNode(.call(name, []), at: span) }
        let arguments = try commaList { (parser) throws(DynamoError) in try parser.expression() }
        try expect(.rightParenthesis, "RIGHT_PAREN")
        return StatementNode(.call(name, arguments), at: span)
    }

    // MARK: Lists

    /// One or more, a comma between them.
    mutating func commaList<Element>(
        of element: (inout StatementParser) throws(DynamoError) -> Element
    ) throws(DynamoError) -> [Element] {
        var elements: [Element] = []
        repeat { elements.append(try element(&self)) } while take(.comma)
        return elements
    }

    private mutating func elements(
        upTo end: StatementToken.Kind, _ name: String
    ) throws(DynamoError) -> [StatementNode] {
        advance()
        if take(end) { return [] }
        let elements = try commaList { (parser) throws(DynamoError) in try parser.expression() }
        try expect(end, name)
        return elements
    }

    private mutating func members() throws(DynamoError) -> [(key: StatementNode, value: StatementNode)] {
        advance()
        if take(.rightCurly) { return [] }
        let members = try commaList { (parser) throws(DynamoError) in
            let key = try parser.expression()
            try parser.expect(.colon, "COLON")
            return (key: key, value: try parser.expression())
        }
        try expect(.rightCurly, "RIGHT_CURLY")
        return members
    }
}

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}

import DyadModel

/// Reads a PartiQL statement, by precedence of operators.
///
/// The grammar and its complaints are those of the PartiQL specification's reference parser, as far as a statement of
/// DynamoDB can reach them: DynamoDB answers with that parser's words (recorded from AWS: dynamodb-conformance,
/// error-messages/partiqlGrammar). What the parser takes and DynamoDB does not is refused by `Statement`.
struct StatementParser {
    private let tokens: [StatementToken]
    private var at = 0
    /// How many `?` were read.
    var parameters = 0
    private var depth = 0

    /// Terms in terms, operands of operands: what walks a tree recurses as deep as this, on a stack of half a megabyte.
    private static let depthMax = 45

    struct Result {
        let root: StatementNode
        /// How many `?` there are.
        let parameters: Int
    }

    static func parse(_ statement: String) throws(DynamoError) -> Result {
        var parser = StatementParser(tokens: try StatementLexer.tokens(of: statement))
        let root = try parser.expression()
        if parser.current.kind == .semicolon, parser.peek().kind == .end { parser.advance() }
        guard parser.current.kind == .end else {
            throw .notWellFormed(
                parser.current.kind == .semicolon
                    ? "Unexpected token after semicolon. (Only one query is allowed.)"
                    : "Unexpected token after expression")
        }
        return Result(root: root, parameters: parser.parameters)
    }

    private init(tokens: [StatementToken]) { self.tokens = tokens }

    // MARK: Tokens

    var current: StatementToken { tokens[at] }

    func peek(_ offset: Int = 1) -> StatementToken { tokens[min(at + offset, tokens.count - 1)] }

    /// Stays at the end.
    mutating func advance() { at = min(at + 1, tokens.count - 1) }

    func isAt(_ keyword: String) -> Bool { current.kind == .keyword(keyword) }

    mutating func take(_ keyword: String) -> Bool { take(.keyword(keyword)) }

    mutating func take(_ kind: StatementToken.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    /// - Parameter name: the token's as the complaint has it.
    mutating func expect(_ kind: StatementToken.Kind, _ name: String) throws(DynamoError) {
        guard take(kind) else { throw .notWellFormed("Expected \(name)") }
    }

    var isAtEndOfStatement: Bool {
        current.kind == .end || current.kind == .semicolon && peek().kind == .end
    }

    // MARK: Operators

    /// What binds more strongly than `precedence`.
    mutating func expression(above precedence: Int = -1) throws(DynamoError) -> StatementNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw .notWellFormed("The statement nests too deep") }
        var left = try unary()
        var chained = 0
        while let word = current.word, let bond = StatementWords.precedence(word), bond > precedence {
            // `a = b = c` nests as well, to the left.
            if word != "and", word != "or" { chained += 1 }
            guard depth + chained <= Self.depthMax else { throw .notWellFormed("The statement nests too deep") }
            left = try infix(word, left, bond)
        }
        return left
    }

    private mutating func infix(
        _ word: String, _ left: StatementNode, _ bond: Int
    ) throws(DynamoError) -> StatementNode {
        let span = current.span
        switch word {
        case "is", "is_not":
            advance()
            let test = StatementNode(.isType(left, try type()), at: span)
            return word == "is" ? test : StatementNode(.not(test), at: span)
        case "in", "not_in":
            let list: StatementNode
            if peek().kind == .leftParenthesis, !peek(2).isSubquery {
                advance()
                advance()
                list = StatementNode(
                    .list(try commaList { (parser) throws(DynamoError) in try parser.expression() }), at: span)
                try expect(.rightParenthesis, "RIGHT_PAREN")
            } else {
                list = try right(of: bond)
            }
            return negated(word, StatementNode(.binary("in", left, list), at: span))
        case "between", "not_between":
            let lower = try right(of: bond)
            guard take(.operator("and")) else { throw .notWellFormed("Expected AND keyword") }
            if isAtEndOfStatement { throw .notWellFormed("Expected expression after AND") }
            let upper = try expression(above: bond)
            return negated(word, StatementNode(.between(left, lower: lower, upper: upper), at: span))
        case "like", "not_like":
            return negated(word, StatementNode(.binary("like", left, try right(of: bond)), at: span))
        case "and", "or": return Self.joined(word, left, try right(of: bond), at: span)
        default: return StatementNode(.binary(word, left, try right(of: bond)), at: span)
        }
    }

    /// A run of one operator is one node: `a AND b AND c` does not nest.
    private static func joined(
        _ word: String, _ left: StatementNode, _ right: StatementNode, at span: SourceSpan
    ) -> StatementNode {
        switch (word, left.kind) {
        case ("and", .and(let parts)): StatementNode(.and(parts + [right]), at: span)
        case ("and", _): StatementNode(.and([left, right]), at: span)
        case (_, .or(let parts)): StatementNode(.or(parts + [right]), at: span)
        default: StatementNode(.or([left, right]), at: span)
        }
    }

    private func negated(_ word: String, _ node: StatementNode) -> StatementNode {
        word.hasPrefix("not_") ? StatementNode(.not(node), at: node.span) : node
    }

    private mutating func right(of bond: Int) throws(DynamoError) -> StatementNode {
        guard peek().kind != .end else {
            throw .notWellFormed("Missing right-hand side expression of infix operator")
        }
        advance()
        return try expression(above: bond)
    }

    private mutating func type() throws(DynamoError) -> String {
        let word: String? =
            switch current.kind {
            case .keyword(let word): word
            case .null: "null"
            case .missing: "missing"
            default: nil
            }
        guard let word, let type = StatementWords.type(word) else { throw .notWellFormed("Expected type name") }
        advance()
        if take(.leftParenthesis) {
            _ = try commaList { (parser) throws(DynamoError) in try parser.expression() }
            try expect(.rightParenthesis, "RIGHT_PAREN")
        }
        return type
    }

    private mutating func unary() throws(DynamoError) -> StatementNode {
        let span = current.span
        switch current.kind {
        case .operator("not"):
            advance()
            // Stronger than AND, weaker than a comparison.
            return StatementNode(.not(try expression(above: 30)), at: span)
        case .operator(let sign) where sign == "+" || sign == "-":
            advance()
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.depthMax else { throw .notWellFormed("The statement nests too deep") }
            let term = try unary()
            guard case .number(let digits) = term.kind else { return StatementNode(.sign(sign, term), at: span) }
            let negated = digits.hasPrefix("-") ? String(digits.dropFirst()) : "-" + digits
            return StatementNode(.number(sign == "-" ? negated : digits), at: term.span)
        default: return try pathTerm()
        }
    }
}

extension StatementToken {
    fileprivate var isSubquery: Bool { kind == .keyword("select") || kind == .keyword("values") }
}

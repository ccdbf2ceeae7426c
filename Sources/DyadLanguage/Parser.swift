import DyadModel

/// What the parsers of all expressions share: the cursor over the tokens, syntax errors, paths and function calls.
struct Parser {
    let kind: ExpressionKind
    private let bytes: [UInt8]
    private let tokens: [Token]
    private let keywords: [Keyword]
    private var position = 0
    private var operators = 0
    /// Reported after all syntax errors.
    var hasRedundantParentheses = false

    /// - Parameter keywords: of this grammar; no attribute and no function can bear such a name.
    /// - Throws: when the expression is empty or too long; both are told before any syntax error.
    init(_ text: String, as kind: ExpressionKind, keywords: [Keyword]) throws(DynamoError) {
        self.kind = kind
        self.keywords = keywords
        bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw kind.invalid(.empty) }
        guard bytes.count <= Limits.expressionBytes else {
            throw kind.invalid(.tooLong(kind == .update ? nil : bytes.count))
        }
        tokens = Lexer.tokens(of: bytes)
    }

    // MARK: Cursor

    var current: Token.Kind { tokens[position].kind }
    private var following: Token.Kind { tokens[min(position + 1, tokens.count - 1)].kind }
    var isAtEnd: Bool { current == .end }

    mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    mutating func take(_ kind: Token.Kind) -> Bool {
        guard current == kind else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: Token.Kind) throws(DynamoError) {
        guard take(kind) else { throw syntaxError() }
    }

    func isAt(_ keyword: Keyword) -> Bool { tokens[position].keyword == keyword }

    mutating func take(_ keyword: Keyword) -> Bool {
        guard isAt(keyword) else { return false }
        advance()
        return true
    }

    /// Counts one operator that was read.
    mutating func countOperator() throws(DynamoError) {
        operators += 1
        guard operators <= Limits.operators else { throw kind.invalid(.tooManyOperators(operators)) }
    }

    /// An error at the current token. `near` runs from the token before it to the token after it, as written
    /// (reports of AWS's answers: `token: "-", near: "a-b"`, `token: "INVALID", near: "INVALID SYNTAX"`).
    func syntaxError() -> DynamoError {
        let token = tokens[position]
        let start = tokens[max(position - 1, 0)].range.lowerBound
        let end = token.kind == .end ? bytes.count : tokens[min(position + 1, tokens.count - 1)].range.upperBound
        let shown = token.kind == .end ? "<EOF>" : string(token.range)
        return kind.invalid(.syntax(token: shown, near: string(start..<end)))
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func takeText() -> Text {
        let text = Text(string(tokens[position].range))
        advance()
        return text
    }

    // MARK: Paths and operands

    private var isAtName: Bool {
        switch current {
        case .nameReference: true
        case .identifier: tokens[position].keyword.map { !keywords.contains($0) } ?? true
        default: false
        }
    }

    private mutating func name() throws(DynamoError) -> NameSyntax {
        guard isAtName else { throw syntaxError() }
        return current == .nameReference ? .placeholder(takeText()) : .literal(takeText())
    }

    mutating func path() throws(DynamoError) -> PathSyntax {
        var path = PathSyntax(root: try name(), steps: [])
        try steps(of: &path)
        return path
    }

    var isAtStep: Bool { current == .dot || current == .leftBracket }

    /// Reads the `.name` and `[1]` that follow.
    mutating func steps(of path: inout PathSyntax) throws(DynamoError) {
        while true {
            if take(.dot) {
                path.steps.append(.name(try name()))
            } else if take(.leftBracket) {
                guard current == .digits else { throw syntaxError() }
                let digits = takeText()
                try expect(.rightBracket)
                guard let index = Int(digits.string), index <= Limits.listIndex else {
                    throw kind.invalid(.listIndex(digits.string))
                }
                path.steps.append(.index(index))
            } else {
                return
            }
        }
    }

    mutating func valueReference() throws(DynamoError) -> Text {
        guard current == .valueReference else { throw syntaxError() }
        return takeText()
    }

    /// A parenthesis or a call that is open.
    private enum Open {
        case group
        case call(Text, [OperandSyntax])
    }

    /// A path, a `:value` or a function call, in parentheses or not.
    ///
    /// What is open is kept on a stack of our own: calls nest as deep as `Limits.functions`, parentheses without end.
    ///
    /// - Parameter withGroupedPaths: `(a).b` is a path; in conditions it is, in updates not (dynalite's tests).
    mutating func operand(
        withGroupedPaths: Bool
    ) throws(DynamoError) -> (operand: OperandSyntax, isParenthesized: Bool) {
        var open: [Open] = []
        var calls = 0
        while true {
            if take(.leftParenthesis) {
                open.append(.group)
            } else if isAtCall {
                let name = takeText()
                calls += 1
                guard calls <= Limits.functions else {
                    throw kind.invalid(Functions.isKnown(name) ? .misplacedFunction(name) : .unknownFunction(name))
                }
                advance()
                open.append(.call(name, []))
            } else {
                let leaf = current == .valueReference ? OperandSyntax.value(takeText()) : .path(try path())
                if let whole = try close(&open, calls: &calls, after: leaf, withGroupedPaths) { return whole }
            }
        }
    }

    private var isAtCall: Bool { current == .identifier && following == .leftParenthesis && isAtName }

    /// Closes what ends behind an operand; nil when a comma asks for one more.
    private mutating func close(
        _ open: inout [Open], calls: inout Int, after first: OperandSyntax, _ withGroupedPaths: Bool
    ) throws(DynamoError) -> (operand: OperandSyntax, isParenthesized: Bool)? {
        var operand = first
        var isParenthesized = false
        while let innermost = open.popLast() {
            switch innermost {
            case .group:
                try expect(.rightParenthesis)
                if isParenthesized { hasRedundantParentheses = true }
                isParenthesized = true
                if withGroupedPaths, isAtStep, case .path(var path) = operand {
                    try steps(of: &path)
                    operand = .path(path)
                    isParenthesized = false
                }
            case .call(let name, let arguments):
                guard !take(.comma) else {
                    open.append(.call(name, arguments + [operand]))
                    return nil
                }
                try expect(.rightParenthesis)
                operand = .function(FunctionSyntax(name: name, arguments: arguments + [operand]))
                isParenthesized = false
                calls -= 1
            }
        }
        return (operand, isParenthesized)
    }
}

/// The functions of the language. Their names are told apart by case.
enum Functions {
    static func isOfConditions(_ name: Text) -> Bool {
        switch name.string {
        case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size": true
        default: false
        }
    }

    static func isOfUpdates(_ name: Text) -> Bool { name == "if_not_exists" || name == "list_append" }
    static func isKnown(_ name: Text) -> Bool { isOfConditions(name) || isOfUpdates(name) }
}

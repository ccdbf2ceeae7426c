import DyadModel

/// What the parsers of all expressions share: the cursor over the tokens, syntax errors, paths and function calls.
struct Parser {
    let kind: ExpressionKind
    private let bytes: [UInt8]
    private let tokens: [Token]
    private let keywords: [String]
    private var position = 0
    private var operators = 0
    private var functionDepth = 0
    /// Reported after all syntax errors.
    var hasRedundantParentheses = false

    /// - Parameter keywords: in upper case; no attribute and no function can bear such a name.
    /// - Throws: when the expression is empty or too long; both are told before any syntax error.
    init(_ text: String, as kind: ExpressionKind, keywords: [String]) throws(DynamoError) {
        self.kind = kind
        self.keywords = keywords
        bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw kind.invalid(.empty) }
        guard bytes.count <= Limits.expressionBytes else { throw kind.invalid(.tooLong(bytes.count)) }
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

    /// Keywords are told in any case.
    func isAt(keyword: String) -> Bool {
        guard current == .identifier else { return false }
        let range = tokens[position].range
        return range.count == keyword.utf8.count
            && zip(bytes[range], keyword.utf8).allSatisfy { byte, upper in
                (byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte) == upper
            }
    }

    mutating func take(keyword: String) -> Bool {
        guard isAt(keyword: keyword) else { return false }
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
        case .identifier: !keywords.contains { isAt(keyword: $0) }
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

    /// A path, a `:value` or a function call; arguments are read by `argument`, since what they may be differs.
    mutating func operand(
        argument: (inout Parser) throws(DynamoError) -> OperandSyntax
    ) throws(DynamoError) -> OperandSyntax {
        if current == .valueReference { return .value(takeText()) }
        guard current == .identifier, following == .leftParenthesis, isAtName else { return .path(try path()) }
        let name = takeText()
        functionDepth += 1
        defer { functionDepth -= 1 }
        guard functionDepth <= Limits.functions else {
            throw kind.invalid(Functions.all.contains(name) ? .misplacedFunction(name) : .unknownFunction(name))
        }
        advance()
        var arguments: [OperandSyntax] = []
        repeat { arguments.append(try argument(&self)) } while take(.comma)
        try expect(.rightParenthesis)
        return .function(FunctionSyntax(name: name, arguments: arguments))
    }
}

/// The functions of the language. Their names are told apart by case.
enum Functions {
    static let ofConditions: Set<Text> = [
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
    ]
    static let ofUpdates: Set<Text> = ["if_not_exists", "list_append"]
    static let all = ofConditions.union(ofUpdates)
}

import DyadModel

/// Cuts a PartiQL statement into tokens, the last of which is `.end`. Comments are white space.
struct StatementLexer {
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var line = 1
    private var column = 1

    /// - Throws: `Statement wasn't well formed` without a reason, as AWS, for what starts no token or does not end.
    static func tokens(of statement: String) throws(DynamoError) -> [StatementToken] {
        var lexer = StatementLexer(scalars: Array(statement.unicodeScalars))
        var tokens: [StatementToken] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return joined(tokens) }
        }
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        at + offset < scalars.count ? scalars[at + offset] : nil
    }

    private mutating func advance() {
        if peek() == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        at += 1
    }

    private mutating func next() throws(DynamoError) -> StatementToken {
        try skipSpace()
        let (start, line, column) = (at, line, column)
        let kind = try kind()
        return StatementToken(kind: kind, span: SourceSpan(line: line, column: column, length: at - start))
    }

    private mutating func skipSpace() throws(DynamoError) {
        while let scalar = peek() {
            if scalar == "-", peek(1) == "-" {
                while let scalar = peek(), scalar != "\n", scalar != "\r" { advance() }
            } else if scalar == "/", peek(1) == "*" {
                advance()
                advance()
                while peek() != "*" || peek(1) != "/" {
                    guard peek() != nil else { throw .notWellFormed() }
                    advance()
                }
                advance()
                advance()
            } else if scalar.value <= 0x20 {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func kind() throws(DynamoError) -> StatementToken.Kind {
        guard let first = peek() else { return .end }
        switch first {
        case "'": return .string(Text(try quoted(first)))
        case "\"": return .name(Text(try quoted(first)))
        case "`": return .ion(try quoted(first))
        case "0"..."9": return .number(try number())
        case ".":
            if let second = peek(1), Self.isDigit(second) { return .number(try number()) }
        case _ where Self.isNameStart(first): return word()
        default: break
        }
        advance()
        return try sign(first)
    }

    private mutating func sign(_ first: Unicode.Scalar) throws(DynamoError) -> StatementToken.Kind {
        switch first {
        case "(": return .leftParenthesis
        case ")": return .rightParenthesis
        case "[": return .leftBracket
        case "]": return .rightBracket
        case "{": return .leftCurly
        case "}": return .rightCurly
        case ":": return .colon
        case ",": return .comma
        case ".": return .dot
        case "*": return .star
        case ";": return .semicolon
        case "?": return .parameter
        case "=", "+", "-", "/", "%", "@": return .operator(String(first))
        case "<":
            if take("<") { return .leftBag }
            if take(">") { return .operator("<>") }
            return .operator(take("=") ? "<=" : "<")
        case ">":
            if take(">") { return .rightBag }
            return .operator(take("=") ? ">=" : ">")
        case "!" where take("="): return .operator("<>")
        case "|" where take("|"): return .operator("||")
        default: throw .notWellFormed()
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        advance()
        return true
    }

    /// What stands between two of `quote`; two of them within stand for one.
    private mutating func quoted(_ quote: Unicode.Scalar) throws(DynamoError) -> String {
        advance()
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            advance()
            if scalar == quote, !take(quote) { return String(text) }
            text.append(scalar)
        }
        throw .notWellFormed()
    }

    /// Digits, a fraction, an exponent. Exponent and scale must be integers of 32 bits (recorded from AWS:
    /// dynamodb-conformance, error-messages/partiqlGrammar).
    private mutating func number() throws(DynamoError) -> String {
        let start = at
        var fraction = 0
        while let scalar = peek(), Self.isDigit(scalar) { advance() }
        if peek() == "." {
            advance()
            while let scalar = peek(), Self.isDigit(scalar) {
                advance()
                fraction += 1
            }
        }
        var exponent = 0
        if peek() == "e" || peek() == "E" {
            advance()
            let isDown = peek() == "-"
            if isDown || peek() == "+" { advance() }
            guard let scalar = peek(), Self.isDigit(scalar) else { throw .notWellFormed() }
            while let scalar = peek(), Self.isDigit(scalar) {
                exponent = min(exponent * 10 + Int(scalar.value - 0x30), 1 << 40)
                advance()
            }
            if isDown { exponent = -exponent }
        }
        guard Int32(exactly: exponent) != nil, Int32(exactly: fraction - exponent) != nil else {
            throw .notWellFormed()
        }
        return String(String.UnicodeScalarView(scalars[start..<at]))
    }

    private mutating func word() -> StatementToken.Kind {
        let start = at
        while let scalar = peek(), Self.isNameStart(scalar) || Self.isDigit(scalar) { advance() }
        let text = String(String.UnicodeScalarView(scalars[start..<at]))
        let word = text.lowercased()
        guard StatementWords.isKeyword(word) else { return .name(Text(text)) }
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "missing": return .missing
        default: return StatementWords.wordOperators.contains(word) ? .operator(word) : .keyword(word)
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == "$"
    }

    /// Makes one token of words that belong together; the longest run counts.
    private static func joined(_ tokens: [StatementToken]) -> [StatementToken] {
        var result: [StatementToken] = []
        var rest = tokens[...]
        while let first = rest.first {
            let match = StatementWords.joined
                .filter { $0.words[0] == first.word && rest.prefix($0.words.count).compactMap(\.word) == $0.words }
                .max { $0.words.count < $1.words.count }
            guard let match else {
                result.append(first)
                rest = rest.dropFirst()
                continue
            }
            result.append(
                StatementToken(
                    kind: match.isOperator ? .operator(match.token) : .keyword(match.token), span: first.span))
            rest = rest.dropFirst(match.words.count)
        }
        return result
    }
}

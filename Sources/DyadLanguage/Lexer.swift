/// Cuts the UTF-8 bytes of an expression into tokens, the last of which is `.end`. It never fails.
struct Lexer {
    private let bytes: [UInt8]
    private var at = 0

    static func tokens(of bytes: [UInt8]) -> [Token] {
        var lexer = Lexer(bytes: bytes)
        var tokens: [Token] = []
        tokens.reserveCapacity(bytes.count / 3 + 2)
        while true {
            let token = lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() -> Token {
        while at < bytes.count, Self.isSpace(bytes[at]) { at += 1 }
        let start = at
        guard at < bytes.count else { return Token(kind: .end, keyword: nil, range: start..<start) }
        let first = bytes[at]
        at += 1
        if Self.isLetter(first) {
            skip(while: Self.isWordByte)
            return Token(kind: .identifier, keyword: Keyword(bytes[start..<at]), range: start..<at)
        }
        if Self.isDigit(first) {
            skip(while: Self.isDigit)
            return Token(kind: .digits, keyword: nil, range: start..<at)
        }
        if first == UInt8(ascii: "#") || first == UInt8(ascii: ":") {
            skip(while: Self.isWordByte)
            // The sign alone is no token of the language.
            guard at > start + 1 else { return Token(kind: .unknown, keyword: nil, range: start..<at) }
            return Token(
                kind: first == UInt8(ascii: "#") ? .nameReference : .valueReference, keyword: nil, range: start..<at)
        }
        if let kind = sign(first) { return Token(kind: kind, keyword: nil, range: start..<at) }
        // One character, not one byte: messages quote it.
        skip(while: { $0 & 0xC0 == 0x80 })
        return Token(kind: .unknown, keyword: nil, range: start..<at)
    }

    private mutating func sign(_ first: UInt8) -> Token.Kind? {
        switch first {
        case UInt8(ascii: "("): return .leftParenthesis
        case UInt8(ascii: ")"): return .rightParenthesis
        case UInt8(ascii: "["): return .leftBracket
        case UInt8(ascii: "]"): return .rightBracket
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: "."): return .dot
        case UInt8(ascii: "+"): return .plus
        case UInt8(ascii: "-"): return .minus
        case UInt8(ascii: "="): return .equal
        case UInt8(ascii: "<"):
            if take(UInt8(ascii: ">")) { return .notEqual }
            return take(UInt8(ascii: "=")) ? .lessOrEqual : .less
        case UInt8(ascii: ">"): return take(UInt8(ascii: "=")) ? .greaterOrEqual : .greater
        default: return nil
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while at < bytes.count, holds(bytes[at]) { at += 1 }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
    static func isWordByte(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == 0x5F }
}

/// A token: what it is and which bytes of the expression it is.
struct Token: Sendable {
    enum Kind: Sendable, Hashable {
        /// `[A-Za-z][A-Za-z0-9_]*`: an attribute name, a function's name or a keyword.
        case identifier
        /// `#name`
        case nameReference
        /// `:value`
        case valueReference
        /// Digits; they mean something only in `[ ]`.
        case digits
        case leftParenthesis, rightParenthesis, leftBracket, rightBracket, comma, dot, plus, minus
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        /// A character that starts no token. It is an error only when the parser gets there.
        case unknown
        case end
    }

    let kind: Kind
    let range: Range<Int>
}

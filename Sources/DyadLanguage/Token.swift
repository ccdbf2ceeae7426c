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
    /// Of an identifier that some grammar reserves.
    let keyword: Keyword?
    let range: Range<Int>
}

/// The keywords of all the grammars; each knows which are its own. They are told in any case.
enum Keyword: String, Sendable, CaseIterable {
    case and = "AND"
    case or = "OR"
    case not = "NOT"
    case between = "BETWEEN"
    case `in` = "IN"
    case set = "SET"
    case remove = "REMOVE"
    case add = "ADD"
    case delete = "DELETE"

    init?(_ bytes: ArraySlice<UInt8>) {
        // Most identifiers are told by their length.
        guard bytes.count < 8, let found = Self.allCases.first(where: { bytes.equalsIgnoringCase($0.rawValue.utf8) })
        else { return nil }
        self = found
    }
}

extension ArraySlice<UInt8> {
    /// - Parameter upper: in upper case.
    func equalsIgnoringCase(_ upper: some Collection<UInt8>) -> Bool {
        count == upper.count && elementsEqual(upper) { ($0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0) == $1 }
    }
}

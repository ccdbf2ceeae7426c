import DyadModel

/// What a CSV's columns are: `requestid:N,host:S,note:S?,-`.
package struct LoadColumn: Sendable, Equatable {
    package enum Kind: String, Sendable { case S, N, B, BOOL }

    package let name: String
    /// Nil where it is not said: a key takes the table's type, all else is `S`.
    package let kind: Kind?
    /// `?`: an empty field leaves the attribute out.
    package let isOptional: Bool

    /// - Throws: `ConfigurationError` for an empty name.
    ///
    /// What follows the last colon and is no type belongs to the name.
    package init(parsing text: some StringProtocol) throws(ConfigurationError) {
        var name = String(text)
        var kind: Kind?
        var isOptional = false
        if let colon = text.lastIndex(of: ":") {
            var type = text[text.index(after: colon)...]
            let isMarked = type.hasSuffix("?")
            if isMarked { type = type.dropLast() }
            if let known = Kind(rawValue: String(type)) {
                name = String(text[..<colon])
                kind = known
                isOptional = isMarked
            }
        }
        guard !name.isEmpty else { throw ConfigurationError("a column without a name in '\(text)'") }
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// A column named `-` is left out.
    var isLeftOut: Bool { name == "-" && kind == nil }

    /// From the `--columns` option.
    package static func list(_ text: String) throws(ConfigurationError) -> [LoadColumn] {
        var columns: [LoadColumn] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            columns.append(try LoadColumn(parsing: part))
        }
        return columns
    }
}

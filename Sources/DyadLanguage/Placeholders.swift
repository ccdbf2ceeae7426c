package import DyadModel

/// The placeholders of one request, ExpressionAttributeNames and ExpressionAttributeValues, and which of them were used.
package struct Placeholders: Sendable {
    private var names: PlaceholderTable<Text>
    private var values: PlaceholderTable<AttributeValue>

    /// - Parameters: nil when the parameter is absent; of a key that comes twice the last counts.
    /// - Throws: AWS's errors for empty maps and malformed keys, those of the names first (dynalite's tests).
    package init(
        names: [(key: Text, value: Text)]?, values: [(key: Text, value: AttributeValue)]?
    ) throws(DynamoError) {
        self.names = PlaceholderTable(names ?? [])
        self.values = PlaceholderTable(values ?? [])
        if names != nil { try Self.check(self.names.keys, sign: UInt8(ascii: "#"), of: "ExpressionAttributeNames") }
        if let key = self.names.firstKey(where: \.isEmpty) {
            throw .validation(
                "ExpressionAttributeNames contains invalid value: "
                    + "\(DynamoError.emptyAttributeName.message ?? "") for key \(key)")
        }
        if values != nil { try Self.check(self.values.keys, sign: UInt8(ascii: ":"), of: "ExpressionAttributeValues") }
    }

    /// No placeholders at all.
    package init() { self.init(values: [:]) }

    /// Values that stand in a statement itself, by names of our own.
    init(values: [Text: AttributeValue]) {
        names = PlaceholderTable([])
        self.values = PlaceholderTable(Array(values))
    }

    /// To be called when all the request's expressions are parsed.
    package func checkAllUsed() throws(DynamoError) {
        try Self.check(unused: names.unusedKeys, of: "ExpressionAttributeNames")
        try Self.check(unused: values.unusedKeys, of: "ExpressionAttributeValues")
    }

    /// The name that a `#placeholder` stands for; nil when it is not defined.
    mutating func name(_ placeholder: Text) -> Text? { names.use(placeholder) }

    /// The value that a `:placeholder` stands for; nil when it is not defined.
    mutating func value(_ placeholder: Text) -> AttributeValue? { values.use(placeholder) }

    private static func check(_ keys: [Text], sign: UInt8, of parameter: String) throws(DynamoError) {
        guard !keys.isEmpty else { throw .validation("\(parameter) must not be empty") }
        // AWS names the first in its own hash order; ours is the order of the bytes, so that answers repeat.
        for key in keys {
            guard key.utf8.first == sign, key.utf8.count > 1, key.utf8.dropFirst().allSatisfy(Lexer.isWordByte) else {
                throw .validation("\(parameter) contains invalid key: Syntax error; key: \"\(key)\"")
            }
            guard key.utf8.count <= Limits.placeholderBytes else {
                throw .validation(
                    "\(parameter) contains invalid key: "
                        + "The expression attribute map contains a key that is too long; key: \"\(key)\"")
            }
        }
    }

    private static func check(unused: [Text], of parameter: String) throws(DynamoError) {
        guard !unused.isEmpty else { return }
        let keys = unused.map(\.string).joined(separator: ", ")
        throw .validation("Value provided in \(parameter) unused in expressions: keys: {\(keys)}")
    }
}

/// What placeholders stand for, in the order of their bytes. There are a few, as a rule, but there may be thousands.
private struct PlaceholderTable<Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let key: Text
        let value: Value
        var isUsed = false
    }

    private var entries: [Entry] = []

    init(_ pairs: [(key: Text, value: Value)]) {
        guard !pairs.isEmpty else { return }
        entries.reserveCapacity(pairs.count)
        // The sort keeps the order of equals, of which the last one counts. One alone needs no copy to be sorted.
        for pair in pairs.count > 1 ? pairs.sorted(by: { $0.key < $1.key }) : pairs {
            if entries.last?.key == pair.key { entries.removeLast() }
            entries.append(Entry(key: pair.key, value: pair.value))
        }
    }

    var keys: [Text] { entries.map(\.key) }
    var unusedKeys: [Text] { entries.compactMap { $0.isUsed ? nil : $0.key } }

    func firstKey(where isWanted: (Value) -> Bool) -> Text? { entries.first { isWanted($0.value) }?.key }

    /// The value of `key`, which is used from now on; nil when there is no such key.
    mutating func use(_ key: Text) -> Value? {
        var lower = entries.startIndex
        var upper = entries.endIndex
        while upper - lower > 1 {
            let middle = lower + (upper - lower) / 2
            if key < entries[middle].key { upper = middle } else { lower = middle }
        }
        guard lower < upper, entries[lower].key == key else { return nil }
        entries[lower].isUsed = true
        return entries[lower].value
    }
}

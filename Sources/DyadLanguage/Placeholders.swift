package import DyadModel

/// The placeholders of one request, ExpressionAttributeNames and ExpressionAttributeValues, and which of them were used.
package struct Placeholders: Sendable {
    private let names: [Text: Text]
    private let values: [Text: AttributeValue]
    private var unusedNames: Set<Text>
    private var unusedValues: Set<Text>

    /// - Parameters: nil when the parameter is absent.
    /// - Throws: AWS's errors for empty maps and malformed keys, those of the names first (dynalite's tests).
    package init(names: [Text: Text]?, values: [Text: AttributeValue]?) throws(DynamoError) {
        if let names { try Self.check(names.keys, sign: UInt8(ascii: "#"), of: "ExpressionAttributeNames") }
        for (key, name) in names ?? [:] where name.isEmpty {
            throw .validation(
                "ExpressionAttributeNames contains invalid value: "
                    + "\(DynamoError.emptyAttributeName.message ?? "") for key \(key)")
        }
        if let values { try Self.check(values.keys, sign: UInt8(ascii: ":"), of: "ExpressionAttributeValues") }
        self.names = names ?? [:]
        self.values = values ?? [:]
        unusedNames = Set(self.names.keys)
        unusedValues = Set(self.values.keys)
    }

    /// No placeholders at all.
    package init() { self.init(values: [:]) }

    /// Values that stand in a statement itself, by names of our own.
    init(values: [Text: AttributeValue]) {
        names = [:]
        self.values = values
        unusedNames = []
        unusedValues = Set(values.keys)
    }

    /// To be called when all the request's expressions are parsed.
    package func checkAllUsed() throws(DynamoError) {
        try Self.check(unused: unusedNames, of: "ExpressionAttributeNames")
        try Self.check(unused: unusedValues, of: "ExpressionAttributeValues")
    }

    /// The name that a `#placeholder` stands for; nil when it is not defined.
    mutating func name(_ placeholder: Text) -> Text? {
        guard let name = names[placeholder] else { return nil }
        unusedNames.remove(placeholder)
        return name
    }

    /// The value that a `:placeholder` stands for; nil when it is not defined.
    mutating func value(_ placeholder: Text) -> AttributeValue? {
        guard let value = values[placeholder] else { return nil }
        unusedValues.remove(placeholder)
        return value
    }

    private static func check(_ keys: some Collection<Text>, sign: UInt8, of parameter: String) throws(DynamoError) {
        guard !keys.isEmpty else { throw .validation("\(parameter) must not be empty") }
        // AWS names the first in its own hash order; ours is the order of the bytes, so that answers repeat.
        for key in keys.sorted() {
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

    private static func check(unused: Set<Text>, of parameter: String) throws(DynamoError) {
        guard !unused.isEmpty else { return }
        let keys = unused.sorted().map(\.string).joined(separator: ", ")
        throw .validation("Value provided in \(parameter) unused in expressions: keys: {\(keys)}")
    }
}

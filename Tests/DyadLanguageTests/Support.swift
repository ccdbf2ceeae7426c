import DyadLanguage
import DyadModel
import Testing

/// Values as the tests write them.
func s(_ text: String) -> AttributeValue { .string(Text(text)) }
func n(_ value: Int) -> AttributeValue { .number(DynamoNumber(value)) }
func b(_ bytes: UInt8...) -> AttributeValue { .binary(bytes) }
func l(_ elements: AttributeValue...) -> AttributeValue { .list(elements) }
func m(_ members: [Text: AttributeValue]) -> AttributeValue { .map(members) }
func ss(_ members: Text...) -> AttributeValue { .stringSet(Set(members)) }
func ns(_ members: Int...) -> AttributeValue { .numberSet(Set(members.map { DynamoNumber($0) })) }

/// One value of each of the ten types.
let oneOfEach: [AttributeValue] = [
    s("hello"), n(1), b(1, 2), .bool(true), .null, l(n(1)), m(["k": s("v")]), ss("a", "b"), ns(1, 2),
    .binarySet([[1], [2]]),
]

/// An expression, its placeholders, what AWS says, and where that is known from.
struct Transcript: Sendable, CustomTestStringConvertible {
    let expression: String
    var names: [Text: Text] = [:]
    var values: [Text: AttributeValue] = [:]
    let message: String
    let source: String

    init(
        _ expression: String, _ message: String, names: [Text: Text] = [:], values: [Text: AttributeValue] = [:],
        source: String
    ) {
        self.expression = expression
        self.message = message
        self.names = names
        self.values = values
        self.source = source
    }

    var testDescription: String { "\(expression.prefix(60)) [\(source)]" }

    func placeholders() throws -> Placeholders {
        try Placeholders(names: names.isEmpty ? nil : names, values: values.isEmpty ? nil : values)
    }
}

/// Where facts are known from.
enum Source {
    static let dynalite = "architect/dynalite, parsers and tests recorded against AWS"
    static let alternator = "scylladb/scylladb, test/alternator, run against AWS too"
    static let conformance = "nubo-db/dynamodb-conformance, recorded from AWS"
    static let local = "the enumeration of complaints in DynamoDB local"
    static let report = "a user's report of AWS's answer"
    static let inferred = "by analogy; no recording is known"
}

extension Placeholders {
    init(names: [Text: Text]?, values: [Text: AttributeValue]?) throws(DynamoError) {
        try self.init(names: names.map { Array($0) }, values: values.map { Array($0) })
    }
}

/// The message of what `body` throws; nil when it throws nothing.
func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as DynamoError {
        return error.message
    } catch {
        return "not a DynamoError: \(error)"
    }
}

func condition(
    _ text: String, names: [Text: Text]? = nil, values: [Text: AttributeValue]? = nil
) throws -> Condition {
    var placeholders = try Placeholders(names: names, values: values)
    return try Condition(parsing: text, as: .condition, &placeholders)
}

func update(_ text: String, names: [Text: Text]? = nil, values: [Text: AttributeValue]? = nil) throws -> Update {
    var placeholders = try Placeholders(names: names, values: values)
    return try Update(parsing: text, &placeholders)
}

func projection(_ text: String, names: [Text: Text]? = nil) throws -> Projection {
    var placeholders = try Placeholders(names: names, values: nil)
    return try Projection(parsing: text, &placeholders)
}

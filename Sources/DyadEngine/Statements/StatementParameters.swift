import DyadLanguage
import DyadModel

/// Source: the service model, PartiQLStatement.
enum StatementLimits {
    static let text = 1...8192
    static let parameters = 1...Int.max
    /// Members of a batch. Source: the service model, PartiQLBatchRequest.
    static let batch = 1...25
    static let nextToken = 1...32768
}

extension PartiQLStatement {
    /// Every parameter is looked at before the statement is, those that it has no `?` for too.
    init(_ text: String, _ parameters: [WireParameter]?) throws(DynamoError) {
        try self.init(parsing: text, Self.values(of: parameters))
    }

    static func values(of parameters: [WireParameter]?) throws(DynamoError) -> [AttributeValue] {
        var values: [AttributeValue] = []
        for parameter in parameters ?? [] { values.append(try parameter.value.checked()) }
        return values
    }
}

extension Fingerprint {
    /// A statement and its parameters.
    mutating func add(_ text: String, _ parameters: [WireParameter]?) {
        add(text)
        add(String(parameters?.count ?? 0))
        for parameter in parameters ?? [] { add(parameter.value.canonical) }
    }
}

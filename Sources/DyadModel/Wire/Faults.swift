/// The broken constraints of one request, in the order of its shape table, and where the reader stands in it.
package struct Faults: Sendable {
    enum Step: Sendable {
        case member(StaticString)
        case element(Int)
        case key(String)
        case value
    }

    private var path: [Step] = []
    private var lines: [String] = []
    private var first: DynamoError?

    /// AWS lists no more, and counts no more.
    static let linesMax = 10

    package init() {}

    mutating func enter(_ step: Step) { path.append(step) }
    mutating func leave() { path.removeLast() }

    /// Notes that the value here broke a constraint. `shown` is the value as AWS prints it, `null` bare, else in quotes.
    package mutating func note(_ shown: String, _ phrase: String) {
        guard lines.count < Self.linesMax else { return }
        lines.append("Value \(shown) at '\(pathText)' failed to satisfy constraint: \(phrase)")
    }

    /// Notes what AWS tells alone, before it tells of any constraint.
    package mutating func noteFirst(_ fault: DynamoError) { first = fault }

    /// Notes an attribute's name of more bytes than `AttributeNames.bytesMax`, which AWS does not repeat.
    mutating func noteLongName() {
        guard lines.count < Self.linesMax else { return }
        lines.append("Attribute name is too large, must be less than \(AttributeNames.bytesMax + 1) bytes")
    }

    /// Notes the absence of a member that AWS asks for in plain words.
    mutating func noteMissing(_ parameter: StaticString) {
        noteFirst(.validation("The parameter '\(parameter)' is required but was not present in the request"))
    }

    /// `globalSecondaryIndexes.2.member.indexName`
    private var pathText: String {
        var text = ""
        for step in path {
            if !text.isEmpty { text += "." }
            switch step {
            case .member(let name):
                let name = "\(name)"
                text += name.prefix(1).lowercased() + name.dropFirst()
            case .element(let index): text += "\(index + 1).member"
            case .key(let key): text += key
            case .value: text += "member"
            }
        }
        return text
    }

    /// - Throws: all that was noted, as one `ValidationException`.
    package func check() throws(DynamoError) {
        if let first { throw first }
        guard !lines.isEmpty else { return }
        let noun = lines.count == 1 ? "error" : "errors"
        throw .validation("\(lines.count) validation \(noun) detected: \(lines.joined(separator: "; "))")
    }
}

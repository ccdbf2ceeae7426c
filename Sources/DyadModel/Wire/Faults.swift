/// The broken constraints of one request, in the order of its shape table, and where the reader stands in it.
package struct Faults: Sendable {
    enum Step: Sendable {
        case member(StaticString)
        case element(Int)
        case key(String)
        case value
    }

    private var path: [Step] = []
    private var lines: [Line] = []
    private var first: DynamoError?
    /// Whether a request of the newer layer is read as it was before: a member is missing, or a value nests beyond it.
    private var tellsOlderWords = false

    private struct Line: Sendable {
        let text: String
        /// What stands for it in the newer layer, where that words it in its own way.
        var current: String?
        /// Whether the newer layer looks no further than this.
        var isAlone = false
    }

    /// AWS lists no more, and counts no more.
    static let linesMax = 10

    package init() {}

    mutating func enter(_ step: Step) { path.append(step) }
    mutating func leave() { path.removeLast() }

    /// Notes that the value here broke a constraint. `shown` is the value as AWS prints it, `null` bare, else in quotes.
    ///
    /// - Parameter current: what stands for it in the newer layer, where that words it in its own way.
    package mutating func note(_ shown: String, _ phrase: String, current: String? = nil) {
        guard lines.count < Self.linesMax else { return }
        let text = "Value \(shown) at '\(pathText)' failed to satisfy constraint: \(phrase)"
        lines.append(Line(text: text, current: current))
    }

    /// Notes that a member is not there.
    mutating func noteAbsent() {
        if path.count == 1 { tellOlderWords() }
        note("null", "Member must not be null")
    }

    package mutating func tellOlderWords() { tellsOlderWords = true }

    /// Notes that the newer layer looks no further when it words what `read` notes in its own way.
    mutating func tellAlone(_ read: (inout Faults) throws(DynamoError) -> Void) throws(DynamoError) {
        let known = lines.count
        try read(&self)
        for index in lines.indices.dropFirst(known) where lines[index].current != nil { lines[index].isAlone = true }
    }

    /// Notes what AWS tells alone, before it tells of any constraint.
    package mutating func noteFirst(_ fault: DynamoError) { first = fault }

    /// Notes an attribute's name of more bytes than `AttributeNames.bytesMax`, which AWS does not repeat.
    mutating func noteLongName() {
        guard lines.count < Self.linesMax else { return }
        lines.append(Line(text: "Attribute name is too large, must be less than \(AttributeNames.bytesMax + 1) bytes"))
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
        let alone = tellsOlderWords ? nil : lines.first(where: \.isAlone)
        let told = (alone.map { [$0] } ?? lines).map { tellsOlderWords ? $0.text : $0.current ?? $0.text }
        let noun = told.count == 1 ? "error" : "errors"
        throw .validation("\(told.count) validation \(noun) detected: \(told.joined(separator: "; "))")
    }
}

/// A value inside a `JSONDocument`.
package struct JSONNode: Sendable {
    package enum Kind: UInt8, Sendable { case object, array, string, number, `true`, `false`, null }

    let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var entry: JSONDocument.Entry { document.tape[index] }

    package var kind: Kind { entry.kind }

    /// The bytes of this value as they stand in the document, quotes included.
    package var raw: ArraySlice<UInt8> {
        let entry = entry
        return entry.kind == .string
            ? document.bytes[Int(entry.start) - 1..<Int(entry.end) + 1]
            : document.bytes[Int(entry.start)..<Int(entry.end)]
    }

    /// The decoded text of a string; nil for other kinds.
    package var string: String? { entry.kind == .string ? document.text(of: entry) : nil }

    /// A number without fraction or exponent that fits; nil otherwise.
    package var integer: Int? {
        guard entry.kind == .number else { return nil }
        return Int(String(decoding: raw, as: UTF8.self))
    }

    /// A string's decoded bytes. Without escapes they are the document's own, not copied.
    ///
    /// - Precondition: this is a string.
    package var stringBytes: ArraySlice<UInt8> {
        let entry = entry
        let slice = document.bytes[Int(entry.start)..<Int(entry.end)]
        guard entry.hasEscapes else { return slice }
        var unescaped: [UInt8] = []
        JSONEscapes.decode(slice, into: &unescaped)
        return unescaped[...]
    }

    /// A string's text between the quotes, still escaped, and whether it holds escapes.
    package var escapedText: (bytes: ArraySlice<UInt8>, hasEscapes: Bool) {
        let entry = entry
        return (document.bytes[Int(entry.start)..<Int(entry.end)], entry.hasEscapes)
    }

    package var isEmpty: Bool { entry.next == index + 1 }

    /// An object's members in the order they stand; empty for other kinds.
    package var memberNodes: Members { Members(self) }

    /// An object's members with decoded names.
    package var members: some Sequence<(name: String, value: JSONNode)> {
        memberNodes.lazy.map { (name: $0.key.string ?? "", value: $0.value) }
    }

    /// An array's elements; empty for other kinds.
    package var elements: Elements { Elements(self) }

    package struct Members: Sequence, IteratorProtocol {
        private let document: JSONDocument
        private var at: Int
        private let end: Int

        init(_ node: JSONNode) {
            document = node.document
            at = node.index + 1
            end = node.kind == .object ? Int(node.entry.next) : at
        }

        package mutating func next() -> (key: JSONNode, value: JSONNode)? {
            guard at < end else { return nil }
            defer { at = Int(document.tape[at + 1].next) }
            return (JSONNode(document: document, index: at), JSONNode(document: document, index: at + 1))
        }
    }

    package struct Elements: Sequence, IteratorProtocol {
        private let document: JSONDocument
        private var at: Int
        private let end: Int

        init(_ node: JSONNode) {
            document = node.document
            at = node.index + 1
            end = node.kind == .array ? Int(node.entry.next) : at
        }

        package mutating func next() -> JSONNode? {
            guard at < end else { return nil }
            defer { at = Int(document.tape[at].next) }
            return JSONNode(document: document, index: at)
        }
    }
}

extension JSONNode {
    /// The last member of that name, as Jackson reads objects; nil when absent or when this is no object.
    package subscript(_ name: String) -> JSONNode? {
        var name = name
        return name.withUTF8 { member(named: $0) }
    }

    subscript(_ name: StaticString) -> JSONNode? { name.withUTF8Buffer { member(named: $0) } }

    private func member(named name: UnsafeBufferPointer<UInt8>) -> JSONNode? {
        guard kind == .object else { return nil }
        // On the tape's indices and not on nodes: each node would count a reference to the document.
        var found: Int?
        var at = index + 1
        let end = Int(document.tape[index].next)
        while at < end {
            if document.isText(document.tape[at], name) { found = at + 1 }
            at = Int(document.tape[at + 1].next)
        }
        return found.map { JSONNode(document: document, index: $0) }
    }
}

extension JSONDocument {
    fileprivate func isText(_ entry: Entry, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let (start, end) = (Int(entry.start), Int(entry.end))
        guard !entry.hasEscapes else {
            var unescaped: [UInt8] = []
            JSONEscapes.decode(bytes[start..<end], into: &unescaped)
            return unescaped.elementsEqual(text)
        }
        guard end - start == text.count else { return false }
        var offset = 0
        while offset < text.count {
            guard bytes[start + offset] == text[offset] else { return false }
            offset += 1
        }
        return true
    }
}

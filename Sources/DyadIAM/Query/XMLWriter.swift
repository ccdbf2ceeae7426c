/// Writes XML text; escapes what stands between tags.
struct XMLWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    /// An element with others in it.
    mutating func element<E: Error>(
        _ name: String, namespace: String? = nil, _ body: (inout XMLWriter) throws(E) -> Void
    ) throws(E) {
        bytes += "<\(name)".utf8
        if let namespace { bytes += " xmlns=\"\(namespace)\"".utf8 }
        bytes.append(UInt8(ascii: ">"))
        try body(&self)
        bytes += "</\(name)>".utf8
    }

    /// An element with text in it; nothing for nil.
    mutating func element(_ name: String, _ text: String?) {
        guard let text else { return }
        element(name) { $0.text(text) }
    }

    /// A list: each of its values in a `member`.
    mutating func list<Values: Sequence>(
        _ name: String, _ values: Values, _ body: (inout XMLWriter, Values.Element) -> Void
    ) {
        element(name) { xml in
            for value in values { xml.element("member") { body(&$0, value) } }
        }
    }

    /// What another has written.
    mutating func append(_ other: XMLWriter) { bytes += other.bytes }

    mutating func text(_ text: String) {
        // Scalars: a mark that combines would hide the letter before it.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"": bytes += "&quot;".utf8
            // Readers make a line feed of it otherwise: XML 1.0, section 2.11.
            case "\r": bytes += "&#13;".utf8
            case "\t", "\n": bytes.append(UInt8(scalar.value))
            // What XML cannot hold at all: section 2.2.
            case _ where scalar.value < 0x20 || scalar.value & 0xFFFE == 0xFFFE: bytes += "\u{FFFD}".utf8
            default: bytes += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
    }
}

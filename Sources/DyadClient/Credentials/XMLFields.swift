/// The texts of an XML document's elements that hold no others, as AWS's Query protocol answers.
///
/// Reads elements, text and entities; attributes, comments and declarations are passed over, CDATA and DTDs refused.
struct XMLFields: Sendable {
    private static let depthMax = 32
    private var texts: [(parent: String, name: String, text: String)] = []

    /// The first `name` directly within a `parent`; nil when there is none.
    subscript(_ parent: String, _ name: String) -> String? {
        texts.first { $0.parent == parent && $0.name == name }?.text
    }

    /// Nil for what is not well-formed.
    init?(parsing bytes: [UInt8]) {
        var rest = Substring(String(decoding: bytes, as: UTF8.self))
        var open: [Substring] = []
        var isLeaf = false
        var hasRoot = false
        while true {
            let text = rest.prefix { $0 != "<" }
            rest = rest[text.endIndex...]
            guard !open.isEmpty || text.allSatisfy(\.isWhitespace) else { return nil }
            if rest.isEmpty { break }
            if rest.hasPrefix("<?") {
                guard let after = Self.end(of: "?>", in: rest) else { return nil }
                rest = rest[after...]
                continue
            }
            if rest.hasPrefix("<!--") {
                guard let after = Self.end(of: "-->", in: rest) else { return nil }
                rest = rest[after...]
                continue
            }
            guard let close = rest.firstIndex(of: ">") else { return nil }
            var tag = rest[rest.index(after: rest.startIndex)..<close]
            rest = rest[rest.index(after: close)...]
            if tag.hasPrefix("/") {
                guard let name = open.popLast(), tag.dropFirst().prefix(while: { !$0.isWhitespace }) == name else {
                    return nil
                }
                if isLeaf {
                    guard let plain = Self.unescaped(text) else { return nil }
                    texts.append((String(open.last ?? ""), String(name), plain))
                }
                isLeaf = false
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            if isEmpty { tag.removeLast() }
            let name = tag.prefix { !$0.isWhitespace }
            guard let first = name.first, first.isLetter || first == "_", open.count < Self.depthMax,
                !(open.isEmpty && hasRoot)
            else { return nil }
            hasRoot = true
            isLeaf = !isEmpty
            if isEmpty { texts.append((String(open.last ?? ""), String(name), "")) } else { open.append(name) }
        }
        guard open.isEmpty, hasRoot else { return nil }
    }

    private static func end(of mark: String, in text: Substring) -> Substring.Index? {
        var rest = text
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.index(rest.startIndex, offsetBy: mark.count) }
            rest.removeFirst()
        }
        return nil
    }

    private static let entities = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]

    /// Nil for an entity that XML itself does not define.
    private static func unescaped(_ text: Substring) -> String? {
        var plain = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            plain += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { return nil }
            let name = rest[rest.index(after: start)..<end]
            if let known = entities[String(name)] {
                plain += known
            } else {
                guard name.hasPrefix("#") else { return nil }
                let digits = name.dropFirst()
                let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
                guard let scalar = number.flatMap(Unicode.Scalar.init) else { return nil }
                plain.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: end)...]
        }
        return plain + rest
    }
}

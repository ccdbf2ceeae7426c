/// Reads canonical item bytes: what a row holds, never what a client sent.
///
/// The bytes were written by `ItemEncoder` or `AttributeValue.write`, so nothing is checked again: a malformed row is
/// our own mistake and traps.
package enum CanonicalReader {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Where the string that starts at `start` (its opening quote) ends: the index behind the closing quote.
    static func skipString(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var at = start + 1
        while bytes[at] != quote { at += bytes[at] == backslash ? 2 : 1 }
        return at + 1
    }

    /// The index behind the value that starts at `start`.
    static func skipValue(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var at = start
        var depth = 0
        repeat {
            switch bytes[at] {
            case quote: at = skipString(bytes, at)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            default: at += 1
            }
        } while depth > 0
        return at
    }

    /// Calls `body` with where each attribute's name (escaped, without quotes) and value lie, until it returns false.
    static func forEachAttribute(_ bytes: Span<UInt8>, _ body: (Range<Int>, Range<Int>) -> Bool) {
        var at = 1
        while bytes[at] == quote {
            let nameEnd = skipString(bytes, at)
            let valueStart = nameEnd + 1
            let valueEnd = skipValue(bytes, valueStart)
            guard body(at + 1..<nameEnd - 1, valueStart..<valueEnd) else { return }
            at = bytes[valueEnd] == UInt8(ascii: ",") ? valueEnd + 1 : valueEnd
        }
    }

    /// The type of a value, `{"S":"…"}`.
    package static func kind(of value: ArraySlice<UInt8>) -> AttributeValue.Kind {
        var at = value.startIndex + 1
        let word = String(decoding: string(value, &at), as: UTF8.self)
        guard let kind = AttributeValue.Kind(rawValue: word) else {
            preconditionFailure("a stored value has no type descriptor")
        }
        return kind
    }

    /// Decodes one attribute value, `{"S":"…"}`.
    package static func value(_ bytes: ArraySlice<UInt8>) -> AttributeValue {
        var at = bytes.startIndex
        return value(bytes, &at)
    }

    private static func value(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> AttributeValue {
        at += 1
        let kind = Array(string(bytes, &at))
        at += 1
        defer { at += 1 }
        switch kind {
        case Array("S".utf8): return .string(text(bytes, &at))
        case Array("N".utf8): return .number(number(string(bytes, &at)))
        case Array("B".utf8): return .binary(binary(string(bytes, &at)))
        case Array("BOOL".utf8):
            let isTrue = bytes[at] == UInt8(ascii: "t")
            at += isTrue ? 4 : 5
            return .bool(isTrue)
        case Array("NULL".utf8):
            at += 4
            return .null
        case Array("L".utf8): return .list(array(bytes, &at) { value(bytes, &$0) })
        case Array("M".utf8): return .map(map(bytes, &at))
        case Array("SS".utf8): return .stringSet(Set(array(bytes, &at) { text(bytes, &$0) }))
        case Array("NS".utf8): return .numberSet(Set(array(bytes, &at) { number(string(bytes, &$0)) }))
        case Array("BS".utf8): return .binarySet(Set(array(bytes, &at) { binary(string(bytes, &$0)) }))
        default: preconditionFailure("a stored value has no type descriptor")
        }
    }

    static func map(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> Item {
        var item: Item = [:]
        at += 1
        while bytes[at] == quote {
            let name = text(bytes, &at)
            at += 1
            item[name] = value(bytes, &at)
            if bytes[at] == UInt8(ascii: ",") { at += 1 }
        }
        at += 1
        return item
    }

    private static func array<Element>(
        _ bytes: ArraySlice<UInt8>, _ at: inout Int, _ element: (inout Int) -> Element
    ) -> [Element] {
        var elements: [Element] = []
        at += 1
        while bytes[at] != UInt8(ascii: "]") {
            elements.append(element(&at))
            if bytes[at] == UInt8(ascii: ",") { at += 1 }
        }
        at += 1
        return elements
    }

    /// The string's escaped text; `at` moves behind its closing quote.
    private static func string(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> ArraySlice<UInt8> {
        let start = at + 1
        at = start
        while bytes[at] != quote { at += bytes[at] == backslash ? 2 : 1 }
        defer { at += 1 }
        return bytes[start..<at]
    }

    private static func text(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> Text {
        unescaped(string(bytes, &at))
    }

    static func unescaped(_ escaped: ArraySlice<UInt8>) -> Text {
        guard escaped.contains(backslash) else { return Text(String(decoding: escaped, as: UTF8.self)) }
        var plain: [UInt8] = []
        JSONEscapes.decode(escaped, into: &plain)
        return Text(String(decoding: plain, as: UTF8.self))
    }

    static func number(_ text: ArraySlice<UInt8>) -> DynamoNumber {
        guard let number = try? DynamoNumber(parsing: text) else { preconditionFailure("a stored number is none") }
        return number
    }

    static func binary(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard let bytes = Base64.decode(text) else { preconditionFailure("a stored binary is not base64") }
        return bytes
    }
}

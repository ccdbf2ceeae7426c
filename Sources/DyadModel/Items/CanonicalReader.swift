/// Reads canonical item bytes: what a row holds, never what a client sent.
///
/// The bytes were written by `ItemEncoder` or `AttributeValue.write`, so nothing is checked again: a malformed row is
/// our own mistake and traps.
package enum CanonicalReader {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Where the string that starts at `start` (its opening quote) ends: the index behind the closing quote.
    static func skipString(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var at = bytes.endOfPlainRun(from: start + 1)
        while bytes[at] != quote { at = bytes.endOfPlainRun(from: at + 2) }
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

    /// Goes from one attribute of an item to the next.
    struct Attributes {
        private var at = 1

        /// Where the next attribute's name (escaped, without quotes) and value lie; nil behind the last.
        mutating func next(in bytes: Span<UInt8>) -> (name: Range<Int>, value: Range<Int>)? {
            guard bytes[at] == quote else { return nil }
            let nameEnd = skipString(bytes, at)
            let valueStart = nameEnd + 1
            let valueEnd = skipValue(bytes, valueStart)
            defer { at = bytes[valueEnd] == UInt8(ascii: ",") ? valueEnd + 1 : valueEnd }
            return (at + 1..<nameEnd - 1, valueStart..<valueEnd)
        }
    }

    enum Order { case before, same, behind }

    /// Where an attribute of this name stands beside one whose escaped name is `other`.
    static func order(of name: Text, beside other: ArraySlice<UInt8>) -> Order {
        guard !other.contains(backslash) else {
            let other = unescaped(other)
            return name == other ? .same : name < other ? .before : .behind
        }
        if name.consists(of: other) { return .same }
        return name.utf8.lexicographicallyPrecedes(other) ? .before : .behind
    }

    /// The type of a value, `{"S":"…"}`.
    package static func kind(of value: ArraySlice<UInt8>) -> AttributeValue.Kind {
        let at = value.startIndex + 2
        let isSet = value[at + 1] == UInt8(ascii: "S")
        switch value[at] {
        case UInt8(ascii: "S"): return isSet ? .stringSet : .string
        case UInt8(ascii: "N") where value[at + 1] == UInt8(ascii: "U"): return .null
        case UInt8(ascii: "N"): return isSet ? .numberSet : .number
        case UInt8(ascii: "B") where value[at + 1] == UInt8(ascii: "O"): return .bool
        case UInt8(ascii: "B"): return isSet ? .binarySet : .binary
        case UInt8(ascii: "L"): return .list
        case UInt8(ascii: "M"): return .map
        default: preconditionFailure("a stored value has no type descriptor")
        }
    }

    /// Decodes one attribute value, `{"S":"…"}`.
    package static func value(_ bytes: ArraySlice<UInt8>) -> AttributeValue {
        var at = bytes.startIndex
        return value(bytes, &at)
    }

    private static func value(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> AttributeValue {
        let kind = kind(of: bytes[at...])
        // `{"`, the descriptor, `":`
        at += kind.rawValue.utf8.count + 4
        defer { at += 1 }
        switch kind {
        case .string: return .string(text(bytes, &at))
        case .number: return .number(number(string(bytes, &at)))
        case .binary: return .binary(binary(string(bytes, &at)))
        case .bool:
            let isTrue = bytes[at] == UInt8(ascii: "t")
            at += isTrue ? 4 : 5
            return .bool(isTrue)
        case .null:
            at += 4
            return .null
        case .list: return .list(array(bytes, &at) { value(bytes, &$0) })
        case .map: return .map(map(bytes, &at))
        case .stringSet: return .stringSet(Set(array(bytes, &at) { text(bytes, &$0) }))
        case .numberSet: return .numberSet(Set(array(bytes, &at) { number(string(bytes, &$0)) }))
        case .binarySet: return .binarySet(Set(array(bytes, &at) { binary(string(bytes, &$0)) }))
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
        at = bytes.startIndex + skipString(bytes.span, at - bytes.startIndex)
        return bytes[start..<at - 1]
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

/// String escapes of JSON, RFC 8259 section 7.
package enum JSONEscapes {
    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48)
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 87)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - 55)
        default: nil
        }
    }

    /// Appends the text that `escaped` stands for.
    ///
    /// - Precondition: `escaped` lay between the quotes of a string that was parsed: its escapes are whole and paired.
    package static func decode(_ escaped: ArraySlice<UInt8>, into output: inout [UInt8]) {
        var at = escaped.startIndex
        func unit(_ start: Int) -> UInt32 {
            escaped[start..<start + 4].reduce(0) { $0 << 4 | (hexValue($1) ?? 0) }
        }
        while at < escaped.endIndex {
            let byte = escaped[at]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                at += 1
                continue
            }
            let mark = escaped[at + 1]
            at += 2
            switch mark {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = unit(at)
                at += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + unit(at + 2) & 0x3FF
                    at += 6
                }
                appendUTF8(scalar, to: &output)
            default: output.append(mark)
            }
        }
    }

    private static func appendUTF8(_ scalar: UInt32, to output: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: output.append(UInt8(scalar))
        case 0x80..<0x800: output += [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
        case 0x800..<0x10000:
            output += [UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3F), UInt8(0x80 | scalar & 0x3F)]
        default:
            output += [
                UInt8(0xF0 | scalar >> 18), UInt8(0x80 | scalar >> 12 & 0x3F), UInt8(0x80 | scalar >> 6 & 0x3F),
                UInt8(0x80 | scalar & 0x3F),
            ]
        }
    }

    /// Appends `text` with the fewest escapes JSON allows: quote, backslash and the control characters.
    package static func encode(_ text: some Collection<UInt8>, into output: inout [UInt8]) {
        let isDone: Void? = text.withContiguousStorageIfAvailable { encode($0.span, into: &output) }
        if isDone == nil { encode(Array(text).span, into: &output) }
    }

    /// The same of bytes that lie together: what needs no escape goes over in one piece.
    package static func encode(_ text: Span<UInt8>, into output: inout [UInt8]) {
        var at = 0
        while true {
            let end = text.endOfPlainRun(from: at)
            text.extracting(at..<end).withUnsafeBufferPointer { output.append(contentsOf: $0) }
            guard end < text.count else { return }
            escape(text[end], into: &output)
            at = end + 1
        }
    }

    private static func escape(_ byte: UInt8, into output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
        case 0x08: output += "\\b".utf8
        case 0x0C: output += "\\f".utf8
        case 0x0A: output += "\\n".utf8
        case 0x0D: output += "\\r".utf8
        case 0x09: output += "\\t".utf8
        default:
            let hex = Array("0123456789abcdef".utf8)
            output += "\\u00".utf8
            output += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
        }
    }
}

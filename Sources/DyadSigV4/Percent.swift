/// Percent-encoding as SigV4 wants it: everything but RFC 3986's unreserved characters, with uppercase digits.
package enum Percent {
    package static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        encode(text.utf8, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func encode(_ text: some Sequence<UInt8>, keeping kept: UInt8? = nil, into output: inout [UInt8]) {
        for byte in text {
            if isUnreserved(byte) || byte == kept {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(uppercaseDigit(byte >> 4))
                output.append(uppercaseDigit(byte & 0x0F))
            }
        }
    }

    /// The bytes `text` stands for. A percent sign that no two digits follow stands for itself.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        let text = Array(text)
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = value(text[index + 1]),
                let low = value(text[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(text[index])
                index += 1
            }
        }
        return output
    }

    static func lowercaseDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func uppercaseDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension DynamoNumber {
    /// Reads a number as Java's BigDecimal does: an exponent or a scale beyond 32 bits makes it no number, and the
    /// range is told of a sum that wraps around (recorded from AWS: dynamodb-conformance,
    /// error-messages/partiqlParameterNumbers).
    ///
    /// - Throws: as `init(parsing:)`.
    init(parsingDecimal text: ArraySlice<UInt8>) throws(DynamoError) {
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            try self.init(parsing: text)
            return
        }
        let digits = text[(mark + 1)...]
        let isExponent = (digits.first.map { Self.isSign($0) } ?? false ? digits.dropFirst() : digits)
            .allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard let exponent = Int32(String(decoding: digits, as: UTF8.self)) else {
            // What is no exponent at all is told by the number's own reader.
            if isExponent { throw .notANumber(text) }
            try self.init(parsing: text)
            return
        }
        let mantissa = text[..<mark].drop { Self.isSign($0) || $0 == 0x30 }
        let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }.count
        let scale = max(mantissa.count - whole - 1, 0) - Int(exponent)
        guard Int32(exactly: scale) != nil else { throw .notANumber(text) }
        let magnitude = Int(exponent) + whole
        if magnitude > Int(Int32.max) { throw .numberUnderflow }
        try self.init(parsing: text)
    }

    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
}

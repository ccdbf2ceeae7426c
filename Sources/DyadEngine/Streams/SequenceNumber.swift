import DyadModel

/// A region's sequence number as streams write it: 21 digits, all of one width, so that they sort as text too.
enum SequenceNumber {
    /// Behind a 1 come the twenty digits of the number.
    static let digits = 20

    static func text(_ sequence: Int64) -> String {
        let plain = String(sequence)
        return "1" + String(repeating: "0", count: max(0, digits - plain.utf8.count)) + plain
    }

    /// Nil for a text that is no number. One below or beyond all that this region gives is the nearest bound.
    static func parse(_ text: String) -> Int64? {
        guard !text.utf8.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        let significant = text.drop { $0 == "0" }
        if significant.utf8.count <= digits { return 0 }
        guard significant.utf8.count == digits + 1, significant.utf8.first == UInt8(ascii: "1") else {
            return Int64.max
        }
        return Int64(significant.dropFirst()) ?? Int64.max
    }
}

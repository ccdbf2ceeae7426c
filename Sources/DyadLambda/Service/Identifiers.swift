/// Random names. They are to differ; the system's generator makes them.
enum Identifiers {
    /// Twice as many digits.
    static func hex(_ bytes: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String((0..<2 * bytes).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
    }

    /// A UUID of version 4, RFC 9562.
    static func uuid() -> String {
        var digits = Array(hex(16))
        digits[12] = "4"
        digits[16] = Array("89ab")[Int.random(in: 0..<4)]
        let ends = [8, 12, 16, 20, 32]
        return zip([0] + ends, ends).map { String(digits[$0..<$1]) }.joined(separator: "-")
    }
}

/// Identifiers and secrets out of random bits.
enum Identifiers {
    private static let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// `AROA` or another prefix, and 17 characters of `[A-Z2-7]`.
    static func unique(_ prefix: String, _ random: () -> UInt64) -> String {
        prefix + text(17, of: base32, bits: 5, random)
    }

    /// Characters of base64.
    static func secret(_ count: Int, _ random: () -> UInt64) -> String { text(count, of: base64, bits: 6, random) }

    private static func text(_ count: Int, of alphabet: [UInt8], bits: Int, _ random: () -> UInt64) -> String {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var word = random()
            for _ in 0..<min(64 / bits, count - bytes.count) {
                bytes.append(alphabet[Int(word & (1 << UInt64(bits) - 1))])
                word >>= UInt64(bits)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// An access key that AssumeRole hands out: `ASIA` and 16 characters of `[A-Z2-7]`.
///
/// The role's account can be read from it, as from AWS's own, so that whose data a request means is known without a
/// look at what is kept. The last quarter is a check of the others: another's key is taken for one of these once in a
/// million times.
package struct SessionKey: Sendable, Equatable {
    package let account: AccountID
    package let id: String

    private static let prefix = "ASIA"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// - Parameter random: of which 20 bits are taken; two keys of an account may be the same.
    package init(account: AccountID, random: UInt64) {
        let number = Int64(account.rawValue) ?? 0
        let random = Int64(random >> 44)
        self.account = account
        id = Self.prefix + Self.text(number) + Self.text(random << 20 | Self.check(number, random))
    }

    /// Nil for any other access key.
    package init?(_ accessKeyID: String) {
        let bytes = Array(accessKeyID.utf8)
        guard bytes.count == 20, bytes.starts(with: Self.prefix.utf8), let number = Self.number(bytes[4..<12]),
            let rest = Self.number(bytes[12..<20]), rest & 0xFFFFF == Self.check(number, rest >> 20)
        else { return nil }
        let digits = String(number)
        guard let account = AccountID(String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits) else {
            return nil
        }
        self.account = account
        id = accessKeyID
    }

    /// 20 bits.
    private static func check(_ account: Int64, _ random: Int64) -> Int64 {
        let digest = sha256(Array("session key \(account) \(random)".utf8))
        return digest[..<3].reduce(0) { $0 << 8 | Int64($1) } & 0xFFFFF
    }

    /// 40 bits in eight characters.
    private static func text(_ number: Int64) -> String {
        String(
            decoding: stride(from: 35, through: 0, by: -5).map { alphabet[Int(number >> $0 & 31)] }, as: UTF8.self)
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        var number: Int64 = 0
        for byte in text {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            number = number << 5 | Int64(digit)
        }
        return number
    }
}

extension AccountID {
    /// The account that an access key names: it is twelve digits, or was handed out by AssumeRole. Nil for any other.
    package init?(accessKeyID: String) {
        guard let account = AccountID(accessKeyID) ?? SessionKey(accessKeyID)?.account else { return nil }
        self = account
    }
}

import DyadModel

/// What a token of an identity provider says: RFC 7519. Its signature is not looked at.
struct WebIdentityToken: Sendable, Equatable {
    let subject: String
    let issuer: String
    let audience: String?

    /// Nil for what is no token in three parts with a subject and an issuer.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Self.decode(Array(parts[1])),
            let claims = try? JSONDocument(parsing: payload).root, let subject = claims["sub"]?.string,
            let issuer = claims["iss"]?.string
        else { return nil }
        self.subject = subject
        // AWS names a provider without its scheme.
        self.issuer = issuer.hasPrefix("https://") ? String(issuer.dropFirst("https://".count)) : issuer
        audience = claims["aud"]?.string ?? claims["aud"].flatMap { $0.elements.compactMap(\.string).first }
    }

    /// Base64 without padding, in the letters that URLs may have: RFC 7515, section 2.
    private static func decode(_ text: [UInt8]) -> [UInt8]? {
        var padded = text.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while padded.count % 4 != 0 { padded.append(UInt8(ascii: "=")) }
        return Base64.decode(padded)
    }
}

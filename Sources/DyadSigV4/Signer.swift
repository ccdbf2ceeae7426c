/// Signs requests to one service in one region with Signature Version 4.
///
/// Pure but for its cache of keys: the time is an argument.
package struct Signer: Sendable {
    package let region: String
    package let service: String
    private let keys: SigningKeys

    /// - Parameter service: the signing name: `dynamodb`, for streams too.
    package init(region: String, service: String, keys: SigningKeys = SigningKeys()) {
        self.region = region
        self.service = service
        self.keys = keys
    }

    /// The headers to add to a request so that it is signed: `x-amz-date`, `x-amz-security-token` when the credentials
    /// hold one, `x-amz-content-sha256` when asked for, and `Authorization`.
    ///
    /// - Parameters:
    ///   - target: path and query as the request line will have them.
    ///   - headers: what is to be signed; `host` must be among them and must be what is sent.
    ///   - at: seconds since 1970, UTC.
    package func headers(
        signing method: String, target: String, headers: [(name: String, value: String)], body: [UInt8],
        with credentials: Credentials, at epochSeconds: Int64, withContentHash: Bool = false
    ) -> [(name: String, value: String)] {
        let date = AmzDate(epochSeconds: epochSeconds)
        let timestamp = date.text
        let payloadHash = Digest.hex(Digest.sha256(body))
        var added: [(name: String, value: String)] = [("x-amz-date", timestamp)]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        if withContentHash { added.append(("x-amz-content-sha256", payloadHash)) }

        let all = headers + added
        let signed = Set(all.map { $0.name.lowercased() }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let scope = CredentialScope(
            accessKeyID: credentials.accessKeyID, date: date.day, region: region, service: service)
        let request = CanonicalRequest(
            method: method, target: target, headers: all, signed: signed, payloadHash: payloadHash)
        let key = keys.key(secret: credentials.secretAccessKey, day: scope.date, region: region, service: service)
        let signature = StringToSign(timestamp: timestamp, scope: scope, request: request).signature(key: key)
        added.append(
            (
                "Authorization",
                "\(StringToSign.algorithm) Credential=\(scope.accessKeyID)/\(scope.path), "
                    + "SignedHeaders=\(signed.joined(separator: ";")), Signature=\(signature)"
            ))
        return added
    }
}

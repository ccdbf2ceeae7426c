/// Checks signatures as AWS does, in its order: date, signed host, algorithm, scope, key, signature.
package struct Verifier: Sendable {
    /// Seconds by which a client's clock may differ.
    package static let skewMax: Int64 = 15 * 60

    private let service: String
    private let keys: SigningKeys

    package init(service: String, keys: SigningKeys = SigningKeys()) {
        self.service = service
        self.keys = keys
    }

    /// - Parameters:
    ///   - headers: all of the request's, `Authorization` included.
    ///   - at: seconds since 1970, UTC.
    ///   - region: nil where every region is served.
    ///   - secret: the secret of an access key; nil for keys that nobody knows.
    /// - Returns: the scope, now believed.
    package func verify(
        method: String, target: String, headers: some Sequence<(name: String, value: String)>, body: [UInt8],
        at epochSeconds: Int64, region: String? = nil, secret: (String) -> String?
    ) throws(AuthenticationFailure) -> CredentialScope {
        let authorization = try Authorization(
            header: Self.value("authorization", in: headers),
            date: Self.value("x-amz-date", in: headers) ?? Self.value("date", in: headers), target: target)
        let now = AmzDate(epochSeconds: epochSeconds)
        let date = try Self.checkDate(of: authorization, target: target, now: now)
        let signed = authorization.signedHeaders.split(separator: ";").map(String.init)
        guard signed.contains(where: { CanonicalRequest.equalsIgnoringCase("host", $0) }) else { throw .hostUnsigned }
        guard authorization.algorithm == StringToSign.algorithm else { throw .algorithm(authorization.algorithm) }
        let scope = authorization.scope
        try check(scope, date: date, region: region)
        guard let secret = secret(scope.accessKeyID) else { throw .unknownKey }

        let request = CanonicalRequest(
            method: method, target: target, headers: headers, signed: signed,
            payloadHash: Self.payloadHash(headers: headers, body: body),
            withoutSignature: authorization.place == .query)
        let string = StringToSign(timestamp: authorization.timestamp, scope: scope, request: request)
        let key = keys.key(secret: secret, day: scope.date, region: scope.region, service: scope.service)
        guard Digest.equal(string.signature(key: key).utf8, authorization.signature.utf8) else {
            throw .mismatch(request, string)
        }
        return scope
    }

    private static func checkDate(of authorization: Authorization, target: String, now: AmzDate)
        throws(AuthenticationFailure) -> AmzDate
    {
        guard let date = AmzDate(authorization.timestamp) else { throw .date(authorization.timestamp) }
        // A presigned request lives as long as it says itself.
        let lifetime =
            authorization.place == .query
            ? Authorization.parameter("X-Amz-Expires", of: CanonicalRequest.split(target).query).flatMap(Int64.init)
            : nil
        guard date.epochSeconds >= now.epochSeconds - (lifetime ?? skewMax) else { throw .expired(date, now: now) }
        guard date.epochSeconds <= now.epochSeconds + skewMax else { throw .notYetCurrent(date, now: now) }
        return date
    }

    private func check(_ scope: CredentialScope, date: AmzDate, region: String?) throws(AuthenticationFailure) {
        var complaints: [String] = []
        if let region, scope.region != region {
            complaints.append("Credential should be scoped to a valid region, not '\(scope.region)'.")
        }
        if scope.service != service {
            complaints.append("Credential should be scoped to correct service: '\(service)'.")
        }
        if scope.terminator != CredentialScope.terminator {
            complaints.append(
                "Credential should be scoped with a valid terminator: '\(CredentialScope.terminator)', "
                    + "not '\(scope.terminator)'.")
        }
        if scope.date != date.day {
            complaints.append(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(scope.date)' != '\(date.day)', from '\(date.text)'.")
        }
        if !complaints.isEmpty { throw .scope(complaints) }
    }

    /// A signed `x-amz-content-sha256` stands for the body, unless it lies about it.
    private static func payloadHash(headers: some Sequence<(name: String, value: String)>, body: [UInt8]) -> String {
        let unsigned = "UNSIGNED-PAYLOAD"
        return value("x-amz-content-sha256", in: headers) == unsigned ? unsigned : Digest.hex(Digest.sha256(body))
    }

    private static func value(_ name: String, in headers: some Sequence<(name: String, value: String)>) -> String? {
        headers.first { CanonicalRequest.equalsIgnoringCase(name, $0.name) }?.value
    }
}

/// Why a request's signature was not accepted, in AWS's terms and words.
///
/// The messages and their order are those recorded from DynamoDB by dynalite's test/connection.js and the notes of its
/// index.js.
package struct AuthenticationFailure: Error, Equatable, Sendable {
    /// The wire's exception types.
    package enum Kind: String, Sendable {
        case missingAuthenticationToken = "MissingAuthenticationTokenException"
        case incompleteSignature = "IncompleteSignatureException"
        case invalidSignature = "InvalidSignatureException"
        case unrecognizedClient = "UnrecognizedClientException"
    }

    package let kind: Kind
    package let message: String

    static let missing = AuthenticationFailure(
        kind: .missingAuthenticationToken, message: "Request is missing Authentication Token")

    static let bothPlaces = AuthenticationFailure(
        kind: .invalidSignature,
        message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")

    /// - Parameter parameters: what the header lacks, in AWS's order: Credential, Signature, SignedHeaders.
    static func incomplete(header: String, lacks parameters: [String], date: Bool) -> AuthenticationFailure {
        var message = parameters.map { "Authorization header requires '\($0)' parameter. " }.joined()
        if date {
            message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        }
        return AuthenticationFailure(kind: .incompleteSignature, message: message + "Authorization=\(header)")
    }

    static func incomplete(queryLacks parameters: [String]) -> AuthenticationFailure {
        AuthenticationFailure(
            kind: .incompleteSignature,
            message: parameters.map { "AWS query-string parameters must include '\($0)'. " }.joined()
                + "Re-examine the query-string parameters.")
    }

    static func malformedCredential(_ credential: some StringProtocol) -> AuthenticationFailure {
        AuthenticationFailure(
            kind: .incompleteSignature,
            message: "Credential must have exactly 5 slash-delimited elements, "
                + "e.g. keyid/date/region/service/term, got '\(credential)'")
    }

    static func algorithm(_ algorithm: some StringProtocol) -> AuthenticationFailure {
        AuthenticationFailure(
            kind: .incompleteSignature,
            message: "Unsupported AWS 'algorithm': '\(algorithm)' (only AWS4-HMAC-SHA256 for now). ")
    }

    static func date(_ date: some StringProtocol) -> AuthenticationFailure {
        AuthenticationFailure(
            kind: .incompleteSignature,
            message: "Date must be in ISO-8601 'basic format'. Got '\(date)'. "
                + "See http://en.wikipedia.org/wiki/ISO_8601")
    }

    static func expired(_ date: AmzDate, now: AmzDate) -> AuthenticationFailure {
        let oldest = AmzDate(epochSeconds: now.epochSeconds - Verifier.skewMax)
        return AuthenticationFailure(
            kind: .invalidSignature,
            message: "Signature expired: \(date.text) is now earlier than \(oldest.text) (\(now.text) - 15 min.)")
    }

    static func notYetCurrent(_ date: AmzDate, now: AmzDate) -> AuthenticationFailure {
        let newest = AmzDate(epochSeconds: now.epochSeconds + Verifier.skewMax)
        return AuthenticationFailure(
            kind: .invalidSignature,
            message: "Signature not yet current: \(date.text) is still later than \(newest.text) "
                + "(\(now.text) + 15 min.)")
    }

    static let hostUnsigned = AuthenticationFailure(
        kind: .invalidSignature, message: "'Host' must be a 'SignedHeader' in the AWS Authorization.")

    static func scope(_ complaints: [String]) -> AuthenticationFailure {
        AuthenticationFailure(kind: .invalidSignature, message: complaints.joined(separator: " "))
    }

    static let unknownKey = AuthenticationFailure(
        kind: .unrecognizedClient, message: "The security token included in the request is invalid.")

    static func mismatch(_ request: CanonicalRequest, _ string: StringToSign) -> AuthenticationFailure {
        AuthenticationFailure(
            kind: .invalidSignature,
            message: "The request signature we calculated does not match the signature you provided. "
                + "Check your AWS Secret Access Key and signing method. Consult the service documentation for "
                + "details.\n\nThe Canonical String for this request should have been\n'\(request.text)'\n\n"
                + "The String-to-Sign should have been\n'\(string.text)'\n")
    }
}

import DyadModel
import DyadSigV4

/// The Security Token Service of a region.
///
/// Source: docs.aws.amazon.com/STS/latest/APIReference (Query protocol, version 2011-06-15).
struct STSEndpoint: Sendable {
    let url: EndpointURL
    let region: String
    let transport: any Transport

    /// The regional one, or what a variable or profile names: as for DynamoDB itself.
    static func url(
        region: String, _ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?
    ) throws(ConfigurationError) -> EndpointURL {
        let usual = EndpointURL(scheme: .https, host: "sts.\(region).\(Endpoint.dnsSuffix(of: region))")
        guard surroundings["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return usual }
        let named =
            surroundings["AWS_ENDPOINT_URL_STS"] ?? surroundings["AWS_ENDPOINT_URL"] ?? settings?["endpoint_url"]
        guard let named else { return usual }
        return try EndpointURL(parsing: named)
    }

    /// Calls an action that answers with credentials.
    ///
    /// - Parameter identity: who signs; nil where the parameters prove who calls.
    func credentials(
        _ action: String, _ parameters: [(String, String?)], signedBy identity: Credentials?, at now: Int64
    ) async throws(ClientError) -> FetchedCredentials {
        let all = [("Action", action), ("Version", "2011-06-15")] + parameters
        let body = all.compactMap { name, value in value.map { "\(name)=\(Percent.encode($0))" } }
            .joined(separator: "&")
        let target = "\(url.path)/"
        var headers = [
            (name: "host", value: url.authority),
            (name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8"),
        ]
        if let identity {
            headers += Signer(region: region, service: "sts").headers(
                signing: "POST", target: target, headers: headers, body: Array(body.utf8), with: identity, at: now)
        }
        let answer = try await transport.send(
            TransportRequest(url: url, target: target, headers: headers, body: Array(body.utf8)))
        return try Self.read(answer)
    }

    static func read(_ answer: TransportAnswer) throws(ClientError) -> FetchedCredentials {
        let fields = XMLFields(parsing: answer.body)
        guard answer.status == 200 else {
            guard let code = fields?["Error", "Code"] else {
                _ = try answer.accepted(from: "the Security Token Service")
                throw .malformedAnswer("a refusal without a code")
            }
            let lines = (fields?["Error", "Message"] ?? "").split(whereSeparator: \.isNewline)
            throw .service(
                ServiceError(code: code, message: lines.joined(separator: " "), httpStatus: answer.status))
        }
        guard let fields else { throw .malformedAnswer("it is no XML") }
        func field(_ name: String) throws(ClientError) -> String {
            guard let text = fields["Credentials", name], !text.isEmpty else {
                throw .malformedAnswer("it has no \(name)")
            }
            return text
        }
        let credentials = Credentials(
            accessKeyID: try field("AccessKeyId"), secretAccessKey: try field("SecretAccessKey"),
            sessionToken: try field("SessionToken"))
        guard let expiration = ISO8601.epochSeconds(try field("Expiration")) else {
            throw .malformedAnswer("its Expiration is no time")
        }
        return FetchedCredentials(credentials, expiration: expiration)
    }
}

/// `AssumeRole`.
struct AssumedRoleSource: CredentialSource {
    let role: AssumedRole
    let base: any CredentialProvider
    let sts: STSEndpoint

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        let identity: Credentials
        do { identity = try await base.credentials() } catch let error as ClientError { throw error } catch {
            throw .notAttempted("\(error)")
        }
        return try await sts.credentials(
            "AssumeRole",
            [
                ("RoleArn", role.arn), ("RoleSessionName", role.sessionName ?? "dyad-\(now)"),
                ("ExternalId", role.externalID), ("DurationSeconds", role.durationSeconds.map(String.init)),
            ], signedBy: identity, at: now)
    }
}

/// `AssumeRoleWithWebIdentity`.
struct WebIdentitySource: CredentialSource {
    let identity: WebIdentity
    let sts: STSEndpoint
    let surroundings: Surroundings

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        guard let bytes = surroundings.file(identity.tokenFile) else {
            throw .notAttempted("cannot read the web identity token file \(identity.tokenFile)")
        }
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        return try await sts.credentials(
            "AssumeRoleWithWebIdentity",
            [
                ("RoleArn", identity.arn), ("RoleSessionName", identity.sessionName ?? "dyad-\(now)"),
                ("WebIdentityToken", token),
            ], signedBy: nil, at: now)
    }
}

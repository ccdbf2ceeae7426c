import Synchronization

/// An EC2 instance's metadata service, version 2.
///
/// Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html.
struct InstanceEndpoint: Sendable, Equatable {
    let url: EndpointURL
    /// What to say when nobody ever answered there: nothing else was configured, and this was a guess. Nil when a
    /// profile asked for it.
    var whenSilent: String?

    /// Nil when it is switched off.
    init?(
        _ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?, whenSilent: String? = nil
    ) throws(ConfigurationError) {
        guard surroundings["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
        let mode =
            surroundings["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] ?? settings?["ec2_metadata_service_endpoint_mode"]
        let usual = mode?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        let named = surroundings["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? settings?["ec2_metadata_service_endpoint"]
        url = try EndpointURL(parsing: named ?? usual)
        self.whenSilent = whenSilent
    }
}

/// Asks for a session token, with it for the role's name, and with that for the credentials.
final class InstanceSource: CredentialSource {
    /// Seconds that a session token holds; it is used at once.
    private static let tokenSeconds = 21_600
    private let endpoint: InstanceEndpoint
    private let transport: any Transport
    private let hasAnswered = Mutex(false)

    init(endpoint: InstanceEndpoint, transport: any Transport) {
        self.endpoint = endpoint
        self.transport = transport
    }

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        let lifetime = (name: "x-aws-ec2-metadata-token-ttl-seconds", value: "\(Self.tokenSeconds)")
        let token: String
        do throws(ClientError) {
            token = try await ask("PUT", "/latest/api/token", lifetime)
            hasAnswered.withLock { $0 = true }
        } catch {
            guard let text = endpoint.whenSilent, !hasAnswered.withLock({ $0 }) else { throw error }
            throw .notAttempted(text)
        }
        let session = (name: "x-aws-ec2-metadata-token", value: token)
        let folder = "/latest/meta-data/iam/security-credentials/"
        let role = try await ask("GET", folder, session).prefix { !$0.isNewline }
        let answer = try await ask("GET", folder + role, session)
        return try FetchedCredentials(json: Array(answer.utf8), tokenMember: "Token")
    }

    private func ask(_ method: String, _ path: String, _ header: (name: String, value: String))
        async throws(ClientError) -> String
    {
        let headers = [(name: "host", value: endpoint.url.authority), header]
        let answer = try await transport.send(
            TransportRequest(method: method, url: endpoint.url, target: endpoint.url.path + path, headers: headers)
        )
        .accepted(from: "the instance metadata service at \(path)")
        guard !answer.body.isEmpty else {
            throw .malformedAnswer("the instance metadata service says nothing at \(path)")
        }
        return String(decoding: answer.body, as: UTF8.self)
    }
}

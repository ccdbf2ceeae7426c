/// What hands out a container's credentials: of an ECS task, or an EKS pod.
///
/// Source: docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html; the hosts are botocore's.
struct ContainerEndpoint: Sendable, Equatable {
    let url: EndpointURL
    /// Path and query.
    let target: String
    /// The `Authorization` header's value.
    var token: String?
    /// A file with that value, which outranks it; read anew for each request.
    var tokenFile: String?

    /// Nil when no variable names one.
    ///
    /// - Throws: `ConfigurationError` for a URL over plain HTTP to a host that is neither this machine nor one of AWS's.
    init?(_ surroundings: Surroundings) throws(ConfigurationError) {
        let relative = surroundings["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        guard
            let text = relative.map({ "http://169.254.170.2\($0)" })
                ?? surroundings["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        else { return nil }
        let end = text.firstIndex(of: "?") ?? text.endIndex
        url = try EndpointURL(parsing: String(text[..<end]))
        target = (url.path.isEmpty ? "/" : url.path) + text[end...]
        token = surroundings["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        tokenFile = surroundings["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
        guard url.scheme == .https || Self.isAllowed(url.host) else {
            throw ConfigurationError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names \(url.host); over plain HTTP credentials are fetched from "
                    + "this machine or \(Self.hosts.joined(separator: ", ")) alone")
        }
    }

    private static let hosts = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    private static func isAllowed(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopback = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return isLoopback || host == "::1" || host == "localhost" || hosts.contains(host)
    }
}

/// Asks a container's endpoint.
struct ContainerSource: CredentialSource {
    let endpoint: ContainerEndpoint
    let transport: any Transport
    let surroundings: Surroundings

    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
        var headers = [(name: "host", value: endpoint.url.authority), (name: "accept", value: "application/json")]
        if let token = try token() { headers.append((name: "authorization", value: token)) }
        let answer = try await transport.send(
            TransportRequest(method: "GET", url: endpoint.url, target: endpoint.target, headers: headers)
        )
        .accepted(from: "the container's credential endpoint")
        return try FetchedCredentials(json: answer.body, tokenMember: "Token")
    }

    private func token() throws(ClientError) -> String? {
        guard let file = endpoint.tokenFile else { return endpoint.token }
        guard let bytes = surroundings.file(file) else {
            throw .notAttempted("cannot read \(file), which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names")
        }
        let token = String(decoding: bytes, as: UTF8.self)
        // A line break would end the header, and what follows be another one.
        guard !token.utf8.contains(where: { $0 == 10 || $0 == 13 }) else {
            throw .notAttempted("\(file) holds more than one line, so it is no token")
        }
        return token
    }
}

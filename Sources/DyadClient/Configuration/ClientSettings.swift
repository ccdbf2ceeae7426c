/// What a command's options say about the endpoint; what they leave out comes from the environment and the profile.
package struct ClientSettings: Sendable {
    package var region: String?
    package var endpoint: String?
    package var profile: String?
    /// Seconds that a connection may take to be made, and a call from its first byte to its answer's last; 0 is any. Nil
    /// takes the defaults: AWS has neither a variable nor a setting for them.
    package var connectTimeout: Int64?
    package var readTimeout: Int64?

    package init(
        region: String? = nil, endpoint: String? = nil, profile: String? = nil, connectTimeout: Int64? = nil,
        readTimeout: Int64? = nil
    ) {
        self.region = region
        self.endpoint = endpoint
        self.profile = profile
        self.connectTimeout = connectTimeout
        self.readTimeout = readTimeout
    }

    /// Fills in what was left out, in AWS's order of precedence.
    ///
    /// - Region: the option, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`.
    /// - Endpoint: the option, `AWS_ENDPOINT_URL_DYNAMODB` (and `AWS_ENDPOINT_URL_DYNAMODB_STREAMS` for streams alone),
    ///   `AWS_ENDPOINT_URL`, the profile's `endpoint_url`, else AWS itself. All but the option are passed over when
    ///   `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    /// - Certificate authorities: `AWS_CA_BUNDLE`, the profile's `ca_bundle`, else the system's.
    /// - Attempts: `AWS_MAX_ATTEMPTS`, the profile's `max_attempts`, else 3.
    /// - Seconds that the instance metadata service has to answer: `AWS_METADATA_SERVICE_TIMEOUT`, the profile's
    ///   `metadata_service_timeout`.
    /// - Throws: `ConfigurationError` when no region is named, a URL is none or a file is of no use.
    package func resolved(in surroundings: Surroundings) throws(ConfigurationError) -> ResolvedSettings {
        let shared = SharedConfiguration(surroundings)
        let settings = shared.profile(profile ?? surroundings["AWS_PROFILE"] ?? "default")
        let named = region ?? surroundings["AWS_REGION"] ?? surroundings["AWS_DEFAULT_REGION"] ?? settings?["region"]
        guard let region = named else {
            throw ConfigurationError("no region: give --region, or set AWS_REGION")
        }
        // It becomes part of a hostname and of the signature's scope.
        let isName = region.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard isName, !region.isEmpty else { throw ConfigurationError("'\(region)' is no region's name") }

        let endpoint: Endpoint
        if let url = self.endpoint {
            endpoint = Endpoint(explicit: try EndpointURL(parsing: url))
        } else {
            endpoint = try Self.configuredEndpoint(surroundings, settings) ?? Endpoint(region: region)
        }
        // An explicit endpoint of AWS's, as a VPC has them, wants true credentials.
        let needsNone = endpoint.isExplicit && !endpoint.isWithinAWS(region)
        let plan = Result { () throws(ConfigurationError) in
            try CredentialChain.plan(profile: profile, surroundings: surroundings, shared: shared, needsNone: needsNone)
        }
        return ResolvedSettings(
            region: region, endpoint: endpoint, credentials: plan,
            stsURL: try STSEndpoint.url(region: region, surroundings, settings),
            authorities: try CertificateAuthorities(surroundings, settings),
            attemptsMax: try Self.attemptsMax(surroundings, settings),
            metadataTimeout: try Self.metadataTimeout(surroundings, settings))
    }

    private static func metadataTimeout(_ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?)
        throws(ConfigurationError) -> Int64?
    {
        guard let text = surroundings["AWS_METADATA_SERVICE_TIMEOUT"] ?? settings?["metadata_service_timeout"] else {
            return nil
        }
        guard let seconds = Int64(text), (1...3600).contains(seconds) else {
            throw ConfigurationError(
                "'\(text)' is no number of seconds, 1 to 3600 (AWS_METADATA_SERVICE_TIMEOUT or metadata_service_timeout)"
            )
        }
        return seconds
    }

    private static func attemptsMax(_ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?)
        throws(ConfigurationError) -> Int
    {
        guard let text = surroundings["AWS_MAX_ATTEMPTS"] ?? settings?["max_attempts"] else {
            return RetryPolicy.standard.attemptsMax
        }
        guard let count = Int(text), count >= 1 else {
            throw ConfigurationError("'\(text)' is no number of attempts (AWS_MAX_ATTEMPTS or max_attempts)")
        }
        return count
    }

    private static func configuredEndpoint(_ surroundings: Surroundings, _ settings: SharedConfiguration.Profile?)
        throws(ConfigurationError) -> Endpoint?
    {
        guard surroundings["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return nil }
        let everywhere = surroundings["AWS_ENDPOINT_URL"]
        let configured = settings?["endpoint_url"]
        guard let url = surroundings["AWS_ENDPOINT_URL_DYNAMODB"] ?? everywhere ?? configured else { return nil }
        var streams: EndpointURL?
        if let own = surroundings["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] { streams = try EndpointURL(parsing: own) }
        return Endpoint(explicit: try EndpointURL(parsing: url), streams: streams)
    }
}

/// Nothing left open: what a client is made of.
package struct ResolvedSettings: Sendable {
    package let region: String
    package let endpoint: Endpoint
    /// Failed where there are none.
    let credentials: Result<CredentialPlan, ConfigurationError>
    let stsURL: EndpointURL
    let authorities: CertificateAuthorities?
    /// Of a call, the first included.
    let attemptsMax: Int
    /// Seconds; nil is the default.
    let metadataTimeout: Int64?
}

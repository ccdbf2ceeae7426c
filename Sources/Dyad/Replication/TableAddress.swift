import DyadClient

/// One side of a replication or a comparison: a table and how to reach it.
public struct TableAddress: Sendable {
    public var region: String
    public var table: String
    /// `http://127.0.0.1:8000`; nil takes AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL or the profile's, else AWS itself.
    public var endpoint: String?
    /// Nil takes credentials from the environment, then from AWS_PROFILE or `default`.
    public var profile: String?
    /// How long a connection may take to be made; nil is ten seconds, zero is any.
    public var connectTimeout: Duration?
    /// How long a call may take, from its first byte to its answer's last; nil is a minute, zero is any.
    public var readTimeout: Duration?

    public init(region: String, table: String, endpoint: String? = nil, profile: String? = nil) {
        self.region = region
        self.table = table
        self.endpoint = endpoint
        self.profile = profile
    }

    var settings: ClientSettings {
        ClientSettings(
            region: region, endpoint: endpoint, profile: profile, connectTimeout: connectTimeout?.wholeSeconds,
            readTimeout: readTimeout?.wholeSeconds)
    }
}

extension Duration {
    /// Rounded up: what is not zero stays so.
    fileprivate var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}

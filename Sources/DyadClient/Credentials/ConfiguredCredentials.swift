import DyadModel
import DyadSigV4
import NIOCore

/// A plan carried out: the sources it names, each with its cache, and the connections they need.
///
/// Each client has its own, so that two sides of a replication may belong to two accounts or partitions.
struct ConfiguredCredentials: CredentialProvider {
    private let provider: any CredentialProvider
    private let transports: [any Transport]

    /// - Parameters:
    ///   - metadata: to containers and instances; nobody's proxy stands between.
    init(
        _ plan: CredentialPlan, sts: STSEndpoint, metadata: any Transport, surroundings: Surroundings,
        clock: any WallClock
    ) {
        provider = Self.provider(plan, sts, metadata, surroundings, clock)
        transports = [sts.transport, metadata]
    }

    func credentials() async throws -> Credentials { try await provider.credentials() }

    func shutdown() async {
        for transport in transports { await transport.shutdown() }
    }

    private static func provider(
        _ plan: CredentialPlan, _ sts: STSEndpoint, _ metadata: any Transport, _ surroundings: Surroundings,
        _ clock: any WallClock
    ) -> any CredentialProvider {
        let source: any CredentialSource
        let failing: String
        switch plan {
        case .known(let credentials): return StaticCredentials(credentials)
        case .role(let role, let base):
            let base = provider(base, sts, metadata, surroundings, clock)
            source = AssumedRoleSource(role: role, base: base, sts: sts)
            failing = "cannot assume \(role.arn)"
        case .webIdentity(let identity):
            source = WebIdentitySource(identity: identity, sts: sts, surroundings: surroundings)
            failing = "cannot assume \(identity.arn) with a web identity"
        case .process(let command, let profile):
            source = ProcessSource(command: command)
            failing = "credential_process of profile '\(profile)'"
        case .container(let endpoint):
            source = ContainerSource(endpoint: endpoint, transport: metadata, surroundings: surroundings)
            failing = "no credentials from the container's endpoint"
        case .instance(let endpoint):
            source = InstanceSource(endpoint: endpoint, transport: metadata)
            failing = "no credentials from the instance metadata service"
        }
        return CachedCredentials(source, failing: failing, clock: clock)
    }
}

extension HTTPTransport.Limits {
    /// For services on this machine: an answer comes soon or never.
    ///
    /// - Parameter seconds: nil for the default.
    static func metadata(within seconds: Int64?) -> Self {
        var limits = Self()
        limits.connect = .seconds(seconds ?? 1)
        limits.request = .seconds(seconds ?? 2)
        limits.answerBytesMax = 1 << 20
        return limits
    }

    static var sts: Self {
        var limits = Self()
        limits.answerBytesMax = 1 << 20
        return limits
    }
}

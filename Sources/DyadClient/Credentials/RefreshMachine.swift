import DyadSigV4

/// When to renew credentials. Times are seconds since 1970, UTC.
///
/// As botocore does (credentials.py, RefreshableCredentials): from 15 minutes before they end renewing is tried, and
/// what is there serves on; from 10 minutes before they are not used any more unless renewed. Of a short life, as
/// AssumeRole's minimum of 15 minutes, no more than a third and two ninths are spent so: each request would renew.
struct RefreshMachine: Sendable, Equatable {
    static let advisorySeconds: Int64 = 900
    static let mandatorySeconds: Int64 = 600
    /// After a renewal that failed and was not needed yet, the next is tried no sooner.
    static let pauseSeconds: Int64 = 60

    enum Decision: Sendable, Equatable {
        case use(Credentials)
        /// Fetch anew; if that fails, or somebody is at it already, those here will do.
        case renew(keeping: Credentials)
        /// Fetch anew and wait for it.
        case need
    }

    private(set) var known: FetchedCredentials?
    private var fetchedAt: Int64 = 0
    private var notBefore = Int64.min

    func decision(at now: Int64) -> Decision {
        guard let known else { return .need }
        guard let expiration = known.expiration else { return .use(known.credentials) }
        let third = max(expiration - fetchedAt, 0) / 3
        if expiration - now <= min(Self.mandatorySeconds, third * 2 / 3) { return .need }
        if expiration - now <= min(Self.advisorySeconds, third), now >= notBefore {
            return .renew(keeping: known.credentials)
        }
        return .use(known.credentials)
    }

    mutating func fetched(_ credentials: FetchedCredentials, at now: Int64) {
        known = credentials
        fetchedAt = now
        notBefore = .min
    }

    mutating func failed(at now: Int64) { notBefore = now + Self.pauseSeconds }
}

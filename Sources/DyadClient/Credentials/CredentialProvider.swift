package import DyadSigV4

/// Where credentials come from.
///
/// Asked before every attempt: a provider whose credentials expire keeps them and renews them in time by itself.
package protocol CredentialProvider: Sendable {
    /// - Throws: `ConfigurationError` when there are none to be had; trying again will not help.
    func credentials() async throws -> Credentials
}

/// Credentials that are known and stay.
package struct StaticCredentials: CredentialProvider {
    private let known: Credentials
    package init(_ credentials: Credentials) { known = credentials }

    package func credentials() -> Credentials { known }

    /// For endpoints that check nothing. Not a number of twelve digits, which would select an account.
    package static let dummy = StaticCredentials(Credentials(accessKeyID: "DYADLOCAL", secretAccessKey: "local"))
}

package import DyadSigV4

/// Where credentials come from.
///
/// Asked before every attempt: a provider whose credentials expire keeps them and renews them in time by itself.
package protocol CredentialProvider: Sendable {
    /// - Throws: `ClientError` as any call does; what else is thrown, trying again will not help.
    func credentials() async throws -> Credentials
    /// Closes connections of its own.
    func shutdown() async
}

extension CredentialProvider {
    package func shutdown() async {}
}

/// Credentials that are known and stay.
package struct StaticCredentials: CredentialProvider {
    private let known: Credentials
    package init(_ credentials: Credentials) { known = credentials }

    package func credentials() -> Credentials { known }

    /// For endpoints that check nothing. Not a number of twelve digits, which would select an account.
    package static let dummy = StaticCredentials(Credentials(accessKeyID: "DYADLOCAL", secretAccessKey: "local"))
}

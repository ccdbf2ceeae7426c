package import DyadSigV4

/// The usual places, in AWS's order: a profile that was named and nothing else; otherwise the environment, then the
/// profile that `AWS_PROFILE` names, or `default`.
package struct CredentialChain: CredentialProvider {
    private let found: Result<Credentials, ConfigurationError>

    /// - Parameters:
    ///   - profile: named by the user; then the environment is not asked.
    ///   - needsNone: an explicit endpoint; where nothing at all is configured, dummies will do.
    package init(
        profile: String?, surroundings: Surroundings, shared: SharedConfiguration, needsNone: Bool
    ) {
        found = Result { () throws(ConfigurationError) in
            if let profile { return try Self.credentials(of: profile, in: shared) }
            if let credentials = try Self.environment(surroundings) { return credentials }
            if let profile = surroundings["AWS_PROFILE"] { return try Self.credentials(of: profile, in: shared) }
            if shared.profile("default").map(Self.saysHow) == true {
                return try Self.credentials(of: "default", in: shared)
            }
            if needsNone { return StaticCredentials.dummy.credentials() }
            throw Self.nothing(surroundings, shared)
        }
    }

    package func credentials() throws -> Credentials { try found.get() }

    private static func environment(_ surroundings: Surroundings) throws(ConfigurationError) -> Credentials? {
        guard let key = surroundings["AWS_ACCESS_KEY_ID"] else { return nil }
        guard let secret = surroundings["AWS_SECRET_ACCESS_KEY"] else {
            throw ConfigurationError("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
        }
        return Credentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: surroundings["AWS_SESSION_TOKEN"])
    }

    /// Ways to get credentials that need a service to be asked.
    private static let waysBeyondUs = [
        "role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "credential_process", "login_session",
    ]

    private static func saysHow(_ settings: SharedConfiguration.Profile) -> Bool {
        settings["aws_access_key_id"] != nil || waysBeyondUs.contains { settings[$0] != nil }
    }

    private static func credentials(of profile: String, in shared: SharedConfiguration) throws(ConfigurationError)
        -> Credentials
    {
        guard let settings = shared.profile(profile) else {
            throw ConfigurationError(
                "there is no profile '\(profile)' in \(shared.paths.joined(separator: " or "))")
        }
        // A role outranks keys beside it: they would be those it is assumed with.
        if settings["role_arn"] == nil, let key = settings["aws_access_key_id"], !key.isEmpty {
            guard let secret = settings["aws_secret_access_key"], !secret.isEmpty else {
                throw ConfigurationError("profile '\(profile)' has aws_access_key_id but no aws_secret_access_key")
            }
            let token = settings["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
            return Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token)
        }
        if let way = waysBeyondUs.first(where: { settings[$0] != nil }) {
            throw ConfigurationError(
                "profile '\(profile)' uses \(way), which this version of Dyad cannot follow; "
                    + "export the credentials themselves, as by `aws configure export-credentials --profile "
                    + "\(profile) --format env`")
        }
        throw ConfigurationError("profile '\(profile)' has no aws_access_key_id")
    }

    private static func nothing(_ surroundings: Surroundings, _ shared: SharedConfiguration) -> ConfigurationError {
        let beyondUs = [
            "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ]
        if let variable = beyondUs.first(where: { surroundings[$0] != nil }) {
            return ConfigurationError(
                "\(variable) is set, but this version of Dyad cannot fetch credentials from there; "
                    + "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        return ConfigurationError(
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile into "
                + shared.paths[0])
    }
}

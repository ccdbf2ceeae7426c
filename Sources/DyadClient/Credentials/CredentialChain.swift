import DyadSigV4

/// The usual places, in botocore's order (create_credential_resolver in credentials.py): the environment, a profile's
/// role, a web identity, the credentials file, `credential_process`, the config file, a container, the instance.
struct CredentialChain {
    private let surroundings: Surroundings
    private let shared: SharedConfiguration

    /// - Parameters:
    ///   - profile: named by the user; then the environment's keys and web identity are not asked.
    ///   - needsNone: an explicit endpoint that is not AWS's; where nothing at all is configured, dummies will do.
    static func plan(
        profile: String?, surroundings: Surroundings, shared: SharedConfiguration, needsNone: Bool
    ) throws(ConfigurationError) -> CredentialPlan {
        let chain = CredentialChain(surroundings: surroundings, shared: shared)
        if profile == nil, let credentials = try chain.environment() { return .known(credentials) }
        let named = profile ?? surroundings["AWS_PROFILE"]
        let name = named ?? "default"
        let settings = shared.profile(name)
        if named != nil, settings == nil { throw chain.absent(name) }
        if let plan = try chain.plan(of: name, settings ?? [:], isNamed: profile != nil, visited: []) { return plan }
        if let container = try ContainerEndpoint(surroundings) { return .container(container) }
        if needsNone, named == nil { return .known(StaticCredentials.dummy.credentials()) }
        let nothing = named.map { ConfigurationError("profile '\($0)' has no aws_access_key_id") } ?? chain.nothing
        let silent = "\(nothing); nor does an instance metadata service answer"
        if !needsNone, let instance = try InstanceEndpoint(surroundings, settings, whenSilent: silent) {
            return .instance(instance)
        }
        throw nothing
    }

    private func environment() throws(ConfigurationError) -> Credentials? {
        guard let key = surroundings["AWS_ACCESS_KEY_ID"] else { return nil }
        guard let secret = surroundings["AWS_SECRET_ACCESS_KEY"] else {
            throw ConfigurationError("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
        }
        return Credentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: surroundings["AWS_SESSION_TOKEN"])
    }

    /// What a profile says; nil when nothing.
    ///
    /// - Parameters:
    ///   - isNamed: the environment has no say: the user named this profile, or another profile did.
    ///   - visited: the profiles whose roles are assumed with what this one yields.
    private func plan(
        of name: String, _ settings: SharedConfiguration.Profile, isNamed: Bool, visited: [String]
    ) throws(ConfigurationError) -> CredentialPlan? {
        // As a source, a profile means the keys beside its role, if it has any; so it may name itself.
        let wantsKeys = !visited.isEmpty && settings["aws_access_key_id"] != nil
        let hasToken = settings["web_identity_token_file"] != nil
        if !wantsKeys, !hasToken, let arn = settings["role_arn"] {
            return try role(arn, of: name, settings, visited: visited + [name])
        }
        if let identity = try webIdentity(name, settings, isNamed: isNamed) {
            return .webIdentity(identity)
        }
        if let way = ["sso_session", "sso_start_url", "login_session"].first(where: { settings[$0] != nil }) {
            throw ConfigurationError(
                "profile '\(name)' uses \(way), which this version of Dyad cannot follow; export the credentials "
                    + "themselves, as by `aws configure export-credentials --profile \(name) --format env`")
        }
        // Keys of the credentials file outrank a process, those of the config file do not.
        if let command = settings["credential_process"], !shared.hasKeysInCredentialsFile(name) {
            return .process(command: command, profile: name)
        }
        guard let key = settings["aws_access_key_id"], !key.isEmpty else { return nil }
        guard let secret = settings["aws_secret_access_key"], !secret.isEmpty else {
            throw ConfigurationError("profile '\(name)' has aws_access_key_id but no aws_secret_access_key")
        }
        let token = settings["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
        return .known(Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token))
    }

    /// - Parameter visited: ends with this profile.
    private func role(
        _ arn: String, of name: String, _ settings: SharedConfiguration.Profile, visited: [String]
    ) throws(ConfigurationError) -> CredentialPlan {
        guard settings["mfa_serial"] == nil else {
            throw ConfigurationError(
                "profile '\(name)' needs a code from the device of its mfa_serial, which Dyad cannot ask for; export the "
                    + "credentials, as by `aws configure export-credentials --profile \(name) --format env`")
        }
        var duration: Int?
        if let text = settings["duration_seconds"] {
            guard let seconds = Int(text), seconds > 0 else {
                throw ConfigurationError(
                    "profile '\(name)' has duration_seconds '\(text)', which is no count of seconds")
            }
            duration = seconds
        }
        let role = AssumedRole(
            arn: arn, sessionName: settings["role_session_name"], externalID: settings["external_id"],
            durationSeconds: duration)
        switch (settings["source_profile"], settings["credential_source"]) {
        case (nil, nil):
            throw ConfigurationError("profile '\(name)' has role_arn but neither source_profile nor credential_source")
        case (_?, _?):
            throw ConfigurationError("profile '\(name)' has both source_profile and credential_source")
        case (nil, let source?):
            return .role(role, with: try self.source(source, of: name, settings))
        case (let source?, nil):
            guard let settings = shared.profile(source) else { throw absent(source, namedBy: name) }
            if visited.contains(source), source != name || settings["aws_access_key_id"] == nil {
                throw ConfigurationError(
                    "profiles name each other in a circle: \((visited + [source]).joined(separator: " -> "))")
            }
            guard let base = try plan(of: source, settings, isNamed: true, visited: visited) else {
                throw ConfigurationError("profile '\(source)', which '\(name)' names as its source, has no credentials")
            }
            return .role(role, with: base)
        }
    }

    private func source(
        _ source: String, of name: String, _ settings: SharedConfiguration.Profile
    ) throws(ConfigurationError) -> CredentialPlan {
        let found: CredentialPlan?
        switch source {
        case "Environment": found = try environment().map { .known($0) }
        case "EcsContainer": found = try ContainerEndpoint(surroundings).map { .container($0) }
        case "Ec2InstanceMetadata": found = try InstanceEndpoint(surroundings, settings).map { .instance($0) }
        default:
            throw ConfigurationError(
                "profile '\(name)' has credential_source '\(source)'; it is one of Environment, EcsContainer, "
                    + "Ec2InstanceMetadata")
        }
        guard let found else {
            throw ConfigurationError("profile '\(name)' has credential_source \(source), which has no credentials here")
        }
        return found
    }

    /// Each part from its variable, or else from the profile.
    private func webIdentity(
        _ name: String, _ settings: SharedConfiguration.Profile, isNamed: Bool
    ) throws(ConfigurationError) -> WebIdentity? {
        func part(_ variable: String, _ setting: String) -> String? {
            (isNamed ? nil : surroundings[variable]) ?? settings[setting]
        }
        guard let file = part("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return nil }
        guard let arn = part("AWS_ROLE_ARN", "role_arn") else {
            throw ConfigurationError(
                "the web identity token file \(file) is named, but neither AWS_ROLE_ARN nor role_arn")
        }
        return WebIdentity(
            arn: arn, sessionName: part("AWS_ROLE_SESSION_NAME", "role_session_name"), tokenFile: file)
    }

    private func absent(_ name: String, namedBy other: String? = nil) -> ConfigurationError {
        let who = other.map { ", which '\($0)' names as its source," } ?? ""
        return ConfigurationError("there is no profile '\(name)'\(who) in \(shared.paths.joined(separator: " or "))")
    }

    private var nothing: ConfigurationError {
        ConfigurationError(
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile into "
                + shared.paths[0])
    }
}

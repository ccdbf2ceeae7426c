import DyadSigV4
import Testing

@testable import DyadClient

/// Where credentials come from, before anybody is asked.
struct CredentialPlanTests {
    static let credentialsFile = """
        [keys]
        aws_access_key_id = AKKEYS
        aws_secret_access_key = s
        [process-and-keys]
        aws_access_key_id = AKFIRST
        aws_secret_access_key = s
        """
    static let configFile = """
        [profile role]
        role_arn = arn:r
        source_profile = keys
        external_id = x
        role_session_name = me
        duration_seconds = 900
        [profile chain]
        role_arn = arn:outer
        source_profile = role
        [profile self]
        role_arn = arn:s
        source_profile = self
        aws_access_key_id = AKSELF
        aws_secret_access_key = s
        [profile above-self]
        role_arn = arn:t
        source_profile = self
        [profile a]
        role_arn = arn:a
        source_profile = b
        [profile b]
        role_arn = arn:b
        source_profile = a
        [profile mfa]
        role_arn = arn:m
        source_profile = keys
        mfa_serial = arn:device
        [profile sourceless]
        role_arn = arn:n
        [profile lost]
        role_arn = arn:l
        source_profile = nowhere
        [profile environment]
        role_arn = arn:e
        credential_source = Environment
        [profile instance]
        role_arn = arn:i
        credential_source = Ec2InstanceMetadata
        [profile odd]
        role_arn = arn:o
        credential_source = Cloud
        [profile web]
        role_arn = arn:w
        web_identity_token_file = /token
        [profile process]
        credential_process = tool --now
        aws_access_key_id = AKAFTER
        aws_secret_access_key = s
        [profile process-and-keys]
        credential_process = tool
        [profile bare]
        region = x
        """
    static let keys = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "e"]

    static func plan(
        _ profile: String? = nil, _ variables: [String: String] = [:], needsNone: Bool = false
    ) throws -> CredentialPlan {
        let surroundings = Surroundings(variables: variables.merging(["HOME": "/h"]) { own, _ in own }) { path in
            switch path {
            case "/h/.aws/credentials": Array(credentialsFile.utf8)
            case "/h/.aws/config": Array(configFile.utf8)
            default: nil
            }
        }
        return try CredentialChain.plan(
            profile: profile, surroundings: surroundings, shared: SharedConfiguration(surroundings),
            needsNone: needsNone)
    }

    static func known(_ key: String, _ secret: String = "s") -> CredentialPlan {
        .known(Credentials(accessKeyID: key, secretAccessKey: secret))
    }

    static let role = CredentialPlan.role(
        AssumedRole(arn: "arn:r", sessionName: "me", externalID: "x", durationSeconds: 900), with: known("AKKEYS"))

    @Test func `a role is assumed with its source's keys, and roles make chains`() throws {
        #expect(try Self.plan("role") == Self.role)
        #expect(try Self.plan("chain") == .role(AssumedRole(arn: "arn:outer"), with: Self.role))
        #expect(try Self.plan("above-self") == .role(AssumedRole(arn: "arn:t"), with: Self.known("AKSELF")))
        #expect(try Self.plan("self") == .role(AssumedRole(arn: "arn:s"), with: Self.known("AKSELF")))
        #expect(
            try Self.plan("environment", Self.keys) == .role(AssumedRole(arn: "arn:e"), with: Self.known("AKENV", "e")))
    }

    @Test(arguments: [
        ("a", "profiles name each other in a circle: a -> b -> a"),
        ("sourceless", "profile 'sourceless' has role_arn but neither source_profile nor credential_source"),
        (
            "lost",
            "there is no profile 'nowhere', which 'lost' names as its source, in /h/.aws/credentials or /h/.aws/config"
        ),
        (
            "odd",
            "profile 'odd' has credential_source 'Cloud'; it is one of Environment, EcsContainer, Ec2InstanceMetadata"
        ), ("environment", "profile 'environment' has credential_source Environment, which has no credentials here"),
    ])
    func `a role that cannot be assumed says why`(profile: String, why: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.plan(profile) }
        #expect(error?.description == why)
    }

    @Test func `a role that asks for a device's code is refused`() {
        let error = #expect(throws: ConfigurationError.self) { try Self.plan("mfa") }
        #expect(error?.description.hasPrefix("profile 'mfa' needs a code from the device of its mfa_serial") == true)
    }

    @Test func `a web identity comes from the profile or the environment, after the environment's keys`() throws {
        #expect(try Self.plan("web") == .webIdentity(WebIdentity(arn: "arn:w", tokenFile: "/token")))
        let pod = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/pod", "AWS_ROLE_ARN": "arn:p", "AWS_ROLE_SESSION_NAME": "n"]
        let expected = CredentialPlan.webIdentity(WebIdentity(arn: "arn:p", sessionName: "n", tokenFile: "/pod"))
        #expect(try Self.plan(nil, pod) == expected)
        #expect(try Self.plan(nil, pod.merging(["AWS_PROFILE": "keys"]) { $1 }) == expected)
        #expect(try Self.plan("keys", pod) == Self.known("AKKEYS"))
        #expect(try Self.plan(nil, pod.merging(Self.keys) { $1 }) == Self.known("AKENV", "e"))
    }

    @Test func `a process comes before keys of the config file and after those of the credentials file`() throws {
        #expect(try Self.plan("process") == .process(command: "tool --now", profile: "process"))
        #expect(try Self.plan("process-and-keys") == Self.known("AKFIRST"))
    }

    @Test func `a container comes after profiles, the instance last`() throws {
        let task = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/c?id=1"]
        #expect(try Self.plan("keys", task) == Self.known("AKKEYS"))
        guard case .container(let container) = try Self.plan(nil, task) else {
            Issue.record("no container")
            return
        }
        #expect(container.url.description == "http://169.254.170.2/v2/c")
        #expect(container.target == "/v2/c?id=1")
        guard case .instance(let instance) = try Self.plan("bare") else {
            Issue.record("no instance")
            return
        }
        #expect(instance.url.description == "http://169.254.169.254")
        #expect(try Self.plan(nil, needsNone: true) == .known(StaticCredentials.dummy.credentials()))
        #expect(throws: ConfigurationError.self) { try Self.plan(nil, ["AWS_EC2_METADATA_DISABLED": "TRUE"]) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8/x", true), ("http://localhost/x", true), ("http://[::1]/x", true),
        ("http://169.254.170.23/v1/credentials", true), ("https://example.com/x", true),
        ("http://example.com/x", false), ("http://127.evil.example/x", false), ("http://10.0.0.1/x", false),
    ])
    func `over plain HTTP a container's credentials come from this machine or AWS's addresses`(
        url: String, isAllowed: Bool
    ) {
        let plan = try? Self.plan(nil, ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        #expect((plan != nil) == isAllowed)
    }
}

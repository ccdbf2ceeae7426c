import DyadSigV4
import Testing

@testable import DyadClient

struct CredentialChainTests {
    static let credentialsFile = """
        # a comment
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key=secret/with+signs=

          [ temporary ]
        aws_access_key_id=AKTEMP   ; not part of it
        aws_secret_access_key = #hash
        aws_secret_access_key = s2
        aws_session_token = token==
        [indented]
            aws_access_key_id = AKINDENTED
            aws_secret_access_key = i
        [half]
        aws_access_key_id = AKHALF
        [both]
        aws_access_key_id = AKCREDENTIALS
        aws_secret_access_key = s
        """
    static let configFile = """
        [default]
        region = cn-north-1
        s3 =
          aws_access_key_id = nested
        [profile   both]
        aws_access_key_id = AKCONFIG
        aws_secret_access_key = c
        [profile role]
        role_arn = arn:aws-cn:iam::123456789012:role/r
        source_profile = default
        aws_access_key_id = AKROLE
        aws_secret_access_key = r
        [profile sso]
        sso_session = x
        [profile bare]
        region = x
        [half]
        aws_secret_access_key = not a profile here
        """

    static func find(
        profile: String? = nil, _ variables: [String: String] = [:], files: Bool = true, needsNone: Bool = false
    ) throws -> Credentials {
        let surroundings = Surroundings(variables: variables.merging(["HOME": "/h"]) { own, _ in own }) { path in
            switch path {
            case "/h/.aws/credentials" where files: Array(credentialsFile.utf8)
            case "/h/.aws/config" where files: Array(configFile.utf8)
            case "/elsewhere": Array("[default]\naws_access_key_id=AKELSE\naws_secret_access_key=e\n".utf8)
            default: nil
            }
        }
        let plan = try CredentialChain.plan(
            profile: profile, surroundings: surroundings, shared: SharedConfiguration(surroundings),
            needsNone: needsNone)
        guard case .known(let credentials) = plan else { throw ConfigurationError("not known: \(plan)") }
        return credentials
    }

    static let environment = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "t"]

    @Test func `the environment comes before the files`() throws {
        #expect(
            try Self.find(Self.environment)
                == Credentials(accessKeyID: "AKENV", secretAccessKey: "e", sessionToken: "t"))
    }

    @Test func `a profile that is named is the only place asked`() throws {
        #expect(
            try Self.find(profile: "temporary", Self.environment)
                == Credentials(accessKeyID: "AKTEMP", secretAccessKey: "s2", sessionToken: "token=="))
    }

    @Test func `the default profile is the last resort`() throws {
        #expect(
            try Self.find() == Credentials(accessKeyID: "AKDEFAULT", secretAccessKey: "secret/with+signs="))
        #expect(try Self.find(["AWS_PROFILE": "temporary"]).accessKeyID == "AKTEMP")
        #expect(try Self.find(["AWS_PROFILE": "indented"]).secretAccessKey == "i")
    }

    @Test func `the credentials file outranks the config file`() throws {
        #expect(try Self.find(profile: "both").accessKeyID == "AKCREDENTIALS")
    }

    @Test func `the files may lie elsewhere`() throws {
        #expect(try Self.find(["AWS_SHARED_CREDENTIALS_FILE": "/elsewhere"]).accessKeyID == "AKELSE")
    }

    @Test(arguments: [
        ("absent", "there is no profile 'absent' in /h/.aws/credentials or /h/.aws/config"),
        ("half", "profile 'half' has aws_access_key_id but no aws_secret_access_key"),
        ("bare", "profile 'bare' has no aws_access_key_id"),
    ])
    func `a profile that is of no use says why`(profile: String, why: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.find(profile: profile, needsNone: true) }
        #expect(error?.description == why)
    }

    @Test(arguments: [("sso", "sso_session")])
    func `a profile that needs another service says so`(profile: String, way: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.find(profile: profile) }
        #expect(
            error?.description.hasPrefix(
                "profile '\(profile)' uses \(way), which this version of Dyad cannot follow") == true)
    }

    @Test func `half an environment is no environment`() {
        let error = #expect(throws: ConfigurationError.self) { try Self.find(["AWS_ACCESS_KEY_ID": "A"]) }
        #expect(error?.description == "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
    }

    @Test func `where nothing is configured an explicit endpoint gets dummies, AWS an error`() throws {
        #expect(try Self.find(files: false, needsNone: true) == StaticCredentials.dummy.credentials())
        #expect(AccountLike.isAccount(StaticCredentials.dummy.credentials().accessKeyID) == false)
        let error = #expect(throws: ConfigurationError.self) {
            try Self.find(["AWS_EC2_METADATA_DISABLED": "true"], files: false)
        }
        #expect(error?.description.hasPrefix("no credentials: set AWS_ACCESS_KEY_ID") == true)
    }

    @Test func `a secret never shows in a description`() {
        let credentials = Credentials(accessKeyID: "A", secretAccessKey: "hidden", sessionToken: "hidden")
        #expect(!"\(credentials) \(String(reflecting: credentials))".contains("hidden"))
    }
}

private enum AccountLike {
    static func isAccount(_ text: String) -> Bool { text.utf8.count == 12 && text.allSatisfy(\.isNumber) }
}

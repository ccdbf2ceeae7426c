import DyadModel
import DyadSigV4
import Testing

@testable import DyadClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What each source asks, and what it makes of the answer.
struct CredentialSourceTests {
    static let base = StaticCredentials(Credentials(accessKeyID: "AKBASE", secretAccessKey: "secret"))
    static let answer = """
        <?xml version="1.0"?><AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <AssumedRoleUser><Arn>arn:u</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA1</AccessKeyId>
        <SecretAccessKey>a&amp;b</SecretAccessKey><SessionToken>t==</SessionToken>
        <Expiration>2019-02-13T06:45:58Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
        """
    static let json = """
        {"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"a&b","Token":"t==","Expiration":"2019-02-13T06:45:58Z"}
        """
    static let fetched = FetchedCredentials(
        Credentials(accessKeyID: "ASIA1", secretAccessKey: "a&b", sessionToken: "t=="), expiration: 1_550_040_358)
    static let now: Int64 = 1_550_036_758

    static func sts(_ transport: ScriptedTransport, region: String = "cn-north-1") throws -> STSEndpoint {
        let url = try STSEndpoint.url(region: region, Surroundings(variables: [:]), nil)
        return STSEndpoint(url: url, region: region, transport: transport)
    }

    @Test func `a role is asked for in a signed request at the region's own service`() async throws {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json(Self.answer) }
        let role = AssumedRole(arn: "arn:aws-cn:iam::1:role/r", externalID: "a b", durationSeconds: 900)
        let source = AssumedRoleSource(role: role, base: Self.base, sts: try Self.sts(transport))
        #expect(try await source.fetch(at: Self.now) == Self.fetched)
        let request = try #require(transport.requests.first)
        #expect(request.url.description == "https://sts.cn-north-1.amazonaws.com.cn")
        #expect(
            request.text
                == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws-cn%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=dyad-1550036758&ExternalId=a%20b&DurationSeconds=900")
        let scope = try Verifier(service: "sts").verify(
            method: "POST", target: "/", headers: request.headers, body: request.body, at: Self.now,
            region: "cn-north-1", secret: { _ in "secret" })
        #expect(scope.accessKeyID == "AKBASE")
    }

    @Test func `a web identity's request holds the token and no signature`() async throws {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json(Self.answer) }
        let files = Surroundings(variables: [:]) { $0 == "/token" ? Array("e.y.J\n".utf8) : nil }
        let identity = WebIdentity(arn: "arn:w", sessionName: "pod", tokenFile: "/token")
        let sts = try Self.sts(transport, region: "eu-west-1")
        let source = WebIdentitySource(identity: identity, sts: sts, surroundings: files)
        #expect(try await source.fetch(at: Self.now) == Self.fetched)
        let request = try #require(transport.requests.first)
        #expect(request.url.description == "https://sts.eu-west-1.amazonaws.com")
        #expect(request.header("Authorization") == nil)
        #expect(
            request.text
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aw&RoleSessionName=pod"
                + "&WebIdentityToken=e.y.J")
        let none = WebIdentitySource(identity: identity, sts: sts, surroundings: Surroundings(variables: [:]))
        let error = await #expect(throws: ClientError.self) { try await none.fetch(at: Self.now) }
        #expect(error?.description == "cannot read the web identity token file /token")
    }

    @Test func `a refusal is one line, and what may pass is told from what will not`() async throws {
        func error(_ code: String, _ status: Int) async throws -> ClientError? {
            let transport = ScriptedTransport { _, _ in
                ScriptedTransport.json(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>User &lt;x&gt;\nmay not"
                        + "</Message></Error><RequestId>1</RequestId></ErrorResponse>", status: status)
            }
            let source = AssumedRoleSource(
                role: AssumedRole(arn: "arn:r"), base: Self.base, sts: try Self.sts(transport))
            let cached = CachedCredentials(source, failing: "cannot assume arn:r", clock: ManualClock())
            return await #expect(throws: ClientError.self) { try await cached.credentials() }
        }
        let denied = try await error("AccessDenied", 403)
        #expect(denied?.description == "cannot assume arn:r: AccessDenied: User <x> may not")
        #expect(denied?.isRetryable == false)
        #expect(denied?.code == nil, "it is no refusal by DynamoDB")
        #expect(try await error("Throttling", 400)?.isRetryable == true)
        #expect(try await error("InternalFailure", 500)?.isRetryable == true)
    }

    @Test func `the service's address can be named`() throws {
        func url(_ variables: [String: String]) throws -> String {
            try STSEndpoint.url(region: "r", Surroundings(variables: variables), ["endpoint_url": "http://p:1"])
                .description
        }
        let both = ["AWS_ENDPOINT_URL": "http://e:1", "AWS_ENDPOINT_URL_STS": "http://s:1"]
        #expect(try url(both) == "http://s:1")
        #expect(try url(["AWS_ENDPOINT_URL": "http://e:1"]) == "http://e:1")
        #expect(try url([:]) == "http://p:1")
        #expect(
            try url(both.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { $1 })
                == "https://sts.r.amazonaws.com")
    }

    @Test func `an instance is asked for a session, a role and its credentials`() async throws {
        let transport = ScriptedTransport { _, request in
            switch request.target {
            case "/latest/api/token": ScriptedTransport.json("SESSION")
            case "/latest/meta-data/iam/security-credentials/": ScriptedTransport.json("my-role\n")
            case "/latest/meta-data/iam/security-credentials/my-role": ScriptedTransport.json(Self.json)
            default: ScriptedTransport.json("", status: 404)
            }
        }
        let endpoint = try #require(try InstanceEndpoint(Surroundings(variables: [:]), nil))
        let source = InstanceSource(endpoint: endpoint, transport: transport)
        #expect(try await source.fetch(at: Self.now) == Self.fetched)
        #expect(transport.requests.map(\.method) == ["PUT", "GET", "GET"])
        #expect(transport.requests.first?.header("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
        #expect(transport.requests.last?.header("x-aws-ec2-metadata-token") == "SESSION")
    }

    @Test func `where no instance ever answered, the user is told what to set`() async throws {
        let transport = ScriptedTransport { _, _ throws(ClientError) in
            throw .transport(description: "nobody", wasSent: false, isTimeout: true)
        }
        let endpoint = try #require(try InstanceEndpoint(Surroundings(variables: [:]), nil, whenSilent: "set keys"))
        let guess = InstanceSource(endpoint: endpoint, transport: transport)
        let error = await #expect(throws: ClientError.self) { try await guess.fetch(at: Self.now) }
        #expect(error?.description == "set keys")
        #expect(error?.isRetryable == false)
    }

    @Test func `a container's endpoint gets the token, from a file if there is one`() async throws {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json(Self.json) }
        func fetch(_ variables: [String: String]) async throws -> FetchedCredentials {
            let own = variables.merging(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/c?x=1"]) { $1 }
            let surroundings = Surroundings(variables: own) { path in
                path == "/one" ? Array("fromFile".utf8) : path == "/two" ? Array("a\r\nevil: b".utf8) : nil
            }
            let endpoint = try #require(try ContainerEndpoint(surroundings))
            return try await ContainerSource(endpoint: endpoint, transport: transport, surroundings: surroundings)
                .fetch(at: Self.now)
        }
        #expect(try await fetch(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain"]) == Self.fetched)
        #expect(transport.requests.last?.target == "/c?x=1")
        #expect(transport.requests.last?.header("authorization") == "plain")
        _ = try await fetch([
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/one",
        ])
        #expect(transport.requests.last?.header("authorization") == "fromFile")
        await #expect(throws: ClientError.self) { try await fetch(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/two"]) }
        #expect(transport.requests.count == 2)
    }

    @Test func `a process prints credentials or fails with its status`() async throws {
        let printed = #"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T"}"#
        let source = ProcessSource(command: "printf '%s' '\(printed)'")
        let expected = Credentials(accessKeyID: "A", secretAccessKey: "S", sessionToken: "T")
        #expect(try await source.fetch(at: 0) == FetchedCredentials(expected, expiration: nil))
        let error = await #expect(throws: ClientError.self) { try await ProcessSource(command: "exit 3").fetch(at: 0) }
        #expect(error?.description == "credential_process 'exit 3' failed with status 3")
    }

    @Test func `a process that hangs is killed, and that is said`() async {
        let error = await #expect(throws: ClientError.self) {
            try await ProcessSource(command: "sleep 1000", timeout: .seconds(1)).fetch(at: 0)
        }
        #expect(error?.description == "credential_process 'sleep 1000' had not ended after 1 s, and was killed")
    }

    @Test func `with a process that is killed ends all that it has started`() async throws {
        var name = Array("/tmp/dyad-test-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        try #require(file >= 0)
        close(file)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let shell = ShellCommand(
            command: "sleep 1000 & echo $! > \(path); sleep 1000 | cat", timeout: .seconds(2), outputBytesMax: 100,
            hasOwnGroup: true)
        #expect(shell.run() == .timedOut)
        let written = String(decoding: Surroundings.process.file(path) ?? [], as: UTF8.self)
        let process = try #require(pid_t(written.prefix { $0.isNumber }))
        let deadline = ContinuousClock.now + .seconds(60)
        while Self.isRunning(process), ContinuousClock.now < deadline { await Task.yield() }
        #expect(!Self.isRunning(process))
    }

    /// Not one that has ended and that nobody has asked for yet.
    private static func isRunning(_ process: pid_t) -> Bool {
        guard kill(process, 0) == 0 else { return false }
        #if os(Linux)
            let status = String(decoding: Surroundings.process.file("/proc/\(process)/stat") ?? [], as: UTF8.self)
            return !(status.split(separator: ")").last ?? " Z").hasPrefix(" Z")
        #else
            return true
        #endif
    }

    @Test func `what a process leaves behind is not waited for`() {
        let shell = ShellCommand(
            command: "printf done; sleep 60 & exit 4", timeout: .seconds(30), outputBytesMax: 100, hasOwnGroup: true)
        #expect(shell.run() == .exited(4, output: Array("done".utf8)))
    }

    @Test func `a process that prints for ever is killed`() {
        let shell = ShellCommand(command: "yes", timeout: .seconds(30), outputBytesMax: 100_000)
        #expect(shell.run() == .tooLong)
    }

    @Test func `a process may close its output before it ends, and be ended by a signal`() {
        let shell = ShellCommand(
            command: "printf x; exec >&-; sleep 0.2; kill -TERM $$", timeout: .seconds(30), outputBytesMax: 100)
        #expect(shell.run() == .exited(128 + 15, output: [UInt8(ascii: "x")]))
    }

    @Test(
        arguments: [
            ("2019-02-13T05:45:58Z", 1_550_036_758), ("2019-02-13T05:45:58.9Z", 1_550_036_758),
            ("2019-02-13T13:45:58+08:00", 1_550_036_758), ("2019-02-13T05:45:58", nil), ("soon", nil),
            ("2019-02-30T05:45:58Z", nil), ("2019-02-13T05:45:58+8", nil),
        ] as [(String, Int64?)])
    func `times are read in the forms that AWS writes`(text: String, seconds: Int64?) {
        #expect(ISO8601.epochSeconds(text) == seconds)
    }

    @Test(arguments: [
        "", "plain", "<a>", "<a></b>", "<a>&nbsp;</a>", "<a/><b/>", "<a><![CDATA[x]]></a>", "<a>x</a>y",
        "<!DOCTYPE a><a/>",
    ])
    func `what is not well-formed XML is refused`(_ text: String) {
        #expect(XMLFields(parsing: Array(text.utf8)) == nil)
    }
}

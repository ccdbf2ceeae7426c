import DyadModel
import Testing

@testable import DyadLambda

@Suite struct LambdaServiceTests {
    private static let source = "def handler(e, c):\n    return 1\n"
    private static let arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f"

    @Test func `what was created is pending in its answer and active afterwards`() async throws {
        let bench = try LambdaBench()
        let made = try await bench.make(python: Self.source, runtime: "python2.7")
        #expect(made["FunctionArn"] == Self.arn && made["State"] == "Pending" && made["StateReasonCode"] == "Creating")
        #expect(made["Runtime"] == "python2.7")
        #expect(made["StateReason"]?.contains("The function is being created. python2.7 is run by Python 3.") == true)
        let read = await bench.call("GET", "/2015-03-31/functions/f/configuration")
        #expect(read.status == 200 && read["State"] == "Active" && read["LastUpdateStatus"] == "Successful")
        #expect(read["LastModified"] == "2019-02-13T05:45:58.026+0000")
        #expect(read["Version"] == "$LATEST" && read["PackageType"] == "Zip")
        #expect(read["RevisionId"] == made["RevisionId"] && read["RevisionId"]?.utf8.count == 36)
        await bench.service.stop()
    }

    @Test func `the answer has all that AWS's has`() async throws {
        let bench = try LambdaBench()
        let zip = try makeZip([ZipFile("index.py", Self.source)])
        let made = await bench.call("POST", "/2015-03-31/functions/", LambdaBench.creation("f", zip: zip))
        let digest = LambdaBench.base64(sha256(zip))
        #expect(made["CodeSha256"] == digest && made.json?["CodeSize"]?.integer == zip.count)
        for (member, text) in [
            ("TracingConfig", #"{"Mode":"PassThrough"}"#), ("Architectures", #"["x86_64"]"#),
            ("EphemeralStorage", #"{"Size":512}"#), ("SnapStart", #"{"ApplyOn":"None","OptimizationStatus":"Off"}"#),
            ("LoggingConfig", #"{"LogFormat":"Text","LogGroup":"/aws/lambda/f"}"#), ("Timeout", "3"),
            ("MemorySize", "128"), ("Description", #""""#),
        ] {
            #expect(made.json?[member].map { String(decoding: $0.raw, as: UTF8.self) } == text, "\(member)")
        }
        #expect(made.json?["Environment"] == nil)
        await bench.service.stop()
    }

    @Test func `GetFunction has an address that serves the code, and the tags`() async throws {
        let bench = try LambdaBench()
        let zip = try makeZip([ZipFile("index.py", Self.source)])
        let body = LambdaBench.creation("f", zip: zip) { $0.member("Tags") { $0.object { $0.member("team", "blue") } } }
        #expect(await bench.call("POST", "/2015-03-31/functions", body).status == 201)
        let read = await bench.call("GET", "/2015-03-31/functions/f")
        let location = try #require(read.json?["Code"]?["Location"]?.string)
        #expect(
            location.contains("%2Fcn-north-1%2Flambda%2Faws4_request")
                && location.contains("X-Amz-Date=20190213T054558Z"))
        let download = await bench.call("GET", String(location.dropFirst("http://127.0.0.1:1".count)))
        #expect(download.status == 200 && download.body == zip)
        #expect(read.json?["Tags"]?["team"]?.string == "blue")
        await bench.service.stop()
    }

    @Test func `a function is found by name, by ARN and by parts of it`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        for name in [
            "f", "f:$LATEST", "function:f", "123456789012:f", "123456789012:function:f", Self.arn,
            Self.arn + ":$LATEST",
            "cn-north-1:123456789012:function:f", "arn%3Aaws-cn%3Alambda%3Acn-north-1%3A123456789012%3Afunction%3Af",
        ] {
            let read = await bench.call("GET", "/2015-03-31/functions/\(name)")
            #expect(read.status == 200, "\(name): \(read.text)")
        }
        let cases = [
            ("g", 404, "ResourceNotFoundException", "Function not found: \(Self.arn.dropLast())g"),
            ("f:1", 404, "ResourceNotFoundException", "Function not found: \(Self.arn):1"),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f", 404, "ResourceNotFoundException",
                "Functions from 'us-east-1' are not reachable in this region ('cn-north-1')"
            ),
            (
                "f:$LATEST?Qualifier=1", 400, "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier."
            ),
        ]
        for (name, status, type, message) in cases {
            let read = await bench.call("GET", "/2015-03-31/functions/\(name)")
            #expect(read.status == status && read.header("x-amzn-ErrorType") == type, "\(name)")
            #expect(read["Message"] == message && read["Type"] == "User", "\(read.text)")
        }
        await bench.service.stop()
    }

    @Test(arguments: [
        (
            "f.g", "Timeout", "3",
            "Value 'f.g' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        ),
        (
            "f", "Timeout", "901",
            "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"
        ),
        (
            "f", "Timeout", "0",
            "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        (
            "f", "MemorySize", "64",
            "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"
        ),
        (
            "f", "Architectures", #"["x86"]"#,
            "Value '[x86]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
        ),
        (
            "f", "Environment", #"{"Variables":{"a-b":"c"}}"#,
            "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
        ),
    ])
    func `broken constraints are told as Coral does`(name: String, member: String, value: String, message: String)
        async throws
    {
        let bench = try LambdaBench()
        let body = LambdaBench.creation(name, zip: []) {
            $0.key(member)
            $0.splice(value.utf8)
        }
        let reply = await bench.call("POST", "/2015-03-31/functions", body)
        #expect(reply.status == 400 && reply.header("x-amzn-ErrorType") == "ValidationException")
        #expect(reply["message"]?.hasPrefix("1 validation error detected: \(message)") == true, "\(reply.text)")
        await bench.service.stop()
    }

    @Test func `several broken constraints are told together`() async throws {
        let bench = try LambdaBench()
        let body = LambdaBench.creation("f", zip: [], handler: "a b", role: "nobody")
        let reply = await bench.call("POST", "/2015-03-31/functions", body)
        #expect(
            reply["message"]
                == #"2 validation errors detected: Value 'nobody' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+; Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\s]+"#
        )
        await bench.service.stop()
    }

    @Test func `what Lambda itself refuses has its words`() async throws {
        let bench = try LambdaBench()
        let zip = try makeZip([ZipFile("index.py", Self.source)])
        let escaping = try makeZip([ZipFile("../index.py", Self.source)])
        let cases: [([UInt8], String)] = [
            (LambdaBench.creation("f", zip: []), "Uploaded file must be a non-empty zip"),
            (
                LambdaBench.creation("f", zip: Array("no zip".utf8)),
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ),
            (
                LambdaBench.creation("f", zip: escaping),
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ),
            (
                LambdaBench.creation("f", zip: zip, role: "arn:aws-cn:iam::123456789012:role/other"),
                "The role defined for the function cannot be assumed by Lambda."
            ),
            (
                LambdaBench.creation("f", zip: zip, runtime: "java21"),
                "The runtime java21 is not emulated by dyad: it runs python, nodejs and provided runtimes."
            ),
            (
                LambdaBench.creation("f", zip: zip) {
                    $0.member("Environment") {
                        $0.object {
                            $0.member("Variables") {
                                $0.object {
                                    $0.member("AWS_REGION", "a")
                                    $0.member("LAMBDA_TASK_ROOT", "b")
                                }
                            }
                        }
                    }
                },
                "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT"
            ),
            (
                LambdaBench.creation("f", zip: zip) { $0.member("Layers") { $0.array { $0.string("a") } } },
                "Not emulated by dyad: Layers."
            ),
        ]
        for (body, message) in cases {
            let reply = await bench.call("POST", "/2015-03-31/functions", body)
            #expect(reply.status == 400 && reply.header("x-amzn-ErrorType") == "InvalidParameterValueException")
            #expect(reply["Message"] == message, "\(reply.text)")
        }
        let runtime = await bench.call(
            "POST", "/2015-03-31/functions", LambdaBench.creation("f", zip: zip, runtime: "cobol"))
        #expect(
            runtime["Message"]?.hasPrefix(
                "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs, ")
                == true)
        #expect(runtime["Message"]?.hasSuffix("] or be a valid ARN") == true)
        await bench.service.stop()
    }

    @Test func `a name is taken once`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        let zip = try makeZip([ZipFile("index.py", Self.source)])
        let again = await bench.call("POST", "/2015-03-31/functions", LambdaBench.creation("f", zip: zip))
        #expect(again.status == 409 && again.header("x-amzn-ErrorType") == "ResourceConflictException")
        #expect(again["Message"] == "Function already exist: f")
        await bench.service.stop()
    }

    @Test func `an update changes what it names, and needs the revision that it names`() async throws {
        let bench = try LambdaBench()
        let made = try await bench.make(python: Self.source)
        let old = try #require(made["RevisionId"])
        bench.clock.advance(by: 1000)
        let body = Array(#"{"Timeout": 7, "Environment": {"Variables": {"AB": "c"}}, "RevisionId": "\#(old)"}"#.utf8)
        let update = await bench.call("PUT", "/2015-03-31/functions/f/configuration", body)
        #expect(update.status == 200 && update["LastUpdateStatus"] == "InProgress" && update["State"] == "Active")
        #expect(update.json?["Timeout"]?.integer == 7 && update["Handler"] == "index.handler")
        #expect(update["LastModified"] == "2019-02-13T05:45:59.026+0000" && update["RevisionId"] != old)
        let stale = await bench.call("PUT", "/2015-03-31/functions/f/configuration", body)
        #expect(stale.status == 412 && stale.header("x-amzn-ErrorType") == "PreconditionFailedException")
        let read = await bench.call("GET", "/2015-03-31/functions/f/configuration")
        #expect(read["LastUpdateStatus"] == "Successful")
        #expect(read.json?["Environment"]?["Variables"]?["AB"]?.string == "c")
        await bench.service.stop()
    }

    @Test func `functions are listed in pages, by name`() async throws {
        let bench = try LambdaBench()
        for name in ["c", "a", "b"] { try await bench.make(name, python: Self.source) }
        let first = await bench.call("GET", "/2015-03-31/functions/?MaxItems=2")
        #expect(first.json?["Functions"]?.elements.map { $0["FunctionName"]?.string } == ["a", "b"])
        let marker = try #require(first["NextMarker"])
        let second = await bench.call("GET", "/2015-03-31/functions/?MaxItems=2&Marker=\(marker)")
        #expect(second.json?["Functions"]?.elements.map { $0["FunctionName"]?.string } == ["c"])
        #expect(second["NextMarker"] == nil)
        await bench.service.stop()
    }

    @Test func `what clients read beside is answered as AWS does where nothing was set`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        for (path, text) in [
            ("/2020-06-30/functions/f/code-signing-config", #"{"FunctionName":"f"}"#),
            ("/2019-09-30/functions/f/concurrency", "{}"), ("/2015-03-31/functions/f/aliases", #"{"Aliases":[]}"#),
            ("/2019-09-30/functions/f/provisioned-concurrency?List=ALL", #"{"ProvisionedConcurrencyConfigs":[]}"#),
            ("/2024-08-31/functions/f/recursion-config", #"{"RecursiveLoop":"Terminate"}"#),
            ("/2017-03-31/tags/\(Self.arn)", #"{"Tags":{}}"#),
        ] {
            let reply = await bench.call("GET", path)
            #expect(reply.status == 200 && reply.text == text, "\(path): \(reply.text)")
        }
        for path in [
            "/2015-03-31/functions/f/policy", "/2021-10-31/functions/f/url",
            "/2019-09-25/functions/f/event-invoke-config",
        ] {
            let reply = await bench.call("GET", path)
            #expect(reply.status == 404 && reply.header("x-amzn-ErrorType") == "ResourceNotFoundException", "\(path)")
        }
        let versions = await bench.call("GET", "/2015-03-31/functions/f/versions")
        #expect(versions.json?["Versions"]?.elements.map { $0["FunctionArn"]?.string } == ["\(Self.arn):$LATEST"])
        let account = await bench.call("GET", "/2016-08-19/account-settings")
        #expect(account.json?["AccountUsage"]?["FunctionCount"]?.integer == 1)
        let publish = await bench.call("POST", "/2015-03-31/functions/f/versions", Array("{}".utf8))
        #expect(publish.status == 404 && publish["Message"] == "PublishVersion is not emulated by dyad.")
        await bench.service.stop()
    }

    @Test func `tags are added and taken away`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        let path = "/2017-03-31/tags/\(Self.arn)"
        #expect(await bench.call("POST", path, Array(#"{"Tags": {"a": "1", "b": "2"}}"#.utf8)).status == 204)
        #expect(await bench.call("DELETE", path + "?tagKeys=a").status == 204)
        #expect(await bench.call("GET", path).text == #"{"Tags":{"b":"2"}}"#)
        await bench.service.stop()
    }

    @Test func `a page of a browser cannot use functions`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        for header in [("Origin", "https://example.com"), ("Sec-Fetch-Site", "cross-site")] {
            let reply = await bench.invoke("f", headers: [header])
            #expect(reply.status == 403 && reply.header("x-amzn-ErrorType") == "AccessDeniedException")
        }
        await bench.service.stop()
    }

    @Test func `functions outlive the server`() async throws {
        let bench = try LambdaBench()
        try await bench.make(python: Self.source)
        await bench.service.stop()
        var settings = LambdaService.Settings(endpoint: "http://127.0.0.1:1", folder: bench.folder + "-again")
        settings.pool.startMilliseconds = 60_000
        let service = try LambdaService(settings, store: bench.store, clock: bench.clock) { _, _ in true }
        let result = try await service.invoke("f", payload: Array("{}".utf8), in: LambdaBench.scope)
        #expect(result.outcome == .succeeded(Array("1".utf8)))
        await service.stop()
    }

    @Test func `where functions are off that is said`() async {
        let request = ServiceRequest(
            method: "GET", target: "/2015-03-31/functions", headers: [], body: [], scope: LambdaBench.scope,
            service: "lambda", accessKeyID: "A", id: "r")
        let reply = await LambdaIsOff().respond(to: request)
        #expect(reply.status == 403 && reply.header("x-amzn-ErrorType") == "AccessDeniedException")
        #expect(reply["message"]?.contains("dyad serve --functions") == true)
    }
}

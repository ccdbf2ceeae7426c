import DyadClient
import DyadModel
import DyadSigV4
import Testing

struct DynamoDBClientTests {
    @Test(arguments: [
        (Service.dynamoDB, "DynamoDB_20120810.ListTables", "dynamodb.cn-north-1.amazonaws.com.cn"),
        (Service.streams, "DynamoDBStreams_20120810.ListTables", "streams.dynamodb.cn-north-1.amazonaws.com.cn"),
    ])
    func `a request is what AWS expects, and its signature holds`(service: Service, target: String, host: String)
        async throws
    {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json("{}") }
        let clock = ManualClock()
        _ = try await DynamoDBClient.scripted(transport, clock: clock).call("ListTables", service: service, body: [])
        let request = try #require(transport.requests.first)
        #expect(request.header("x-amz-target") == target)
        #expect(request.header("host") == host)
        #expect(request.header("content-type") == "application/x-amz-json-1.0")
        let scope = try Verifier(service: "dynamodb").verify(
            method: "POST", target: request.target, headers: request.headers, body: request.body,
            at: clock.now.milliseconds / 1000, region: "cn-north-1", secret: { _ in "secret" })
        #expect(scope.accessKeyID == "AKID")
    }

    @Test func `an endpoint's path stands before the request's`() async throws {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json("{}") }
        let endpoint = Endpoint(explicit: try EndpointURL(parsing: "http://127.0.0.1:8000/gate"))
        _ = try await DynamoDBClient.scripted(transport, endpoint: endpoint).call("ListTables", body: [])
        #expect(transport.requests.first?.target == "/gate/")
        #expect(transport.requests.first?.header("host") == "127.0.0.1:8000")
    }

    @Test func `a refusal keeps its code without the namespace, its words and its id`() async {
        let transport = ScriptedTransport { _, _ in
            ScriptedTransport.json(
                #"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}"#,
                status: 400, [("x-amzn-RequestId", "ID1")])
        }
        let error = await #expect(throws: ClientError.self) {
            try await DynamoDBClient.scripted(transport).call("DescribeTable", body: [])
        }
        guard case .service(let refusal)? = error else {
            Issue.record("not a refusal: \(String(describing: error))")
            return
        }
        #expect(refusal.code == "ResourceNotFoundException")
        #expect(refusal.message == "no such table")
        #expect(refusal.httpStatus == 400)
        #expect(refusal.requestID == "ID1")
        #expect(transport.requests.count == 1)
    }

    @Test func `the code may stand in a header, and a proxy's page has none`() async {
        let header = ScriptedTransport { _, _ in
            ScriptedTransport.json("", status: 400, [("x-amzn-ErrorType", "ValidationException:http://internal/")])
        }
        let named = await #expect(throws: ClientError.self) {
            try await DynamoDBClient.scripted(header).call("Scan", body: [])
        }
        #expect(named?.code == "ValidationException")
        let page = ScriptedTransport { _, _ in ScriptedTransport.json("<html>", status: 502) }
        let unknown = await #expect(throws: ClientError.self) {
            try await DynamoDBClient.scripted(page).call("Scan", body: [])
        }
        #expect(unknown?.code == "Unknown")
        #expect(unknown?.description == "Unknown: <html>")
        #expect(page.requests.count == 3)
    }

    @Test func `an answer whose checksum is wrong is asked for again`() async throws {
        let transport = ScriptedTransport { number, _ in
            ScriptedTransport.json("{}", [("x-amz-crc32", number == 1 ? "1" : "2745614147")])
        }
        _ = try await DynamoDBClient.scripted(transport).call("ListTables", body: [])
        #expect(transport.requests.count == 2)
    }

    @Test func `what is no JSON is no answer`() async {
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json("{\"a\":") }
        let error = await #expect(throws: ClientError.self) {
            try await DynamoDBClient.scripted(transport, policy: .never).call("ListTables", body: [])
        }
        guard case .malformedAnswer? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `each attempt is signed anew, by the server's clock once it is known`() async throws {
        let clock = ManualClock(Timestamp(milliseconds: 1_795_367_289_000))
        let transport = ScriptedTransport { number, _ in
            number > 1
                ? ScriptedTransport.json("{}")
                : ScriptedTransport.json(
                    #"{"__type":"x#InvalidSignatureException","message":"Signature expired: …"}"#, status: 400,
                    [("Date", "Sun, 22 Nov 2026 18:08:09 GMT")])
        }
        _ = try await DynamoDBClient.scripted(transport, clock: clock).call("ListTables", body: [])
        #expect(transport.requests.map { $0.header("x-amz-date") } == ["20261122T170809Z", "20261122T180809Z"])
    }

    @Test func `missing credentials are no reason to try again`() async {
        struct None: CredentialProvider {
            func credentials() throws -> Credentials { throw ConfigurationError("none at all") }
        }
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json("{}") }
        let client = DynamoDBClient(
            region: "r", endpoint: Endpoint(region: "r"), credentials: None(), transport: transport)
        let error = await #expect(throws: ClientError.self) { try await client.call("ListTables", body: []) }
        #expect(error?.description == "none at all")
        #expect(transport.requests.isEmpty)
    }

    @Test func `a dead endpoint is reported at once, as not sent`() async throws {
        let transport = HTTPTransport()
        let client = DynamoDBClient(
            region: "r", endpoint: Endpoint(explicit: try EndpointURL(parsing: "http://127.0.0.1:1")),
            credentials: StaticCredentials.dummy, transport: transport, policy: .never)
        let error = await #expect(throws: ClientError.self) { try await client.call("ListTables", body: []) }
        await client.shutdown()
        guard case .transport(_, wasSent: false, isTimeout: false)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description == "cannot connect to http://127.0.0.1:1: connection refused")
    }

    @Test func `a table's keys come partition key first`() async throws {
        let transport = ScriptedTransport { _, _ in
            ScriptedTransport.json(
                #"""
                {"Table":{"TableStatus":"ACTIVE","LatestStreamArn":"arn:x","KeySchema":[{"AttributeName":"r",
                "KeyType":"RANGE"},{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[
                {"AttributeName":"h","AttributeType":"S"},{"AttributeName":"r","AttributeType":"N"}]}}
                """#)
        }
        let table = try await DynamoDBClient.scripted(transport).describeTable("t")
        #expect(table.keys == ["h", "r"])
        #expect(table.types == ["h": "S", "r": "N"])
        #expect(table.streamARN == "arn:x")
        #expect(transport.requests.first?.text == #"{"TableName":"t"}"#)
    }

    @Test func `a scan hands on items as they came and where to go on`() async throws {
        let transport = ScriptedTransport { _, _ in
            ScriptedTransport.json(#"{"Items":[{"a": {"N":"1.0"}}],"LastEvaluatedKey":{"a":{"N":"1"}}}"#)
        }
        let page = try await DynamoDBClient.scripted(transport).scan(
            "t", segment: (1, of: 4), from: Array(#"{"a":{"N":"0"}}"#.utf8), isConsistent: true)
        #expect(page.items == [Array(#"{"a": {"N":"1.0"}}"#.utf8)])
        #expect(page.lastEvaluatedKey == Array(#"{"a":{"N":"1"}}"#.utf8))
        #expect(
            transport.requests.first?.text
                == #"{"TableName":"t","Segment":1,"TotalSegments":4,"ExclusiveStartKey":{"a":{"N":"0"}},"#
                + #""ConsistentRead":true}"#)
    }
}

import DyadEngine
import DyadModel
import DyadServer
import NIOHTTP1
import Testing

/// Answers with what it was asked.
private struct EchoService: EmulatedService {
    static let signingNames = ["iam", "lambda", "sts"]

    func respond(to request: ServiceRequest) async -> ServiceReply {
        let text = [
            request.service, request.method, request.target, request.scope.account.rawValue,
            request.scope.region.rawValue, request.accessKeyID, request.header("x-OTHER") ?? "-",
            String(decoding: request.body.prefix(100), as: UTF8.self), "\(request.body.count)",
        ].joined(separator: "|")
        return ServiceReply(
            status: 201, headers: [("Content-Type", "text/plain"), ("X-Given", request.id + "\r\nX-Evil: 1")],
            body: Array(text.utf8))
    }
}

@Suite struct ServiceFrontTests {
    private func withServices(_ body: (TestClient) async throws -> Void) async throws {
        let account = try #require(AccountID("123456789012"))
        try await withServer({
            ServiceFront([EchoService()], account: account, before: FixedResponder(body: Array("dynamodb".utf8)))
        }) { client, _ in try await body(client) }
    }

    private func signed(_ service: String, region: String = "cn-north-1", key: String = "AKIDEXAMPLE") -> (
        String, String
    ) {
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(key)/20261122/\(region)/\(service)/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=0123456789abcdef"
        )
    }

    @Test func `a request goes to the service that its credential scope names, whole`() async throws {
        try await withServices { client in
            client.send(
                message(
                    "a=b", method: "PUT", path: "/2015-03-31/functions/?Marker=1",
                    headers: [signed("lambda"), date, ("X-Other", "seen")]))
            let response = try client.response()
            #expect(response.status == 201)
            #expect(
                response.body
                    == "lambda|PUT|/2015-03-31/functions/?Marker=1|123456789012|cn-north-1|AKIDEXAMPLE|seen|a=b|3")
            #expect(response.headers["content-type"] == "text/plain")
        }
    }

    @Test func `the identifier a service has of a request is the answer's, and its headers stay its own`() async throws
    {
        try await withServices { client in
            client.send(message("", headers: [signed("iam"), date]))
            let response = try client.response()
            let id = try #require(response.headers["x-amzn-requestid"])
            #expect(id.utf8.count == 36)
            #expect(response.headers["x-given"] == id + "X-Evil: 1")
            #expect(response.headers["x-evil"] == nil)
        }
    }

    @Test func `a presigned query counts as a header does`() async throws {
        let query =
            "Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKID%2F20261122%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20261122T172615Z"
            + "&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
        try await withServices { client in
            client.send(message(method: "GET", path: "/?\(query)"))
            let response = try client.response()
            #expect(response.body.hasPrefix("sts|GET|/?Action=GetCallerIdentity&"))
        }
    }

    @Test func `the account is the access key's where it names one`() async throws {
        let assumed = SessionKey(account: try #require(AccountID("999988887777")), random: 7).id
        try await withServices { client in
            for (key, account) in [
                ("111122223333", "111122223333"), (assumed, "999988887777"), ("AKID", "123456789012"),
            ] {
                client.send(message(headers: [signed("sts", key: key), date]))
                let response = try client.response()
                #expect(response.body == "sts|POST|/|\(account)|cn-north-1|\(key)|-||0")
            }
        }
    }

    @Test func `what names DynamoDB, is signed for it or is not signed goes on`() async throws {
        try await withServices { client in
            for headers in [
                [getItem, signed("iam"), date], [authorization(), date], [], [signed("iam")],
                [("X-Amz-Target", "DynamoDBStreams_20120810.ListStreams"), signed("sqs"), date],
            ] {
                client.send(message("{}", headers: headers))
                try client.expect(\.body, "dynamodb")
            }
        }
    }

    @Test func `whoever has another's token asks for a role without a signature`() async throws {
        let form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        try await withServices { client in
            client.send(message("Version=2011-06-15&Action=AssumeRoleWithWebIdentity", headers: [form]))
            let response = try client.response()
            #expect(response.body.hasPrefix("sts|POST|/|123456789012|us-east-1||"))
            client.send(message("Action=AssumeRole&X=AssumeRoleWithWebIdentity", headers: [form]))
            try client.expect(\.body, "dynamodb")
        }
    }

    @Test func `a service that is not here is refused in the form of its protocol`() async throws {
        try await withServices { client in
            client.send(message("Action=ListBuckets", headers: [signed("s3&<"), date]))
            let xml = try client.response()
            #expect(xml.status == 400)
            #expect(
                xml.body
                    == "<ErrorResponse><Error><Type>Sender</Type><Code>UnknownService</Code><Message>This server answers "
                    + "for dynamodb, iam, lambda, sts, not for 's3&amp;&lt;'.</Message></Error></ErrorResponse>")
            let json11 = ("Content-Type", "application/x-amz-json-1.1")
            client.send(message("{}", headers: [signed("logs"), date, json11, ("X-Amz-Target", "Logs_20140328.X")]))
            try client.expect(
                \.body,
                #"{"__type":"UnknownService","message":"This server answers for dynamodb, iam, lambda, sts, not for 'logs'."}"#
            )
        }
    }

    @Test func `a region that cannot be one is refused`() async throws {
        try await withServices { client in
            client.send(message(headers: [signed("iam", region: "..%2F"), date]))
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.body.contains("Credential should be scoped to a valid region, not '..%2F'."))
        }
    }

    @Test func `Lambda alone takes more than DynamoDB, in one piece or in chunks`() async throws {
        let body = [UInt8](repeating: 0x20, count: 16 << 20 | 1)
        try await withServices { client in
            client.send(message(bytes: body, headers: [signed("lambda"), date]))
            let response = try client.response()
            #expect(response.body.hasSuffix("|16777217"))
            let (name, value) = signed("lambda")
            client.send(
                "POST / HTTP/1.1\r\n\(name): \(value)\r\nX-Amz-Date: 20261122T172615Z\r\nTransfer-Encoding: chunked\r\n"
                    + "\r\n1000001\r\n")
            client.send(body)
            client.send("\r\n0\r\n\r\n")
            let chunked = try client.response()
            #expect(chunked.body.hasSuffix("|16777217"))
            client.send(message(bytes: body, headers: [signed("iam"), date]))
            try client.expect(\.status, 413)
        }
    }

    @Test func `more than 70 MiB are refused to Lambda too, before they are sent`() async throws {
        try await withServices { client in
            client.send(message(headers: [signed("lambda"), date, ("Content-Length", "\(70 << 20 | 1)")]))
            try client.expect(\.status, 413)
        }
    }
}

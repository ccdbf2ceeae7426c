import DyadEngine
import Testing

/// A request that reaches no operation, and AWS's answer as dynalite's test/connection.js recorded it.
struct Transcript: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let request: String
    let status: Int
    let body: String
    /// AWS's `x-amz-crc32`: says that the body is right to the byte.
    let crc: String
    var contentType: String?

    static let unknown = "<UnknownOperationException/>\n"
    /// What AWS answers to the JSON of other services (rusoto issue 215, taws issue 165, api-gateway-aws issue 14); the
    /// bytes are dynalite's.
    static let page = """
        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
        "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
        <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
        <head>
          <title>Page Not Found</title>
        </head>
        <body>Page Not Found</body>
        </html>
        """
    static let json11 = ("Content-Type", "application/x-amz-json-1.1")
    static func exception(_ name: String, _ rest: String = "") -> String {
        "{\"__type\":\"com.amazon.coral.service#\(name)\"\(rest)}"
    }
    static let incomplete =
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        + "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either "
        + "a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-"

    static let all = [
        Transcript(
            testDescription: "GET", request: message(method: "GET"), status: 200,
            body: "healthy: dynamodb.us-east-1.amazonaws.com ", crc: "3128867991"),
        Transcript(
            testDescription: "PUT", request: message(method: "PUT"), status: 404, body: unknown, crc: "3552371480"),
        Transcript(
            testDescription: "DELETE", request: message(method: "DELETE"), status: 404, body: unknown,
            crc: "3552371480"),
        Transcript(
            testDescription: "OPTIONS of no browser", request: message(method: "OPTIONS"), status: 404, body: unknown,
            crc: "3552371480"),
        Transcript(
            testDescription: "a body without a type", request: message("hi"), status: 404, body: unknown,
            crc: "3552371480"),
        Transcript(
            testDescription: "a foreign type", request: message("hi", headers: [("Content-Type", "whatever")]),
            status: 404, body: unknown, crc: "3552371480"),
        Transcript(
            testDescription: "the type of other services", request: message("hi", headers: [json11]), status: 404,
            body: page, crc: "2548615100"),
        Transcript(
            testDescription: "a call in the type of other services",
            request: message("{}", headers: [json11, getItem, authorization(), date]), status: 404, body: page,
            crc: "2548615100"),
        Transcript(
            testDescription: "the type of other services with a character set",
            request: message("{}", headers: [("Content-Type", "Application/X-AMZ-JSON-1.1; charset=utf-8")]),
            status: 404, body: page, crc: "2548615100"),
        Transcript(
            testDescription: "GET of another path", request: message(method: "GET", path: "/abc"), status: 404,
            body: unknown, crc: "3552371480"),
        Transcript(
            testDescription: "GET of the path of health", request: message(method: "GET", path: "/health"),
            status: 200, body: "healthy: dynamodb.us-east-1.amazonaws.com ", crc: "3128867991"),
        Transcript(
            testDescription: "GET with a query", request: message(method: "GET", path: "/?a=b"), status: 200,
            body: "healthy: dynamodb.us-east-1.amazonaws.com ", crc: "3128867991"),
        Transcript(
            testDescription: "no JSON, application/json",
            request: message("hi", headers: [("content-type", "application/json")]), status: 400,
            body: exception("SerializationException"), crc: "3948637019", contentType: "application/json"),
        Transcript(
            testDescription: "no JSON", request: message("hi", headers: [amzJSON]), status: 400,
            body: exception("SerializationException"), crc: "3948637019", contentType: amzJSON.1),
        Transcript(
            testDescription: "no JSON object", request: message("[]", headers: [amzJSON]), status: 400,
            body: exception("SerializationException"), crc: "3948637019", contentType: amzJSON.1),
        Transcript(
            testDescription: "nothing at all", request: message(), status: 400,
            body: exception("UnknownOperationException"), crc: "1368724161", contentType: "application/json"),
        Transcript(
            testDescription: "no target", request: message("{}", headers: [amzJSON]), status: 400,
            body: exception("UnknownOperationException"), crc: "1368724161", contentType: amzJSON.1),
        Transcript(
            testDescription: "a target of no service",
            request: message("{}", headers: [amzJSON, ("X-Amz-Target", "whatever")]), status: 400,
            body: exception("UnknownOperationException"), crc: "1368724161", contentType: amzJSON.1),
        Transcript(
            testDescription: "no operation",
            request: message("{}", headers: [amzJSON, ("X-Amz-Target", "DynamoDB_20120810.ListTable")]), status: 400,
            body: exception("UnknownOperationException"), crc: "1368724161", contentType: amzJSON.1),
        Transcript(
            testDescription: "no signature", request: message("{}", headers: [amzJSON, getItem]), status: 400,
            body: exception(
                "MissingAuthenticationTokenException", ",\"message\":\"Request is missing Authentication Token\""),
            crc: "2088342776", contentType: amzJSON.1),
        Transcript(
            testDescription: "another kind of signature",
            request: message("{}", headers: [amzJSON, getItem, ("Authorization", "AWS4")]), status: 400,
            body: exception(
                "MissingAuthenticationTokenException", ",\"message\":\"Request is missing Authentication Token\""),
            crc: "2088342776", contentType: amzJSON.1),
        Transcript(
            testDescription: "an empty signature",
            request: message("{}", headers: [amzJSON, getItem, ("Authorization", "AWS4-")]), status: 400,
            body: exception("IncompleteSignatureException", ",\"message\":\"\(incomplete)\""),
            crc: "1828866742", contentType: amzJSON.1),
    ]
}

@Suite struct FrontTests {
    @Test(arguments: Transcript.all)
    func `requests that reach no operation are answered as AWS does`(_ transcript: Transcript) async throws {
        try await withFront { client, _ in
            client.send(transcript.request)
            let response = try client.response()
            #expect(response.status == transcript.status)
            #expect(response.body == transcript.body)
            #expect(response.headers["x-amz-crc32"] == transcript.crc)
            #expect(response.headers["content-type"] == transcript.contentType)
        }
    }

    @Test func `every answer has an id of its own and says when it was given`() async throws {
        try await withFront { client, _ in
            var ids: Set<String> = []
            for _ in 0..<100 {
                client.send(message("{}", headers: [amzJSON]))
                let response = try client.response()
                let id = try #require(response.headers["x-amzn-requestid"])
                #expect(id.wholeMatch(of: /[0-9A-Z]{52}/) != nil)
                ids.insert(id)
                let date = try #require(response.headers["date"])
                #expect(date.wholeMatch(of: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
                #expect(response.headers["server"] == "Server")
            }
            #expect(ids.count == 100)
        }
    }

    @Test func `HEAD has the headers of GET alone`() async throws {
        try await withFront { client, _ in
            client.send(message(method: "HEAD"))
            let response = try client.response(to: "HEAD")
            #expect(response.status == 200)
            #expect(response.headers["content-length"] == "42")
            client.send(message("{}", headers: [amzJSON]))
            try client.expect(\.status, 400)
        }
    }

    @Test func `a browser's question is answered with what it asked for`() async throws {
        try await withFront { client, _ in
            client.send(
                message(
                    method: "OPTIONS",
                    headers: [
                        ("Origin", "http://localhost"), ("Access-Control-Request-Headers", "a, b, c"),
                        ("Access-Control-Request-Method", "POST"),
                    ]))
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.body == "")
            #expect(response.headers["access-control-allow-origin"] == "*")
            #expect(response.headers["access-control-max-age"] == "172800")
            #expect(response.headers["access-control-allow-headers"] == "a, b, c")
            #expect(response.headers["access-control-allow-methods"] == "POST")
            #expect(response.headers["access-control-expose-headers"] == exposed)
        }
    }

    /// What DynamoDB lets a page read besides the body: ScyllaDB's alternator/server.cc and test_cors.py.
    private let exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

    @Test func `every origin may read any answer`() async throws {
        try await withFront { client, _ in
            let origin = ("Origin", "http://localhost")
            for request in [
                message("{}", headers: [amzJSON, origin]), message(method: "GET", headers: [origin]),
                message(method: "PUT", headers: [origin]), message("{}", headers: [Transcript.json11, origin]),
            ] {
                client.send(request)
                let response = try client.response()
                #expect(response.headers["access-control-allow-origin"] == "*")
                #expect(response.headers["access-control-expose-headers"] == exposed)
                #expect(response.headers["access-control-max-age"] == nil)
            }
            client.send(message("{}", headers: [amzJSON]))
            let response = try client.response()
            #expect(!response.headers.keys.contains { $0.hasPrefix("access-control-") })
        }
    }

    @Test func `a signed request reaches its operation, whatever the secret`() async throws {
        try await withFront { client, _ in
            for _ in 0..<3 {
                client.send(
                    message(
                        "{\"TableName\":\"none\",\"Key\":{}}", headers: [amzJSON, getItem, authorization(), date]))
                let response = try client.response()
                #expect(response.status == 400)
                #expect(response.body.contains("dynamodb.v20120810#ResourceNotFoundException"))
            }
        }
    }

    @Test func `a presigned request reaches its operation`() async throws {
        let query =
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261122%2Fcn-north-1%2Fdynamodb%2Faws4_request"
            + "&X-Amz-Date=20261122T172615Z&X-Amz-SignedHeaders=host&X-Amz-Signature=abc"
        try await withFront { client, _ in
            client.send(message("{\"TableName\":\"none\",\"Key\":{}}", path: query, headers: [amzJSON, getItem]))
            let response = try client.response()
            #expect(response.body.contains("ResourceNotFoundException"))
        }
    }

    @Test(arguments: ["..", "a/b", "", "cn_north", "x.sqlite", String(repeating: "r", count: 65)])
    func `a region that could be no file's name is refused`(_ region: String) async throws {
        try await withFront { client, _ in
            client.send(
                message(
                    "{\"TableName\":\"none\",\"Key\":{}}",
                    headers: [amzJSON, getItem, authorization(region: region), date]))
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.body.contains("SignatureException"))
        }
    }

    @Test func `a signed request without a body is not JSON`() async throws {
        try await withFront { client, _ in
            client.send(message(headers: [amzJSON, getItem, authorization(), date]))
            try client.expect(\.body, Transcript.exception("SerializationException"))
        }
    }
}

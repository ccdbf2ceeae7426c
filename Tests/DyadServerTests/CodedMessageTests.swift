import DyadEngine
import NIOHTTP1
import Testing

@testable import DyadServer

/// Bodies that are compressed on their way, in either direction.
@Suite struct CodedMessageTests {
    private let text = Array(String(repeating: "a body that says the same again, ", count: 5000).utf8)

    private func coded(_ bytes: [UInt8], _ name: String, _ more: [(String, String)] = []) -> [UInt8] {
        message(bytes: bytes, headers: [("Content-Encoding", name)] + more)
    }

    // MARK: Requests

    @Test(arguments: ["gzip", "GZip", "deflate"])
    func `a compressed request is read as what it stands for`(_ name: String) async throws {
        let encoded = try #require(ContentCoding(contentEncoding: name)?.encode(text))
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(coded(encoded, name))
            try client.expect(\.bytes, text)
        }
    }

    @Test func `compressed and plain requests in a row are answered in order`() async throws {
        let encoded = try #require(ContentCoding.gzip.encode(text))
        try await withServer({ EchoResponder() }) { client, _ in
            for number in 0..<20 {
                client.send(coded(encoded, "gzip"))
                client.send(message("plain \(number)"))
            }
            for number in 0..<20 {
                try client.expect(\.bytes, text)
                try client.expect(\.body, "plain \(number)")
            }
        }
    }

    @Test func `a client that goes away while its request is expanded harms nobody`() async throws {
        let encoded = try #require(ContentCoding.gzip.encode([UInt8](repeating: 0x20, count: 16 << 20)))
        try await withServer({ CountingResponder() }) { client, server in
            for _ in 0..<10 {
                let other = try TestClient(port: server.address.port)
                other.send(coded(encoded, "gzip"))
            }
            client.send(coded(encoded, "gzip"))
            try client.expect(\.body, "16777216")
        }
    }

    @Test func `a small body that stands for more than 16 MiB is refused, and the connection stays`() async throws {
        let encoded = try #require(ContentCoding.gzip.encode([UInt8](repeating: 0x20, count: 16 << 20 | 1)))
        try await withServer({ CountingResponder() }) { client, _ in
            client.send(coded(encoded, "gzip"))
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.headers["connection"] == nil)
            client.send(message("next"))
            try client.expect(\.body, "4")
        }
    }

    /// Status 500 and the kind of error: ScyllaDB's test/alternator/test_compressed_request.py, recorded from AWS.
    @Test func `what is not what it says is answered 500`() async throws {
        let body = Array("{\"TableName\":\"none\",\"Key\":{}}".utf8)
        let gzip = try #require(ContentCoding.gzip.encode(body))
        let deflate = try #require(ContentCoding.deflate.encode(body))
        let refused: [([UInt8], String)] = [
            (body, "garbage"), (body, "gzip"), (body, "deflate"), ([], "gzip"), ([], "deflate"), ([], "garbage"),
            (Array(gzip.dropLast()), "gzip"), (Array(deflate.dropLast()), "deflate"), (gzip, "deflate"),
            (deflate, "gzip"), (gzip, "x-gzip"), (gzip, "gzip, gzip"), (gzip, "br"),
        ]
        try await withFront { client, _ in
            for (bytes, name) in refused {
                client.send(coded(bytes, name, [amzJSON, getItem, authorization(), date]))
                let response = try client.response()
                #expect(response.status == 500, "\(name)")
                #expect(
                    response.body
                        == "{\"__type\":\"com.amazonaws.dynamodb.v20120810#InternalServerError\","
                        + "\"message\":\"Internal server error\"}")
                #expect(response.headers["content-type"] == "application/x-amz-json-1.0")
                #expect(response.headers["x-amz-crc32"] == String(checksum(response.bytes)))
            }
            for (bytes, name) in [(gzip, "gzip"), (deflate, "deflate"), (body, "identity"), (body, "")] {
                client.send(coded(bytes, name, [amzJSON, getItem, authorization(), date]))
                let response = try client.response()
                #expect(response.body.contains("dynamodb.v20120810#ResourceNotFoundException"))
            }
            client.send(message(method: "GET", headers: [("Content-Encoding", "gzip")]))
            try client.expect(\.status, 200)
        }
    }

    // MARK: Answers

    private func accepting(_ value: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [("Accept-Encoding", value)] + more
    }

    @Test(arguments: ["gzip", "deflate"])
    func `a large answer is compressed for who asks for it`(_ name: String) async throws {
        let coding = try #require(ContentCoding(contentEncoding: name))
        // Both small enough to be compressed at once, and large enough for another thread.
        for body in [Array(text.prefix(4097)), text] {
            try await withServer({ EchoResponder() }) { client, _ in
                for _ in 0..<3 { client.send(message(bytes: body, headers: accepting(name))) }
                for _ in 0..<3 {
                    let response = try client.response()
                    #expect(response.headers["content-encoding"] == name)
                    #expect(response.headers["content-length"] == String(response.bytes.count))
                    // Over what is on the wire: smithy-rs issue 129, ScyllaDB's test/alternator/test_crc.py.
                    #expect(response.headers["x-amz-crc32"] == String(checksum(response.bytes)))
                    #expect(try coding.decode(response.bytes, limit: body.count) == body)
                }
            }
        }
    }

    @Test func `an answer of up to 4096 bytes is not`() async throws {
        let body = Array(text.prefix(4096))
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(message(bytes: body, headers: accepting("gzip")))
            let response = try client.response()
            #expect(response.headers["content-encoding"] == nil)
            #expect(response.bytes == body)
        }
    }

    @Test func `nor one to who does not ask`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            for headers in [[], accepting("identity"), accepting("gzip;q=0")] {
                client.send(message(bytes: text, headers: headers))
                let response = try client.response()
                #expect(response.headers["content-encoding"] == nil)
                #expect(response.bytes == text)
            }
        }
    }

    @Test func `of several headers the first counts`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(message(bytes: text, headers: accepting("identity", accepting("gzip"))))
            try client.expect(\.headers["content-encoding"], nil)
            client.send(message(bytes: text, headers: accepting("gzip", accepting("identity"))))
            try client.expect(\.headers["content-encoding"], "gzip")
        }
    }

    @Test func `an error is not compressed, however large`() async throws {
        let large = text
        try await withServer({ RefusingResponder(large) }) { client, _ in
            client.send(message(headers: accepting("gzip")))
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.headers["content-encoding"] == nil)
            #expect(response.bytes == large)
        }
    }

    @Test func `a connection that ends with a compressed answer is closed behind it`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(message(bytes: text, headers: accepting("gzip", [("Connection", "close")])))
            let response = try client.response()
            #expect(response.headers["connection"] == "close")
            #expect(try ContentCoding.gzip.decode(response.bytes, limit: text.count) == text)
            #expect(client.isClosed())
        }
    }
}

/// Answers 400 with a body.
private final class RefusingResponder: Responder {
    private let body: [UInt8]

    init(_ body: [UInt8]) { self.body = body }

    func respond(to request: Request, through slot: ReplySlot) {
        slot.send(Reply(.badRequest, contentType: nil, body: body))
    }
}

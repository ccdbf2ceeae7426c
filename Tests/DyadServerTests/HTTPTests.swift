import DyadModel
import DyadServer
import NIOHTTP1
import Testing

@Suite struct HTTPTests {
    @Test func `a connection serves many requests`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            for number in 0..<100 {
                client.send(message("body \(number)"))
                try client.expect(\.body, "body \(number)")
            }
        }
    }

    @Test func `pipelined requests are answered in order, though each answer comes from another thread`() async throws {
        let held = HeldReplies()
        try await withServer({ HoldingResponder(held) }) { client, _ in
            client.send((0..<20).map { message("body \($0)") }.joined())
            for number in 0..<20 {
                try await held.wait(for: 1)
                held.release()
                try client.expect(\.body, "body \(number)")
            }
        }
    }

    @Test func `thousands of pipelined requests behind one that waits do not end the stack`() async throws {
        let held = HeldReplies()
        try await withServer({ HoldingResponder(held, onlyBodies: "wait") }) { client, _ in
            let tiny = String(repeating: "POST / HTTP/1.1\r\n\r\n", count: 3000)
            client.send(message("wait") + tiny)
            try await held.wait(for: 1)
            held.release()
            try client.expect(\.body, "wait")
            for _ in 0..<3000 { try client.expect(\.status, 200) }
        }
    }

    @Test func `a request may come in pieces`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            for byte in message("in pieces").utf8 { client.send([byte]) }
            try client.expect(\.body, "in pieces")
        }
    }

    @Test func `a body may come in chunks`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
            try client.expect(\.body, "abcdefg")
        }
    }

    @Test func `who asks whether to go on is told to`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            try client.expect(\.status, 100)
            client.send("ok")
            try client.expect(\.body, "ok")
        }
    }

    @Test func `16 MiB are allowed, in one piece or in chunks`() async throws {
        let body = [UInt8](repeating: 0x20, count: 16 << 20)
        try await withServer({ CountingResponder() }) { client, _ in
            client.send("POST / HTTP/1.1\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            try client.expect(\.body, "16777216")
            client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n")
            client.send(body)
            client.send("\r\n0\r\n\r\n")
            try client.expect(\.body, "16777216")
        }
    }

    @Test func `more is refused before it is sent, and the client may send it nonetheless`() async throws {
        let body = [UInt8](repeating: 0x20, count: 16 << 20 | 1)
        try await withServer({ CountingResponder() }) { client, _ in
            client.send("POST / HTTP/1.1\r\nContent-Length: \(body.count)\r\n\r\n")
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.headers["connection"] == "close")
            client.send(body)
            #expect(client.isClosed())
        }
    }

    @Test func `chunks that grow beyond 16 MiB are refused`() async throws {
        try await withServer({ CountingResponder() }) { client, _ in
            client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000001\r\n")
            client.send([UInt8](repeating: 0x20, count: 16 << 20 | 1))
            client.send("\r\n0\r\n\r\n")
            try client.expect(\.status, 413)
            #expect(client.isClosed())
        }
    }

    @Test func `a connection is closed when the client asks for it`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(message("last", headers: [("Connection", "close")]))
            let response = try client.response()
            #expect(response.body == "last")
            #expect(response.headers["connection"] == "close")
            #expect(client.isClosed())
        }
    }

    @Test func `HTTP 1.0 closes unless told otherwise`() async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(message("a", version: "1.0", headers: [("Connection", "keep-alive")]))
            try client.expect(\.headers["connection"], "keep-alive")
            client.send(message("b", version: "1.0"))
            try client.expect(\.body, "b")
            #expect(client.isClosed())
        }
    }

    @Test func `a client that sends no more still gets its answer`() async throws {
        let held = HeldReplies()
        try await withServer({ HoldingResponder(held) }) { client, _ in
            client.send(message("the last word"))
            client.closeOutput()
            try await held.wait(for: 1)
            held.release()
            try client.expect(\.body, "the last word")
            #expect(client.isClosed())
        }
    }

    @Test(arguments: [
        "GET\r\n\r\n", "POST / HTTP/3.7\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "POST / HTTP/1.1\r\nA: \(String(repeating: "a", count: 40_000))\r\n\r\n",
        "POST / HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 200))\r\n",
    ])
    func `what is no HTTP, or too much of it, is answered 400`(_ text: String) async throws {
        try await withServer({ EchoResponder() }) { client, _ in
            client.send(text)
            try client.expect(\.status, 400)
            #expect(client.isClosed())
        }
    }

    @Test func `garbage harms nobody`() async throws {
        try await withServer({ EchoResponder() }) { client, server in
            var generator = SeededRandom(seed: 7)
            let whole = Array(message("a body", headers: [amzJSON, getItem]).utf8)
            for _ in 0..<300 {
                var bytes = whole + whole
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                let other = try TestClient(port: server.address.port)
                other.send(Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &generator))))
            }
            client.send(message("still here"))
            try client.expect(\.body, "still here")
        }
    }
}

/// Answers with the number of bytes that came.
final class CountingResponder: Responder {
    func respond(to request: Request, through slot: ReplySlot) {
        slot.send(Reply(.ok, contentType: nil, body: Array(String(request.body.count).utf8)))
    }
}

import DyadEngine
import DyadServer
import Synchronization
import Testing

@Suite struct StopTests {
    @Test func `what is in flight is answered, then the connection closes`() async throws {
        let held = HeldReplies()
        let server = try await Listener.bind(host: "127.0.0.1", port: 0).serve { _ in HoldingResponder(held) }
        // Connections go to the loops in turn: with so many idle ones each loop has one.
        let idle = try (0..<64).map { _ in try TestClient(port: server.address.port) }
        let busy = try TestClient(port: server.address.port)
        busy.send(message("in flight") + message("too late"))
        try await held.wait(for: 1)
        let order = Mutex<[String]>([])
        async let stopped: Void = server.stop { order.withLock { $0.append("last") } }
        // The idle connections are closed though the other is not answered yet, and so every loop is draining.
        for client in idle { #expect(client.isClosed()) }
        order.withLock { $0.append("released") }
        held.release()
        let response = try busy.response()
        #expect(response.body == "in flight")
        #expect(response.headers["connection"] == "close")
        #expect(busy.isClosed())
        await stopped
        #expect(order.withLock { $0 } == ["released", "last"])
        #expect(held.count == 0)
    }

    @Test func `nobody connects to a server that was stopped`() async throws {
        let server = try await Listener.bind(host: "127.0.0.1", port: 0).serve { _ in EchoResponder() }
        await server.stop()
        // A process that another test forks right now holds the sockets of this one until it has become its program.
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while (try? TestClient(port: server.address.port)) != nil, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(throws: TestClient.Failure.self) { try TestClient(port: server.address.port) }
    }

    @Test func `a taken port is said in one line`() async throws {
        try await withServer({ EchoResponder() }) { _, server in
            let port = server.address.port
            let error = await #expect(throws: StartupError.self) {
                try await Listener.bind(host: "127.0.0.1", port: port)
            }
            #expect(error?.description == "cannot listen on 127.0.0.1 port \(port): the port is taken")
        }
    }

    @Test func `a host that is not known is said in one line`() async throws {
        let error = await #expect(throws: StartupError.self) {
            try await Listener.bind(host: "no.such.host.invalid", port: 0)
        }
        #expect(error?.description == "cannot listen on no.such.host.invalid port 0: the host is not known")
    }

    @Test func `a server listens on IPv6 too`() async throws {
        let server = try await Listener.bind(host: "::1", port: 0).serve { _ in EchoResponder() }
        #expect(server.address.url == "http://[::1]:\(server.address.port)")
        await server.stop()
    }
}

import DyadEngine
import DyadModel
import DyadServer
import NIOHTTP1
import Synchronization
import Testing

/// Runs `body` against a server on a free port, then stops it.
func withServer(
    _ responder: @escaping @Sendable () -> any Responder, _ body: (TestClient, Server) async throws -> Void
) async throws {
    let server = try await Listener.bind(host: "127.0.0.1", port: 0).serve { _ in responder() }
    do {
        try await body(TestClient(port: server.address.port), server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// The same against an emulator that keeps nothing, with the machine's clock unless there is another.
func withFront(
    _ clock: MovableClock = MovableClock(isRunning: true), _ body: (TestClient, Server) async throws -> Void
) async throws {
    let hook = TransactionHook()
    var settings = EngineSettings()
    settings.transactions = hook
    let emulator = try Emulator(.memory, clock: clock, settings: settings)
    let account = try #require(AccountID("123456789012"))
    let listener = try await Listener.bind(host: "127.0.0.1", port: 0)
    let server = await listener.serve { eventLoop in
        Controls(
            clock, hook, of: emulator, account: account,
            before: Front(emulator, account: account, on: eventLoop))
    }
    do {
        try await body(TestClient(port: server.address.port), server)
    } catch {
        await server.stop { emulator.stop() }
        throw error
    }
    await server.stop { emulator.stop() }
}

/// Answers with the request's body.
final class EchoResponder: Responder {
    func respond(to request: Request, through slot: ReplySlot) {
        slot.send(Reply(.ok, contentType: request.fields.contentType, body: request.body))
    }
}

/// Echoes too, but only when it is told to, on the thread that tells it.
final class HeldReplies: Sendable {
    private let held = Mutex<[(ReplySlot, [UInt8])]>([])

    var count: Int { held.withLock { $0.count } }

    fileprivate func add(_ slot: ReplySlot, _ body: [UInt8]) { held.withLock { $0.append((slot, body)) } }

    func release() {
        let all = held.withLock { held in
            defer { held = [] }
            return held
        }
        for (slot, body) in all { slot.send(Reply(.ok, contentType: nil, body: body)) }
    }

    /// Waits until `count` requests are held.
    func wait(for count: Int) async throws {
        for _ in 0..<3000 where self.count < count { try await Task.sleep(for: .milliseconds(10)) }
        try #require(self.count >= count)
    }
}

final class HoldingResponder: Responder {
    private let held: HeldReplies
    /// Only requests whose body begins with this are held.
    private let prefix: [UInt8]

    init(_ held: HeldReplies, onlyBodies prefix: String = "") {
        self.held = held
        self.prefix = Array(prefix.utf8)
    }

    func respond(to request: Request, through slot: ReplySlot) {
        if request.body.starts(with: prefix) {
            held.add(slot, request.body)
        } else {
            slot.send(Reply(.ok, contentType: nil, body: request.body))
        }
    }
}

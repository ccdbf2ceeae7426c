import DyadEngine
import DyadServer
import NIOHTTP1
import Synchronization

/// Answers `GET /metrics` with where a replication stands, as Prometheus asks for it.
final class MetricsServer: Sendable {
    /// What was told last; empty before the first.
    private final class Page: Sendable {
        let text = Mutex("")
    }

    private let page: Page
    private let server: Server
    let address: BoundAddress

    private init(_ page: Page, _ server: Server) {
        self.page = page
        self.server = server
        address = server.address
    }

    /// - Throws: one clear line, when the port is taken.
    static func start(host: String, port: Int) async throws(StartupError) -> MetricsServer {
        let listener = try await Listener.bind(host: host, port: port)
        let page = Page()
        return MetricsServer(page, await listener.serve { _ in Pages(page) })
    }

    func show(_ text: String) { page.text.withLock { $0 = text } }

    func stop() async { await server.stop() }

    private final class Pages: Responder {
        private let page: Page

        init(_ page: Page) { self.page = page }

        func respond(to request: Request, through slot: ReplySlot) {
            guard request.target.prefix(while: { $0 != "?" }) == "/metrics" else {
                return slot.send(
                    Reply(.notFound, contentType: "text/plain", body: Array("there is /metrics alone\n".utf8)))
            }
            guard request.method == .GET || request.method == .HEAD else {
                return slot.send(
                    Reply(.methodNotAllowed, contentType: nil, body: [], headers: [("Allow", "GET, HEAD")]))
            }
            slot.send(
                Reply(
                    .ok, contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(page.text.withLock { $0 }.utf8)))
        }
    }
}

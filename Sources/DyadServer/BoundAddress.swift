import NIOCore

/// Where a server listens.
package struct BoundAddress: Sendable, Equatable {
    /// As a number: `127.0.0.1`, `::1`.
    package let host: String
    package let port: Int

    init(_ address: SocketAddress?) {
        host = address?.ipAddress ?? ""
        port = address?.port ?? 0
    }

    /// `127.0.0.1:8000`, `[::1]:8000`.
    package var authority: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// `http://127.0.0.1:8000`.
    package var url: String { "http://\(authority)" }
}

import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A blocking socket that says exactly the bytes it is told to.
final class TestClient {
    struct Response: Equatable {
        var status: Int
        var headers: [String: String]
        var bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    enum Failure: Error { case connect(Int32), noResponse(String) }

    private let descriptor: Int32
    private var unread: [UInt8] = []

    init(port: Int) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        // Nothing here waits that long: a test that would hang fails instead.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.connect(errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends it all, or as much as the other side takes.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                #else
                    Darwin.send(descriptor, $0.baseAddress, $0.count, 0)
                #endif
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func closeOutput() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// False when the other side has closed the connection, or when nothing came for long.
    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        unread += buffer.prefix(count)
        return true
    }

    /// True when the other side closes without another byte.
    func isClosed() -> Bool { unread.isEmpty && !receive() }

    /// Reads the next response and looks at one thing of it.
    func expect<Value: Equatable>(
        _ path: KeyPath<Response, Value>, _ value: Value, at location: SourceLocation = #_sourceLocation
    ) throws {
        let response = try response()
        #expect(response[keyPath: path] == value, "\(response)", sourceLocation: location)
    }

    /// The next response, whole. Of `HEAD` no body is read.
    func response(to method: String = "POST") throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let at = unread.firstRange(of: end) {
                let lines = String(decoding: unread[..<at.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    let value = line[line.index(after: colon)...].drop { $0 == " " }
                    headers[line[..<colon].lowercased()] = String(value)
                }
                let words = lines.first?.split(separator: " ") ?? []
                let status = words.count > 1 ? Int(words[1]) ?? 0 : 0
                let length = method == "HEAD" ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
                while unread.count < at.upperBound + length {
                    guard receive() else { throw Failure.noResponse("the body ended early") }
                }
                let body = Array(unread[at.upperBound..<at.upperBound + length])
                unread.removeFirst(at.upperBound + length)
                return Response(status: status, headers: headers, bytes: body)
            }
            guard receive() else { throw Failure.noResponse(String(decoding: unread, as: UTF8.self)) }
        }
    }
}

extension Array where Element: Equatable {
    fileprivate func firstRange(of pattern: [Element]) -> Range<Int>? {
        guard count >= pattern.count else { return nil }
        for start in 0...(count - pattern.count) where self[start..<start + pattern.count].elementsEqual(pattern) {
            return start..<start + pattern.count
        }
        return nil
    }
}

/// A request as it stands on the wire.
func message(
    _ body: String = "", method: String = "POST", path: String = "/", version: String = "1.1",
    headers: [(String, String)] = []
) -> String {
    let bytes = message(bytes: Array(body.utf8), method: method, path: path, version: version, headers: headers)
    return String(decoding: bytes, as: UTF8.self)
}

/// The same, of a body that is no text.
func message(
    bytes body: [UInt8], method: String = "POST", path: String = "/", version: String = "1.1",
    headers: [(String, String)] = []
) -> [UInt8] {
    var lines = ["\(method) \(path) HTTP/\(version)", "Host: localhost"]
    for (name, value) in headers { lines.append("\(name): \(value)") }
    if !body.isEmpty { lines.append("Content-Length: \(body.count)") }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}

let amzJSON = ("Content-Type", "application/x-amz-json-1.0")
let getItem = ("X-Amz-Target", "DynamoDB_20120810.GetItem")
let date = ("X-Amz-Date", "20261122T172615Z")

func authorization(key: String = "AKIDEXAMPLE", region: String = "cn-north-1") -> (String, String) {
    (
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=\(key)/20261122/\(region)/dynamodb/aws4_request, "
            + "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0123456789abcdef"
    )
}

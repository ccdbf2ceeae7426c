import NIOHTTP1

/// What a process asks of the runtime API.
enum RuntimeCall: Equatable {
    case next
    /// The answer to the invocation of that request.
    case response(String)
    case error(String)
    case startError

    private static let root = "/2018-06-01/runtime/"

    init?(_ method: String, _ path: String) {
        guard path.hasPrefix(Self.root) else { return nil }
        let parts = path.dropFirst(Self.root.count).split(separator: "/", omittingEmptySubsequences: false)
        switch (method, parts.count, parts.first) {
        case ("GET", 2, "invocation") where parts[1] == "next": self = .next
        case ("POST", 3, "invocation") where parts[2] == "response": self = .response(String(parts[1]))
        case ("POST", 3, "invocation") where parts[2] == "error": self = .error(String(parts[1]))
        case ("POST", 2, "init") where parts[1] == "error": self = .startError
        default: return nil
        }
    }
}

extension RuntimeEndpoint.Reply {
    /// The environment is at its end.
    static let gone = Self(status: .gone, closes: true)
}

/// `http://127.0.0.1:8000`, taken apart as far as a client needs it.
package struct EndpointURL: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable { case http, https }

    package let scheme: Scheme
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Empty, or what stands before each request's path: `/gateway`.
    package let path: String

    package init(scheme: Scheme, host: String, port: Int? = nil, path: String = "") {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
        self.path = path
    }

    /// - Throws: `ConfigurationError` for anything but `http(s)://HOST[:PORT][/PATH]`.
    package init(parsing text: String) throws(ConfigurationError) {
        let malformed = ConfigurationError("the endpoint '\(text)' is no URL like http://127.0.0.1:8000")
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text[colon...].hasPrefix("://")
        else { throw malformed }
        let rest = text[colon...].dropFirst(3)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.contains(where: { $0 == "?" || $0 == "#" || $0 == " " }) else { throw malformed }
        guard let (host, port) = Self.split(authority) else { throw malformed }
        self.init(scheme: scheme, host: host, port: port, path: String(path))
    }

    /// What the `Host` header says: the port only where it is not the scheme's own.
    package var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return port == scheme.defaultPort ? host : "\(host):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(authority)\(path)" }

    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        let isUsable = { (host: Substring) in
            !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "@") && $0 < 0x7F }
        }
        var host = authority
        var port: Substring?
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard isUsable(host) else { return nil }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        return (String(host), number)
    }
}

extension EndpointURL.Scheme {
    package var defaultPort: Int { self == .http ? 80 : 443 }
}

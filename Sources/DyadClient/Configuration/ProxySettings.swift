/// `HTTPS_PROXY` and `NO_PROXY`, as curl and AWS's tools read them.
enum ProxySettings {
    /// The proxy to go through; nil for none. `HTTP_PROXY` counts only in lowercase, as curl has it: servers that run
    /// CGI programs let requests set the other.
    static func proxy(for url: EndpointURL, _ surroundings: Surroundings) throws(ConfigurationError) -> EndpointURL? {
        let named =
            switch url.scheme {
            case .https: surroundings["https_proxy"] ?? surroundings["HTTPS_PROXY"]
            case .http: surroundings["http_proxy"]
            }
        guard let named, !isExcepted(url.host, surroundings["no_proxy"] ?? surroundings["NO_PROXY"] ?? "") else {
            return nil
        }
        let proxy = try EndpointURL(parsing: named.contains("://") ? named : "http://\(named)")
        guard proxy.scheme == .http else {
            throw ConfigurationError("the proxy '\(named)' is not reached by http://, the only way Dyad knows")
        }
        return proxy
    }

    /// A host, a domain with or without its leading dot, or `*`. This machine is never reached through a proxy.
    private static func isExcepted(_ host: String, _ exceptions: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host.hasPrefix("127.") || host == "::1" { return true }
        return exceptions.lowercased().split(whereSeparator: { $0 == "," || $0 == " " }).contains { exception in
            if exception == "*" { return true }
            let domain = exception.hasPrefix(".") ? exception.dropFirst() : exception
            return host == domain || host.hasSuffix(".\(domain)")
        }
    }
}

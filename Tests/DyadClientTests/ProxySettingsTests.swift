import Testing

@testable import DyadClient

struct ProxySettingsTests {
    static func proxy(_ url: String, _ variables: [String: String]) throws -> String? {
        try ProxySettings.proxy(for: EndpointURL(parsing: url), Surroundings(variables: variables))?.description
    }

    static let proxies = [
        "HTTPS_PROXY": "http://proxy:3128", "http_proxy": "plain:3129", "NO_PROXY": "internal, .example",
    ]

    @Test(
        arguments: [
            ("https://dynamodb.cn-north-1.amazonaws.com.cn", "http://proxy:3128"),
            ("http://db.test:8000", "http://plain:3129"),
            ("https://internal", nil), ("https://db.internal", nil), ("https://a.example", nil),
            ("https://notinternal", "http://proxy:3128"), ("http://127.0.0.1:8000", nil), ("https://localhost", nil),
        ] as [(String, String?)])
    func `requests go through the proxy unless their host is excepted`(url: String, proxy: String?) throws {
        #expect(try Self.proxy(url, Self.proxies) == proxy)
    }

    @Test func `uppercase HTTP_PROXY does not count`() throws {
        #expect(try Self.proxy("http://db.test", ["HTTP_PROXY": "http://proxy:1"]) == nil)
    }

    @Test func `a proxy over TLS is refused`() {
        #expect(throws: ConfigurationError.self) { try Self.proxy("https://a", ["https_proxy": "https://proxy:1"]) }
    }
}

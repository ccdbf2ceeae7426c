import DyadClient
import Testing

struct EndpointTests {
    @Test(arguments: [
        ("eu-central-1", "dynamodb.eu-central-1.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("cn-northwest-1", "dynamodb.cn-northwest-1.amazonaws.com.cn"),
        ("us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "dynamodb.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "dynamodb.us-isob-east-1.sc2s.sgov.gov"),
        ("eusc-de-east-1", "dynamodb.eusc-de-east-1.amazonaws.eu"),
    ])
    func `a region's host lies in its partition's domain`(region: String, host: String) {
        let endpoint = Endpoint(region: region)
        #expect(endpoint.url(of: .dynamoDB).description == "https://\(host)")
        #expect(endpoint.url(of: .streams).description == "https://streams.\(host)")
        #expect(!endpoint.isExplicit)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", ""), ("http://127.0.0.1:8000/", "127.0.0.1:8000", ""),
        ("HTTPS://db.example:443/gate/way/", "db.example", "/gate/way"), ("http://[::1]:8000", "[::1]:8000", ""),
        ("http://localhost", "localhost", ""), ("http://localhost:80", "localhost", ""),
        ("https://localhost:80", "localhost:80", ""),
    ])
    func `a URL is taken apart`(text: String, authority: String, path: String) throws {
        let url = try EndpointURL(parsing: text)
        #expect(url.authority == authority)
        #expect(url.path == path)
    }

    @Test(arguments: [
        "", "localhost:8000", "ftp://a", "http://", "http://:8000", "http://a:0", "http://a:70000", "http://a:b",
        "http://a/?b=c", "http://user@a", "http://a b", "http://[::1]x",
    ])
    func `what is no URL of an endpoint is refused`(_ text: String) {
        #expect(throws: ConfigurationError.self) { try EndpointURL(parsing: text) }
    }

    static func resolved(_ settings: ClientSettings, _ variables: [String: String]) throws -> ResolvedSettings {
        let config = "[default]\nregion = eu-west-1\n[profile p]\nregion=ap-south-1\nendpoint_url=http://p:1\n"
        return try settings.resolved(
            in: Surroundings(variables: variables.merging(["HOME": "/h"]) { own, _ in own }) { path in
                path == "/h/.aws/config" ? Array(config.utf8) : nil
            })
    }

    @Test func `an option outranks the environment, which outranks the profile`() throws {
        let variables = ["AWS_REGION": "r1", "AWS_DEFAULT_REGION": "r2", "AWS_ENDPOINT_URL": "http://e:1"]
        let option = try Self.resolved(ClientSettings(region: "r0", endpoint: "http://o:1"), variables)
        #expect(option.region == "r0")
        #expect(option.endpoint.url(of: .streams).description == "http://o:1")
        let environment = try Self.resolved(ClientSettings(), variables)
        #expect(environment.region == "r1")
        #expect(environment.endpoint.url(of: .dynamoDB).description == "http://e:1")
        let profile = try Self.resolved(ClientSettings(profile: "p"), [:])
        #expect(profile.region == "ap-south-1")
        #expect(profile.endpoint.url(of: .dynamoDB).description == "http://p:1")
        let named = try Self.resolved(ClientSettings(), ["AWS_PROFILE": "p"])
        #expect(named.region == "ap-south-1")
        let nothing = try Self.resolved(ClientSettings(), [:])
        #expect(nothing.region == "eu-west-1")
        #expect(nothing.endpoint == Endpoint(region: "eu-west-1"))
    }

    @Test func `a service's own variable outranks the one for all`() throws {
        let variables = [
            "AWS_ENDPOINT_URL": "http://e:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://d:1",
            "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://s:1",
        ]
        let endpoint = try Self.resolved(ClientSettings(region: "r"), variables).endpoint
        #expect(endpoint.url(of: .dynamoDB).description == "http://d:1")
        #expect(endpoint.url(of: .streams).description == "http://s:1")
    }

    @Test func `configured endpoints can be switched off`() throws {
        let variables = ["AWS_ENDPOINT_URL": "http://e:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]
        #expect(try Self.resolved(ClientSettings(region: "r"), variables).endpoint == Endpoint(region: "r"))
        #expect(
            try Self.resolved(ClientSettings(region: "r", endpoint: "http://o:1"), variables).endpoint.isExplicit)
    }

    @Test(arguments: ["a b", "evil.example/", "北京"])
    func `a region is a name`(_ region: String) {
        #expect(throws: ConfigurationError.self) { try Self.resolved(ClientSettings(region: region), [:]) }
    }

    @Test func `without any region the user is told`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ClientSettings().resolved(in: Surroundings(variables: [:]))
        }
        #expect(error?.description == "no region: give --region, or set AWS_REGION")
    }
}

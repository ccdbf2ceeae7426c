import NIOCore
import Testing

@testable import DyadClient

/// Certificate authorities and attempts, as environment and profile say.
struct ConnectionSettingsTests {
    static func resolved(_ variables: [String: String], config: String = "") throws -> ResolvedSettings {
        try ClientSettings(region: "r").resolved(
            in: Surroundings(variables: variables.merging(["HOME": "/h"]) { own, _ in own }) { path in
                switch path {
                case "/h/.aws/config": Array("[default]\n\(config)\n".utf8)
                case "/empty.pem": []
                default: nil
                }
            })
    }

    @Test func `a call's attempts are the environment's, the profile's, or three`() throws {
        #expect(try Self.resolved([:]).attemptsMax == 3)
        #expect(try Self.resolved([:], config: "max_attempts = 7").attemptsMax == 7)
        #expect(try Self.resolved(["AWS_MAX_ATTEMPTS": "2"], config: "max_attempts = 7").attemptsMax == 2)
        let error = #expect(throws: ConfigurationError.self) { try Self.resolved(["AWS_MAX_ATTEMPTS": "0"]) }
        #expect(error?.description == "'0' is no number of attempts (AWS_MAX_ATTEMPTS or max_attempts)")
    }

    @Test func `the seconds of an option bound connecting and calling, none leaves the defaults, 0 is for ever`() {
        func limits(_ connect: Int64?, _ read: Int64?) -> HTTPTransport.Limits {
            HTTPTransport.Limits().adopting(ClientSettings(connectTimeout: connect, readTimeout: read))
        }
        let usual = HTTPTransport.Limits()
        #expect(limits(nil, nil).connect == usual.connect && limits(nil, nil).request == usual.request)
        #expect(limits(3, nil).connect == .seconds(3) && limits(3, nil).request == usual.request)
        #expect(limits(nil, 200).request == .seconds(200) && limits(nil, 200).connect == usual.connect)
        #expect(limits(0, 0).connect > .hours(24) && limits(0, 0).request > .hours(24))
    }

    @Test func `the metadata service has as long as the environment or the profile says`() throws {
        #expect(try Self.resolved([:]).metadataTimeout == nil)
        #expect(try Self.resolved([:], config: "metadata_service_timeout = 7").metadataTimeout == 7)
        let both = try Self.resolved(["AWS_METADATA_SERVICE_TIMEOUT": "2"], config: "metadata_service_timeout = 7")
        #expect(both.metadataTimeout == 2)
        let error = #expect(throws: ConfigurationError.self) {
            try Self.resolved(["AWS_METADATA_SERVICE_TIMEOUT": "soon"])
        }
        #expect(error?.description.hasPrefix("'soon' is no number of seconds") == true)
    }

    @Test func `a bundle of certificates that is of no use says where it was named`() throws {
        #expect(try Self.resolved([:]).authorities == nil)
        let absent = #expect(throws: ConfigurationError.self) { try Self.resolved(["AWS_CA_BUNDLE": "/no.pem"]) }
        #expect(absent?.description == "cannot read /no.pem, which AWS_CA_BUNDLE names")
        let empty = #expect(throws: ConfigurationError.self) {
            try Self.resolved([:], config: "ca_bundle = /empty.pem")
        }
        #expect(
            empty?.description == "/empty.pem, which the profile's ca_bundle names, holds no certificates in PEM form")
    }

    @Test func `an endpoint of AWS's in one's own network wants true credentials`() throws {
        func plan(_ url: String) throws -> CredentialPlan {
            try ClientSettings(region: "cn-north-1", endpoint: url)
                .resolved(in: Surroundings(variables: ["HOME": "/h"])).credentials.get()
        }
        guard case .instance = try plan("https://vpce-1.dynamodb.cn-north-1.vpce.amazonaws.com.cn") else {
            Issue.record("not the instance's")
            return
        }
        #expect(try plan("http://127.0.0.1:8000") == .known(StaticCredentials.dummy.credentials()))
    }
}

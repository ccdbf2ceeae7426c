import DyadModel
import NIOHTTP1
import Testing

@testable import DyadServer

@Suite struct ScopeReaderTests {
    private func request(_ headers: [(String, String)], target: String = "/") -> Request {
        Request(method: .POST, target: target, fields: RequestFields(HTTPHeaders(headers)), body: [])
    }

    private func reader() throws -> ScopeReader { ScopeReader(account: try #require(AccountID("123456789012"))) }

    @Test func `the region is the credential's and the account the server's`() throws {
        var reader = try reader()
        let scope = try reader.scope(of: request([authorization(region: "cn-northwest-1"), date]))
        #expect(scope.region.rawValue == "cn-northwest-1")
        #expect(scope.account.rawValue == "123456789012")
    }

    @Test func `an access key of twelve digits is an account`() throws {
        var reader = try reader()
        let scope = try reader.scope(of: request([authorization(key: "111122223333"), date]))
        #expect(scope.account.rawValue == "111122223333")
    }

    @Test func `a header seen before means the same with another signature`() throws {
        var reader = try reader()
        let header = authorization(region: "eu-west-1").1
        let first = try reader.scope(of: request([("authorization", header), date]))
        let again = try reader.scope(of: request([("authorization", header + "ff"), date]))
        #expect(first == again)
    }

    @Test func `a later parameter counts, though the header begins as one seen before`() throws {
        var reader = try reader()
        let header = authorization(region: "eu-west-1").1
        _ = try reader.scope(of: request([("authorization", header), date]))
        let other = header + ", Credential=K/20261122/us-west-2/dynamodb/aws4_request"
        #expect(try reader.scope(of: request([("authorization", other), date])).region.rawValue == "us-west-2")
    }

    @Test func `a header seen before still needs its date`() throws {
        var reader = try reader()
        _ = try reader.scope(of: request([authorization(), date]))
        #expect(throws: DynamoError.self) { try reader.scope(of: request([authorization()])) }
    }

    @Test func `more clients than are remembered are told apart`() throws {
        var reader = try reader()
        for _ in 0..<3 {
            for number in 0..<10 {
                let scope = try reader.scope(of: request([authorization(region: "region-\(number)"), date]))
                #expect(scope.region.rawValue == "region-\(number)")
            }
        }
    }
}

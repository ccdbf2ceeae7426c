import DyadModel
import Synchronization
import Testing

@testable import DyadIAM

/// IAM and STS over documents in memory, with a clock that stands still and bits that repeat themselves.
struct TestIdentity: Sendable {
    let documents = MemoryDocumentStore()
    let clock = ManualClock()
    private let iam: IAM
    private let sts: STS

    init() {
        let counter = Counter()
        let random: @Sendable () -> UInt64 = { counter.next() }
        iam = IAM(documents, clock: clock, random: random)
        sts = STS(documents, clock: clock, random: random)
    }

    var directory: IAM { iam }

    /// Sends a form, `Action=GetRole&RoleName=a`, with the service's version.
    func send(
        _ form: String, region: String = "us-east-1", account: String = "123456789012", key: String = "AKIDEXAMPLE"
    ) async throws -> Reply {
        let scope = Scope(account: try #require(AccountID(account)), region: RegionName(region))
        let isSTS = ["GetCallerIdentity", "AssumeRole"].contains { form.contains("Action=\($0)") }
        let version =
            form.contains("Version=2") || form.hasSuffix("Version=")
            ? "" : isSTS ? "&Version=2011-06-15" : "&Version=2010-05-08"
        let request = ServiceRequest(
            method: "POST", target: "/", headers: [], body: Array((form + version).utf8), scope: scope,
            service: isSTS ? "sts" : "iam", accessKeyID: key, id: "the-id")
        return Reply(isSTS ? await sts.respond(to: request) : await iam.respond(to: request))
    }

    /// Sends what must succeed.
    @discardableResult
    func ok(
        _ form: String, region: String = "us-east-1", account: String = "123456789012",
        at location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        let reply = try await send(form, region: region, account: account)
        #expect(reply.status == 200, "\(form): \(reply.text)", sourceLocation: location)
        return reply
    }

    func makeRole(_ name: String, _ rest: String = "", region: String = "us-east-1") async throws {
        try await ok("Action=CreateRole&RoleName=\(name)&AssumeRolePolicyDocument=\(trust)\(rest)", region: region)
    }
}

private final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)
    func next() -> UInt64 { value.add(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15 }
}

/// An answer, read: what stands in the first element of a name.
struct Reply {
    let status: Int
    let text: String

    init(_ reply: ServiceReply) {
        status = reply.status
        text = String(decoding: reply.body, as: UTF8.self)
    }

    subscript(_ element: String) -> String? { all(element).first }

    /// What stands in each element of that name.
    func all(_ element: String) -> [String] {
        text.split(separator: "<\(element)>", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
            rest.split(separator: "</\(element)>", maxSplits: 1, omittingEmptySubsequences: false).first.map(
                String.init)
        }
    }

    /// `NoSuchEntity 404: …`; nil when it went well.
    var error: String? { status == 200 ? nil : "\(self["Code"] ?? "?") \(status): \(self["Message"] ?? "")" }
}

/// Lambda may assume the role; percent-encoded.
let trust = encoded(
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
)
let policy = encoded(
    #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}"#)

func encoded(_ text: String) -> String { FormEncoding.encode(text) }

import DyadClient
import DyadModel
import DyadSigV4
import Synchronization

/// Answers requests from a function; keeps what was asked.
final class ScriptedTransport: Transport {
    typealias Answer = @Sendable (_ number: Int, _ request: TransportRequest) throws(ClientError) -> TransportAnswer

    private let answer: Answer
    private let kept = Mutex<[TransportRequest]>([])

    init(_ answer: @escaping Answer) { self.answer = answer }

    var requests: [TransportRequest] { kept.withLock { $0 } }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
        let number = kept.withLock { kept in
            kept.append(request)
            return kept.count
        }
        return try answer(number, request)
    }

    func shutdown() async {}

    static func json(_ text: String, status: Int = 200, _ headers: [(name: String, value: String)] = [])
        -> TransportAnswer
    {
        TransportAnswer(status: status, headers: headers, body: Array(text.utf8))
    }
}

extension TransportRequest {
    var operation: String { header("x-amz-target").map { String($0.drop { $0 != "." }.dropFirst()) } ?? "" }
    var text: String { String(decoding: body, as: UTF8.self) }
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension DynamoDBClient {
    static let testCredentials = Credentials(accessKeyID: "AKID", secretAccessKey: "secret")

    /// A client that never waits.
    static func scripted(
        _ transport: ScriptedTransport, policy: RetryPolicy = .standard, clock: any WallClock = ManualClock(),
        endpoint: Endpoint = Endpoint(region: "cn-north-1")
    ) -> DynamoDBClient {
        DynamoDBClient(
            region: "cn-north-1", endpoint: endpoint, credentials: StaticCredentials(testCredentials),
            transport: transport, policy: policy, clock: clock, sleep: { _ in })
    }
}

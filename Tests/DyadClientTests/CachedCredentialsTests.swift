import DyadModel
import DyadSigV4
import Synchronization
import Testing

@testable import DyadClient

/// Credentials that end are renewed before they do.
struct CachedCredentialsTests {
    /// Numbers what it hands out; fails when told to.
    final class Source: CredentialSource {
        let lifetime: Int64
        private let count = Mutex(0)
        private let failure = Mutex<ClientError?>(nil)
        private let gate: Gate?

        init(lifetime: Int64 = 3_600, gate: Gate? = nil) {
            self.lifetime = lifetime
            self.gate = gate
        }

        var asked: Int { count.withLock { $0 } }
        func fail(_ error: ClientError?) { failure.withLock { $0 = error } }

        func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials {
            let number = count.withLock { count in
                count += 1
                return count
            }
            await gate?.pass()
            if let error = failure.withLock({ $0 }) { throw error }
            let credentials = Credentials(accessKeyID: "K\(number)", secretAccessKey: "s", sessionToken: "T\(number)")
            return FetchedCredentials(credentials, expiration: now + lifetime)
        }
    }

    /// Shut until it is opened.
    actor Gate {
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false

        func pass() async {
            if !isOpen { await withCheckedContinuation { waiting.append($0) } }
        }

        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    @Test func `they serve until a quarter of an hour before they end`() async throws {
        let clock = ManualClock()
        let source = Source()
        let cached = CachedCredentials(source, failing: "x", clock: clock)
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: 2_699_000)
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: 1_000)
        #expect(try await cached.credentials().accessKeyID == "K2")
    }

    @Test func `a renewal that fails is no harm until ten minutes before they end`() async throws {
        let clock = ManualClock()
        let source = Source()
        let cached = CachedCredentials(source, failing: "no role", clock: clock)
        _ = try await cached.credentials()
        source.fail(.transport(description: "down", wasSent: true, isTimeout: false))
        clock.advance(by: 2_700_000)
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(source.asked == 2, "not again within a minute")
        clock.advance(by: 60_000)
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(source.asked == 3)
        clock.advance(by: 240_000)
        let error = await #expect(throws: ClientError.self) { try await cached.credentials() }
        #expect(error?.description == "no role: down")
        #expect(error?.isRetryable == true)
        source.fail(nil)
        #expect(try await cached.credentials().accessKeyID == "K5")
    }

    @Test func `what cannot be had at first ends it, what could be had before may come back`() async throws {
        let clock = ManualClock()
        let source = Source()
        let cached = CachedCredentials(source, failing: "no role", clock: clock)
        source.fail(.notAttempted("no such file"))
        let first = await #expect(throws: ClientError.self) { try await cached.credentials() }
        #expect(first?.isRetryable == false)
        source.fail(nil)
        _ = try await cached.credentials()
        source.fail(.notAttempted("no such file"))
        clock.advance(by: 3_600_000)
        let later = await #expect(throws: ClientError.self) { try await cached.credentials() }
        #expect(later?.description == "no role: no such file")
        #expect(later?.isRetryable == true)
    }

    @Test func `a short life is not all renewing`() async throws {
        let clock = ManualClock()
        let source = Source(lifetime: 900)
        let cached = CachedCredentials(source, failing: "x", clock: clock)
        for _ in 0..<3 { #expect(try await cached.credentials().accessKeyID == "K1") }
        clock.advance(by: 600_000)
        #expect(try await cached.credentials().accessKeyID == "K2")
    }

    @Test func `however many ask at once, the source is asked once`() async throws {
        let gate = Gate()
        let source = Source(gate: gate)
        let cached = CachedCredentials(source, failing: "x", clock: ManualClock())
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await cached.credentials().accessKeyID } }
            await gate.open()
            for try await key in group { #expect(key == "K1") }
        }
        #expect(source.asked == 1)
    }

    @Test func `credentials that have ended already are none`() async {
        let cached = CachedCredentials(Source(lifetime: 0), failing: "x", clock: ManualClock())
        let error = await #expect(throws: ClientError.self) { try await cached.credentials() }
        #expect(error?.description.contains("expired already") == true)
    }

    @Test func `each request is signed with the token that holds then`() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport { _, _ in ScriptedTransport.json("{}") }
        let client = DynamoDBClient(
            region: "cn-north-1", endpoint: Endpoint(region: "cn-north-1"),
            credentials: CachedCredentials(Source(), failing: "x", clock: clock), transport: transport, clock: clock)
        _ = try await client.call("ListTables", body: [])
        clock.advance(by: 3_600_000)
        _ = try await client.call("ListTables", body: [])
        #expect(transport.requests.map { $0.header("x-amz-security-token") } == ["T1", "T2"])
        let signed = transport.requests.map { $0.header("Authorization")?.contains("x-amz-security-token") }
        #expect(signed == [true, true])
    }
}

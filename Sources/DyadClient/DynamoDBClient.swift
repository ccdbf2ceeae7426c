package import DyadModel
import DyadSigV4
import Synchronization

/// A region's DynamoDB, AWS's or another's, one call at a time or many.
///
/// Signs, sends, checks and retries; what a call means is the caller's.
package final class DynamoDBClient: Sendable {
    package let region: String
    package let endpoint: Endpoint
    private let credentials: any CredentialProvider
    private let transport: any Transport
    private let policy: RetryPolicy
    private let clock: any WallClock
    private let sleep: @Sendable (Duration) async throws -> Void
    private let signer: Signer
    private let state = Mutex(State())

    private struct State {
        var quota = RetryQuota()
        /// The server's clock is ahead of ours by this many seconds.
        var clockOffset: Int64 = 0
    }

    /// - Parameter sleep: waits between attempts; throws when the task is cancelled.
    package init(
        region: String, endpoint: Endpoint, credentials: any CredentialProvider, transport: any Transport,
        policy: RetryPolicy = .standard, clock: any WallClock = SystemClock(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.region = region
        self.endpoint = endpoint
        self.credentials = credentials
        self.transport = transport
        self.policy = policy
        self.clock = clock
        self.sleep = sleep
        signer = Signer(region: region, service: Service.signingName)
    }

    /// A client as a command's options, the environment and the shared files describe it. To be shut down.
    ///
    /// - Parameters:
    ///   - policy: nil takes the configured number of attempts.
    ///   - wrap: puts something between the client and the network; credentials are fetched past it.
    package convenience init(
        _ settings: ClientSettings, surroundings: Surroundings = .process, policy: RetryPolicy? = nil,
        limits: HTTPTransport.Limits = HTTPTransport.Limits(), wrap: (any Transport) -> any Transport = { $0 }
    ) throws(ConfigurationError) {
        let resolved = try settings.resolved(in: surroundings)
        let plan = try resolved.credentials.get()
        let authorities = resolved.authorities
        let proxy = try ProxySettings.proxy(for: resolved.endpoint.url(of: .dynamoDB), surroundings)
        let stsProxy = try ProxySettings.proxy(for: resolved.stsURL, surroundings)
        let limits = limits.adopting(settings)
        let stsLimits = HTTPTransport.Limits.sts.adopting(settings)
        let metadataLimits = HTTPTransport.Limits.metadata(within: resolved.metadataTimeout)
        let sts = STSEndpoint(
            url: resolved.stsURL, region: resolved.region,
            transport: DeferredTransport {
                HTTPTransport(limits: stsLimits, proxy: stsProxy, authorities: authorities)
            })
        let credentials = ConfiguredCredentials(
            plan, sts: sts,
            metadata: DeferredTransport {
                HTTPTransport(limits: metadataLimits, authorities: authorities)
            },
            surroundings: surroundings, clock: SystemClock())
        let transport = HTTPTransport(limits: limits, proxy: proxy, authorities: authorities)
        self.init(
            region: resolved.region, endpoint: resolved.endpoint, credentials: credentials,
            transport: wrap(transport), policy: policy ?? RetryPolicy(attemptsMax: resolved.attemptsMax))
    }

    /// Closes connections; calls made afterwards fail.
    package func shutdown() async {
        await transport.shutdown()
        await credentials.shutdown()
    }

    /// Calls an operation and waits for its answer, through retries.
    ///
    /// - Parameter body: the operation's input, a JSON object.
    /// - Returns: its output, a JSON object.
    package func call(_ operation: String, service: Service = .dynamoDB, body: [UInt8]) async throws(ClientError)
        -> JSONDocument
    {
        var machine = RetryMachine(policy)
        while true {
            let failure: ClientError
            do throws(ClientError) {
                let document = try await attempt(operation, service, body)
                state.withLock { machine.succeeded(quota: &$0.quota) }
                return document
            } catch {
                failure = error
            }
            var random = SystemRandomNumberGenerator()
            let decision = state.withLock { machine.failed(failure, quota: &$0.quota, using: &random) }
            guard case .retry(let delay) = decision else { throw failure }
            do { try await sleep(delay) } catch { throw failure }
        }
    }

    private func attempt(_ operation: String, _ service: Service, _ body: [UInt8]) async throws(ClientError)
        -> JSONDocument
    {
        let identity: Credentials
        do { identity = try await credentials.credentials() } catch let error as ClientError { throw error } catch {
            throw .notAttempted("\(error)")
        }
        let url = endpoint.url(of: service)
        let target = "\(url.path)/"
        let headers = [
            ("host", url.authority), ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "\(service.targetPrefix).\(operation)"),
        ]
        .map { (name: $0.0, value: $0.1) }
        let now = clock.now.milliseconds / 1000 + state.withLock(\.clockOffset)
        let signed = signer.headers(
            signing: "POST", target: target, headers: headers, body: body, with: identity, at: now)
        let answer = try await transport.send(
            TransportRequest(url: url, target: target, headers: headers + signed, body: body))
        do throws(ClientError) {
            return try Answer.read(answer)
        } catch {
            if error.isClockSkew, let date = answer.header("date").flatMap(AmzDate.init(httpDate:)) {
                state.withLock { $0.clockOffset = date.epochSeconds - clock.now.milliseconds / 1000 }
            }
            throw error
        }
    }
}

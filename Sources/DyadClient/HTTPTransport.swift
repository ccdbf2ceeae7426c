import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Requests over AsyncHTTPClient, HTTP/1.1, connections kept.
package final class HTTPTransport: Transport {
    package struct Limits: Sendable {
        package var connect: TimeAmount = .seconds(10)
        /// From the first byte sent to the last one received.
        package var request: TimeAmount = .seconds(60)
        package var connections = 64
        /// DynamoDB answers with at most 16 MB of items; their JSON can be longer than the items.
        package var answerBytesMax = 32 << 20

        package init() {}

        /// What an option of 0 seconds means, as with the AWS CLI: a year is for ever.
        private static let forever = TimeAmount.hours(24 * 365)

        /// - Parameter settings: what they leave out stays.
        package func adopting(_ settings: ClientSettings) -> Self {
            func limit(_ seconds: Int64) -> TimeAmount { seconds > 0 ? .seconds(seconds) : Self.forever }
            var limits = self
            limits.connect = settings.connectTimeout.map(limit) ?? connect
            limits.request = settings.readTimeout.map(limit) ?? request
            return limits
        }
    }

    private let client: HTTPClient
    private let limits: Limits

    /// - Parameters:
    ///   - proxy: a host and port through which every request goes.
    ///   - authorities: whom to trust; the system's when nil.
    ///   - group: the event loops to use; the process's own when nil.
    package init(
        limits: Limits = Limits(), proxy: EndpointURL? = nil, authorities: CertificateAuthorities? = nil,
        group: (any EventLoopGroup)? = nil
    ) {
        self.limits = limits
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = limits.connect
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connections
        // A dead endpoint is reported at once: trying again is the retry machine's to decide.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = proxy.map { .server(host: $0.host, port: $0.port) }
        if let authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(authorities.certificates)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(
            eventLoopGroupProvider: .shared(group ?? MultiThreadedEventLoopGroup.singleton),
            configuration: configuration)
    }

    package func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
        var outgoing = HTTPClientRequest(
            url: "\(request.url.scheme.rawValue)://\(request.url.authority)\(request.target)")
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if request.method != "GET" {
            outgoing.body = .bytes(request.body, length: .known(Int64(request.body.count)))
        }
        do {
            let answer = try await client.execute(outgoing, timeout: limits.request)
            let body = try await answer.body.collect(upTo: limits.answerBytesMax)
            return TransportAnswer(
                status: Int(answer.status.code), headers: answer.headers.map { ($0.name, $0.value) },
                body: Array(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw .malformedAnswer("it is longer than \(limits.answerBytesMax) bytes")
        } catch is CancellationError {
            throw .notAttempted("cancelled")
        } catch let error as HTTPClientError where error == .cancelled {
            throw .notAttempted("cancelled")
        } catch {
            throw Self.failure(error, url: request.url)
        }
    }

    package func shutdown() async {
        // Fails only when it was shut down before, and then there is nothing left to close.
        try? await client.shutdown()
    }

    private static func failure(_ error: any Error, url: EndpointURL) -> ClientError {
        let unsent: [HTTPClientError] = [
            .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .getConnectionFromPoolTimeout,
            .invalidProxyResponse, .proxyAuthenticationRequired,
        ]
        let timeouts: [HTTPClientError] = [
            .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .httpProxyHandshakeTimeout, .getConnectionFromPoolTimeout,
        ]
        switch error {
        case let error as HTTPClientError:
            return .transport(
                description: "\(url): \(error.shortDescription)", wasSent: !unsent.contains(error),
                isTimeout: timeouts.contains(error))
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? error.dnsAError.map { "\($0)" }
            return .transport(
                description: "cannot connect to \(url): \(reason ?? "no address")", wasSent: false, isTimeout: false)
        case let error as IOError where error.errnoCode == 111 || error.errnoCode == 61:
            return .transport(
                description: "cannot connect to \(url): connection refused", wasSent: false, isTimeout: false)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return .transport(description: "\(url): \(reason(ofTLS: error))", wasSent: false, isTimeout: false)
        default:
            return .transport(description: "\(url): \(error)", wasSent: true, isTimeout: false)
        }
    }

    /// A handshake's failure; the commonest one is the user's to mend.
    private static func reason(ofTLS error: any Error) -> String {
        let text = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        guard text.contains("CERTIFICATE_VERIFY_FAILED") else { return "no TLS connection: \(text)" }
        return "its certificate is of no authority that is trusted here; AWS_CA_BUNDLE may name others"
    }
}

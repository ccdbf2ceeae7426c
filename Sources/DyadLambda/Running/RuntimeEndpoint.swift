import NIOCore
import NIOHTTP1
import NIOPosix

/// The Lambda runtime API of one environment, on a port of its own of 127.0.0.1: what a function's process asks for its
/// invocations, and tells its answers.
///
/// docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. A port for each, since runtimes take
/// `AWS_LAMBDA_RUNTIME_API` for a host and a port and nothing more.
struct RuntimeEndpoint: Sendable {
    struct Request: Sendable {
        var method: HTTPMethod
        var path: String
        var errorType: String?
        var body: [UInt8]
        /// The body was larger than any answer may be, and is dropped.
        var isTooLarge = false
    }

    struct Reply: Sendable {
        var status: HTTPResponseStatus
        var headers: [(String, String)] = []
        var contentType = "application/json"
        var body: [UInt8] = []
        /// Whether the connection ends behind it.
        var closes = false
    }

    private let channel: any Channel
    /// `127.0.0.1:41234`
    let authority: String

    /// - Parameter respond: may take as long as it likes; its task is cancelled when the process hangs up.
    static func open(_ respond: @escaping @Sendable (Request) async -> Reply) async throws -> RuntimeEndpoint {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(Handler(respond))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return RuntimeEndpoint(channel: channel, authority: "127.0.0.1:\(channel.localAddress?.port ?? 0)")
    }

    /// Takes no more connections.
    func close() { channel.close(promise: nil) }

    /// One connection. Requests come one after the other: NIO's pipelining handler sees to that.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        /// Bytes of an answer: AWS's limit, and room for what encodes it.
        private static let bodyBytesMax = 8 << 20

        private let respond: @Sendable (Request) async -> Reply
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []
        private var isTooLarge = false
        private var task: Task<Void, Never>?

        init(_ respond: @escaping @Sendable (Request) async -> Reply) { self.respond = respond }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
                isTooLarge = false
            case .body(let part):
                isTooLarge = isTooLarge || body.count + part.readableBytes > Self.bodyBytesMax
                if isTooLarge { body = [] } else { body += part.readableBytesView }
            case .end: ask(context)
            }
        }

        private func ask(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let request = Request(
                method: head.method, path: String(head.uri.prefix { $0 != "?" }),
                errorType: head.headers.first(name: "Lambda-Runtime-Function-Error-Type"), body: body,
                isTooLarge: isTooLarge)
            body = []
            let respond = respond
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let eventLoop = context.eventLoop
            task = Task {
                let reply = await respond(request)
                eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.send(reply, context)
                }
            }
        }

        private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
            guard let head else { return }
            var headers = HTTPHeaders(reply.headers)
            headers.add(name: "Content-Type", value: reply.contentType)
            headers.add(name: "Content-Length", value: String(reply.body.count))
            let keepsAlive = head.isKeepAlive && !reply.closes
            if !keepsAlive { headers.add(name: "Connection", value: "close") }
            let response = HTTPResponseHead(version: head.version, status: reply.status, headers: headers)
            self.head = nil
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            if !reply.body.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
            }
            let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
            guard !keepsAlive else { return }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            written.whenComplete { _ in bound.value.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            task?.cancel()
            task = nil
            head = nil
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension RuntimeEndpoint.Reply {
    static let accepted = Self(status: .accepted, body: Array(#"{"status":"OK"}"#.utf8))

    static func refused(_ status: HTTPResponseStatus, _ type: String, _ message: String) -> Self {
        Self(status: status, body: Array(#"{"errorMessage":"\#(message)","errorType":"\#(type)"}"#.utf8))
    }

    static let tooLarge = refused(
        .payloadTooLarge, "Function.ResponseSizeTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).")
}

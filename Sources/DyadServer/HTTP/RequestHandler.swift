import CZlib
import DyadSigV4
import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection's HTTP: collects a request, has it answered, keeps or closes the connection.
///
/// NIO's pipeline handler in front of it delivers a request only when the one before was answered, so there is never more
/// than one here.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between requests. Leaves at a head.
        case idle
        /// A body arrives. Leaves at its end, or when it is too large.
        case collecting
        /// The responder has the request, or it waits until the client reads. Leaves with the reply.
        case answering
        /// It was answered 413 and is read to its end: closing now would reset the connection before the client reads.
        case dropping(bytes: Int)
        /// Nothing more is read or answered.
        case closing
    }

    private let loop: LoopContext
    private var context: ChannelHandlerContext?
    private var state = State.idle
    private var head: HTTPRequestHead?
    private var fields: RequestFields?
    private var body: [UInt8] = []
    private var bodyBytesMax = Limits.bodyBytesMax
    /// A whole request of a client that does not read the answers it has: it gets no more of them to keep here.
    private var waiting: Request?
    private var closesAfterReply = false
    private var idleSweeps = 0
    private var nesting = 0

    init(_ loop: LoopContext) { self.loop = loop }

    // MARK: The connection

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        loop.opened(self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        waiting = nil
        self.context = nil
        loop.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What cannot be parsed was answered 400 by NIO's handler; a broken connection cannot be answered.
        state = .closing
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        // The client sends no more but still reads: what it asked is answered first.
        switch state {
        case .answering: closesAfterReply = true
        case .idle, .collecting, .dropping, .closing: close()
        }
    }

    func close() {
        state = .closing
        context?.close(promise: nil)
    }

    /// Closes the connection, behind the answer that is owed if there is one.
    func quiesce() { context?.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

    /// Closes the connection when nothing arrived for long and nothing is owed.
    func sweep() {
        idleSweeps += 1
        guard idleSweeps > Limits.idleSweepsMax else { return }
        if case .answering = state, waiting == nil { return }
        close()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        idleSweeps = 0
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): begin(head, context: context)
        case (.body(let part), .collecting): collect(part)
        case (.end, .collecting): dispatch()
        case (.body(let part), .dropping(let count)):
            let count = count + part.readableBytes
            state = .dropping(bytes: count)
            if count > Limits.droppedBytesMax { close() }
        case (.end, .dropping): close()
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let fields = RequestFields(head.headers)
        self.head = head
        self.fields = fields
        state = .collecting
        bodyBytesMax = Limits.bodyBytesMax
        guard isAllowed(bodyBytes: fields.contentLength ?? 0) else { return refuse() }
        if let length = fields.contentLength { body.reserveCapacity(min(length, 1 << 20)) }
        if fields.expectsContinue, head.version == .http1_1 {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))))
                .assumeIsolated().whenFailure { _ in self.close() }
        }
    }

    private func collect(_ part: ByteBuffer) {
        guard isAllowed(bodyBytes: body.count + part.readableBytes) else { return refuse() }
        part.withUnsafeReadableBytes { body.append(contentsOf: $0) }
    }

    /// Who may send more than DynamoDB takes is looked up when someone does.
    private func isAllowed(bodyBytes count: Int) -> Bool {
        if count <= bodyBytesMax { return true }
        guard let head, let fields, fields.credentialScope(target: head.uri)?.service == "lambda" else { return false }
        bodyBytesMax = Limits.lambdaBodyBytesMax
        return count <= bodyBytesMax
    }

    private func refuse() {
        body = []
        closesAfterReply = true
        state = .answering
        send(Reply(.payloadTooLarge, contentType: nil, body: []), andThen: .dropping(bytes: 0))
    }

    private func dispatch() {
        guard let head, let fields else { return close() }
        state = .answering
        var request = Request(method: head.method, target: head.uri, fields: fields, body: body)
        if !fields.namesDynamoDB { request.headers = head.headers }
        body = []
        guard fields.contentEncoding == nil else { return expand(request) }
        ask(request)
    }

    /// Expands what came compressed, on another thread: a little may stand for much.
    private func expand(_ request: Request) {
        onThread {
            request.expanded()
        } then: { handler, expanded in
            guard case .answering = handler.state else { return }
            guard let expanded else {
                return handler.send(Reply(.payloadTooLarge, contentType: nil, body: []))
            }
            handler.ask(expanded)
        }
    }

    /// Has the request answered, once the client reads.
    private func ask(_ request: Request) {
        guard context?.channel.isWritable ?? false else {
            waiting = request
            return
        }
        guard nesting < Limits.nestedRequestsMax else {
            // An answer lets the next pipelined request in before it returns: thousands of them would end the stack.
            loop.outbox.eventLoop.assumeIsolated().execute { self.respond(to: request) }
            return
        }
        respond(to: request)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let request = waiting {
            waiting = nil
            respond(to: request)
        }
        context.fireChannelWritabilityChanged()
    }

    private func respond(to request: Request) {
        guard let responder = loop.responder else { return close() }
        nesting += 1
        responder.respond(to: request, through: ReplySlot(self, loop.outbox))
        nesting -= 1
    }

    // MARK: Replies

    /// Sends the reply to the request at hand. On the loop.
    func send(_ reply: Reply) {
        // Errors leave plain. AWS, seen from 2024 to 2026, marks the large ones as compressed and does not compress them.
        guard reply.body.count > Limits.plainAnswerBytesMax, reply.status == .ok, let accepted = fields?.acceptEncoding,
            let coding = ContentCoding.preferred(by: accepted)
        else { return send(reply, andThen: .idle) }
        guard reply.body.count > Limits.compressedOnLoopBytesMax else {
            return send(reply.encoded(in: coding), andThen: .idle)
        }
        onThread {
            reply.encoded(in: coding)
        } then: { handler, encoded in
            handler.send(encoded, andThen: .idle)
        }
    }

    /// Does work that would hold up the loop's other connections, then goes on here. Until then this connection waits.
    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then: @escaping (RequestHandler, Value) -> Void
    ) {
        let eventLoop = loop.outbox.eventLoop
        NIOSingletons.posixBlockingThreadPool.runIfActive(eventLoop: eventLoop) { work() }
            .assumeIsolated().whenSuccess { then(self, $0) }
    }

    private func send(_ reply: Reply, andThen next: State) {
        guard case .answering = state, let context, let head else { return }
        let keepsAlive = head.isKeepAlive && !closesAfterReply
        let responseHead = HTTPResponseHead(
            version: head.version, status: reply.status, headers: headers(of: reply, to: head, keepsAlive: keepsAlive))
        let hasBody = !reply.body.isEmpty && head.method != .HEAD
        self.head = nil
        fields = nil
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        if hasBody {
            write(reply.body, context)
        }
        if keepsAlive {
            // The next pipelined request arrives inside this call.
            state = next
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else if case .dropping = next {
            state = next
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            state = .closing
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in self.close() }
        }
    }

    private func write(_ body: [UInt8], _ context: ChannelHandlerContext) {
        func write(_ piece: ByteBuffer) { context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil) }
        guard body.count > Limits.answerPieceBytes else { return write(ByteBuffer(bytes: body)) }
        // In pieces: memory for a whole page would be mapped, faulted in and given back each time.
        for start in stride(from: 0, to: body.count, by: Limits.answerPieceBytes) {
            write(ByteBuffer(bytes: body[start..<min(start + Limits.answerPieceBytes, body.count)]))
        }
    }

    private func headers(of reply: Reply, to head: HTTPRequestHead, keepsAlive: Bool) -> HTTPHeaders {
        var fields: [(String, String)] = []
        fields.reserveCapacity(8 + reply.headers.count)
        fields.append(("Server", "Server"))
        fields.append(("Date", loop.httpDate()))
        if let contentType = reply.contentType { fields.append(("Content-Type", contentType)) }
        fields.append(("Content-Length", String(reply.body.count)))
        fields.append(("x-amzn-RequestId", reply.requestID ?? loop.nextRequestID()))
        fields.append(("x-amz-crc32", String(checksum(reply.body))))
        if !keepsAlive {
            fields.append(("Connection", "close"))
        } else if head.version == .http1_0 {
            fields.append(("Connection", "keep-alive"))
        }
        for header in reply.headers { fields.append(header) }
        return HTTPHeaders(fields)
    }
}

/// The CRC-32 of a body, which SDKs check.
func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
}

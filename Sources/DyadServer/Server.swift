package import DyadEngine
package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A port that is taken but not served yet: clients connect and wait.
///
/// Apart from `Server` so that the emulator can be told its own address before it answers.
package struct Listener: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let contexts: Contexts
    package let address: BoundAddress

    /// - Parameter port: 0 for any that is free.
    /// - Throws: one clear line, when the port is taken or the host has no address here.
    package static func bind(host: String, port: Int) async throws(StartupError) -> Listener {
        guard (0...65_535).contains(port) else {
            throw StartupError("cannot listen on \(host) port \(port): a port is at most 65535")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, Limits.loopsMax))
        let contexts = Contexts()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Limits.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try contexts.configure(channel) }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            return Listener(
                group: group, channel: channel, contexts: contexts, address: BoundAddress(channel.localAddress))
        } catch {
            try? await group.shutdownGracefully()
            throw StartupError(reason(error, host: host, port: port))
        }
    }

    private static func reason(_ error: any Error, host: String, port: Int) -> String {
        let why =
            switch (error, (error as? IOError)?.errnoCode) {
            case (_, EADDRINUSE?): "the port is taken"
            case (_, EACCES?): "permission denied"
            case (_, EADDRNOTAVAIL?): "the address is not one of this machine"
            case (_, let code?): String(cString: strerror(code))
            case (is SocketAddressError.UnknownHost, _): "the host is not known"
            default: "\(error)"
            }
        return "cannot listen on \(host) port \(port): \(why)"
    }

    /// Answers requests from now on.
    ///
    /// - Parameter responder: makes the responder of an event loop, on that loop.
    package func serve(_ responder: @escaping @Sendable (any EventLoop) -> any Responder) async -> Server {
        for eventLoop in group.makeIterator() {
            let made = eventLoop.submit {
                NIOLoopBound(LoopContext(responder(eventLoop), on: eventLoop), eventLoop: eventLoop)
            }
            if let context = try? await made.get() { contexts.add(context, of: eventLoop) }
        }
        try? await channel.setOption(.autoRead, value: true).get()
        return Server(group: group, channel: channel, contexts: contexts, address: address)
    }

    /// Gives the port back without having served it.
    package func close() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }
}

/// An HTTP server on a port of its own, with its own event loops.
package final class Server: Sendable {
    package let address: BoundAddress
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let contexts: Contexts
    private let isStopping = Atomic(false)

    fileprivate init(
        group: MultiThreadedEventLoopGroup, channel: any Channel, contexts: Contexts, address: BoundAddress
    ) {
        self.group = group
        self.channel = channel
        self.contexts = contexts
        self.address = address
    }

    /// Accepts no more, closes idle connections, answers what is in flight, then calls `last` and ends the event loops.
    ///
    /// A request that is not whole, or not answered, within `Limits.stopGraceSeconds` is cut off. A second call does
    /// nothing and does not wait.
    ///
    /// - Parameter last: may block; runs on a thread that may be blocked.
    package func stop(_ last: @escaping @Sendable () -> Void = {}) async {
        guard !isStopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try? await channel.close()
        let drained = contexts.all.map { context in context.eventLoop.flatSubmit { context.value.drain() } }
        for future in drained { try? await future.get() }
        for context in contexts.all { try? await context.eventLoop.submit { context.value.letGo() }.get() }
        try? await NIOSingletons.posixBlockingThreadPool.runIfActive(last)
        try? await group.shutdownGracefully()
    }
}

/// The loops' contexts, found by a new connection.
private final class Contexts: Sendable {
    private let contexts = Mutex<[ObjectIdentifier: NIOLoopBound<LoopContext>]>([:])

    var all: [NIOLoopBound<LoopContext>] { contexts.withLock { Array($0.values) } }

    func add(_ context: NIOLoopBound<LoopContext>, of eventLoop: any EventLoop) {
        contexts.withLock { $0[ObjectIdentifier(eventLoop)] = context }
    }

    /// On the channel's loop.
    func configure(_ channel: any Channel) throws {
        guard let context = contexts.withLock({ $0[ObjectIdentifier(channel.eventLoop)] }) else {
            throw ChannelError.ioOnClosedChannel
        }
        try configureHTTP(channel.pipeline.syncOperations, context.value)
    }
}

/// HTTP/1.1 as every connection speaks it.
func configureHTTP(_ pipeline: ChannelPipeline.SynchronousOperations, _ context: LoopContext) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = Limits.headerBytesMax
    limits.maxHeaderListSize = Limits.headersBytesMax
    limits.maxHeaderFieldCount = Limits.headersMax
    // Every reply has its Content-Length, and its headers are our own or were checked.
    var encoder = HTTPResponseEncoder.Configuration()
    encoder.automaticallySetFramingHeaders = false
    try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: true, withErrorHandling: true, withOutboundHeaderValidation: false,
        withEncoderConfiguration: encoder, withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(RequestHandler(context))
}

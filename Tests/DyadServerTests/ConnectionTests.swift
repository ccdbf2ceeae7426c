import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import DyadServer

@Suite struct ConnectionTests {
    /// A connection without a socket, whose time stands still.
    private func connection(_ responder: any Responder) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try configureHTTP(channel.pipeline.syncOperations, LoopContext(responder, on: channel.embeddedEventLoop))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private let limit = TimeAmount.seconds(Limits.sweepSeconds * Int64(Limits.idleSweepsMax + 1))

    @Test func `a connection that nobody uses is closed`() throws {
        let channel = try connection(EchoResponder())
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(!channel.isActive)
    }

    @Test func `one that is used stays`() throws {
        let channel = try connection(EchoResponder())
        for _ in 0..<10 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(60))
            try channel.writeInbound(ByteBuffer(string: message("x")))
        }
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    @Test func `half a request does not keep a connection`() throws {
        let channel = try connection(EchoResponder())
        try channel.writeInbound(ByteBuffer(string: "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"))
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(!channel.isActive)
    }

    @Test func `one that waits for its answer stays`() throws {
        let held = HeldReplies()
        let channel = try connection(HoldingResponder(held))
        try channel.writeInbound(ByteBuffer(string: message("x")))
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(channel.isActive)
        held.release()
        #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
        _ = try? channel.finish()
    }

    @Test func `who does not read answers is not asked for more of them`() throws {
        let held = HeldReplies()
        let channel = try connection(HoldingResponder(held))
        channel.isWritable = false
        try channel.writeInbound(ByteBuffer(string: message("a") + message("b")))
        #expect(held.count == 0)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(held.count == 1)
        channel.isWritable = false
        held.release()
        #expect(held.count == 0)
        // Nor is it waited for without end.
        channel.embeddedEventLoop.advanceTime(by: limit)
        #expect(!channel.isActive)
    }

    @Test func `dates have HTTP's form`() {
        #expect(httpDateText(epochSeconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func `a body's checksum is CRC-32`() {
        #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(checksum([]) == 0)
    }
}

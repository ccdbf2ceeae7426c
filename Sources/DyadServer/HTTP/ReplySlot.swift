import NIOCore
import Synchronization

/// Where the answer to one request goes.
package struct ReplySlot: Sendable {
    private let handler: NIOLoopBound<RequestHandler>
    private let outbox: Outbox

    init(_ handler: RequestHandler, _ outbox: Outbox) {
        self.handler = NIOLoopBound(handler, eventLoop: outbox.eventLoop)
        self.outbox = outbox
    }

    /// Sends the answer, from any thread. Of a connection that is gone by now, it is dropped.
    package func send(_ reply: Reply) {
        if outbox.eventLoop.inEventLoop {
            handler.value.send(reply)
        } else {
            outbox.add(handler, reply)
        }
    }
}

/// Answers on their way from other threads to an event loop.
///
/// A commit answers many requests at once: the first answer wakes the loop, the others go along.
final class Outbox: Sendable {
    let eventLoop: any EventLoop
    private let waiting = Mutex<[(NIOLoopBound<RequestHandler>, Reply)]>([])

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func add(_ handler: NIOLoopBound<RequestHandler>, _ reply: Reply) {
        let isFirst = waiting.withLock { waiting in
            waiting.append((handler, reply))
            return waiting.count == 1
        }
        if isFirst { eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let arrived = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for (handler, reply) in arrived { handler.value.send(reply) }
    }
}

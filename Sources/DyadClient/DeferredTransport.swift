import Synchronization

/// A transport made when the first request leaves; often none does.
final class DeferredTransport: Transport {
    private let make: @Sendable () -> any Transport
    private let state = Mutex(State.waiting)

    private enum State {
        case waiting
        case made(any Transport)
        case closed
    }

    init(_ make: @escaping @Sendable () -> any Transport) { self.make = make }

    func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
        let transport = state.withLock { state -> (any Transport)? in
            switch state {
            case .made(let transport): return transport
            case .closed: return nil
            case .waiting:
                let transport = make()
                state = .made(transport)
                return transport
            }
        }
        guard let transport else { throw .notAttempted("the client was shut down") }
        return try await transport.send(request)
    }

    func shutdown() async {
        let made = state.withLock { state -> (any Transport)? in
            defer { state = .closed }
            if case .made(let transport) = state { return transport }
            return nil
        }
        await made?.shutdown()
    }
}

import Synchronization

/// Carries a mapping out of a transaction.
final class Found: Sendable {
    private let box = Mutex<EventSourceMapping?>(nil)
    var mapping: EventSourceMapping? { box.withLock { $0 } }
    func note(_ mapping: EventSourceMapping?) { box.withLock { $0 = mapping } }
}

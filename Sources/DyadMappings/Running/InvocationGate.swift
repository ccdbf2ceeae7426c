import Synchronization

/// What a mapping's invocations pass through: closed, nobody waits for them any more, and none is begun.
///
/// A runner that is cancelled waits for what it has handed over, since it has a last checkpoint to write.
final class InvocationGate: Sendable {
    private struct State {
        var isClosed = false
        var count = 0
        var open: [Int: FirstValue<FunctionAnswer>] = [:]
    }

    private let state = Mutex(State())

    /// What `body` comes to, or nil as soon as the gate is closed; `body` then goes on by itself.
    func wait(for body: @escaping @Sendable () async -> FunctionAnswer) async -> FunctionAnswer? {
        let first = FirstValue<FunctionAnswer>()
        let number = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.count += 1
            state.open[state.count] = first
            return state.count
        }
        guard let number else { return nil }
        let answer = await withCheckedContinuation { continuation in
            first.wait(continuation)
            Task { first.set(await body()) }
        }
        state.withLock { $0.open[number] = nil }
        return answer
    }

    func close() {
        let open = state.withLock { state in
            state.isClosed = true
            return Array(state.open.values)
        }
        for first in open { first.set(nil) }
    }
}

/// Resumes whoever waits with the first value that is set, before or after the waiting began.
private final class FirstValue<Value: Sendable>: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Value?, Never>)
        case set(Value?)
        case done
    }

    private let state = Mutex(State.idle)

    func wait(_ continuation: CheckedContinuation<Value?, Never>) {
        let value: Value?? = state.withLock { state in
            guard case .set(let value) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .done
            return .some(value)
        }
        if let value { continuation.resume(returning: value) }
    }

    func set(_ value: Value?) {
        let waiter: CheckedContinuation<Value?, Never>? = state.withLock { state in
            switch state {
            case .idle:
                state = .set(value)
                return nil
            case .waiting(let continuation):
                state = .done
                return continuation
            case .set, .done: return nil
            }
        }
        waiter?.resume(returning: value)
    }
}

import Synchronization

/// Who waits until a region's chores are done.
final class Settling: Sendable {
    typealias Done = @Sendable () -> Void

    /// Turns of the chores that are waited for. A turn does a thousand rows, so only a table whose items expire as fast as
    /// they are written comes here.
    static let turnsMax = 10_000

    private struct State {
        var waiting: [Done] = []
        var turns = 0
        var hasEnded = false

        mutating func takeAll() -> [Done] {
            defer { (waiting, turns) = ([], 0) }
            return waiting
        }
    }

    private let state = Mutex(State())

    /// False when there are no more turns: nobody would call `done`.
    func add(_ done: @escaping Done) -> Bool {
        state.withLock { state in
            guard !state.hasEnded else { return false }
            state.waiting.append(done)
            return true
        }
    }

    /// Behind a turn: tells everybody unless there is more to do.
    func turn(isMoreDue: () -> Bool) {
        let told: [Done] = state.withLock { state in
            guard !state.waiting.isEmpty else { return [] }
            state.turns += 1
            guard state.turns >= Self.turnsMax || !isMoreDue() else { return [] }
            return state.takeAll()
        }
        for done in told { done() }
    }

    /// Behind the last turn.
    func end() {
        let told = state.withLock { state in
            state.hasEnded = true
            return state.takeAll()
        }
        for done in told { done() }
    }
}

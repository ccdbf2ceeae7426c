package import DyadModel

/// Decides which environment of a function handles which invocation, when one is started, and when one is ended.
///
/// An environment is one process of the function's runtime. It handles one invocation at a time, and many one after
/// another: whoever invokes again soon finds it warm. The pool knows no processes and no clock; it is told what happened
/// and at what time, and answers what is to be done.
package struct EnvironmentPool: Sendable {
    package struct Settings: Sendable {
        /// Environments of one function at a time; an invocation beyond them is throttled.
        package var environmentsMax = 10
        /// How long an environment may wait for its next invocation before it is ended.
        package var idleMilliseconds: Int64 = 10 * 60 * 1000
        /// How long a runtime may take to start before that counts as its first invocation's time. AWS's ten seconds.
        package var startMilliseconds: Int64 = 10_000

        package init() {}
    }

    package typealias EnvironmentID = Int

    package enum Event: Sendable, Equatable {
        case invoke(String)
        /// The runtime asks for its next invocation, and by that says that it is done with the one before.
        case asksForNext(EnvironmentID)
        case answered(EnvironmentID, String, Answer)
        /// The runtime says that it could not start. `payload` is its words, as JSON.
        case startFailed(EnvironmentID, payload: [UInt8])
        /// The process is gone.
        case ended(EnvironmentID, Ending)
        /// From now on invocations are for other code or other settings.
        case changed(timeoutMilliseconds: Int64)
        /// The function is deleted, or the server stops.
        case closed
        /// Time has passed.
        case tick
    }

    package enum Effect: Sendable, Equatable {
        case start(EnvironmentID)
        /// Answers the runtime that asked for its next invocation.
        case deliver(EnvironmentID, String, deadline: Timestamp)
        /// Kills the process and all that it started.
        case end(EnvironmentID)
        /// `by` is nil where no environment had it.
        case finish(String, Conclusion, by: EnvironmentID?)
    }

    /// What a handler made of an invocation.
    package enum Answer: Sendable, Equatable {
        case response([UInt8])
        case error([UInt8])
    }

    /// How a process ended.
    package enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signaled(Int32)
        /// It never ran, for this reason.
        case notStarted(String)
    }

    /// How an invocation ended.
    package enum Conclusion: Sendable, Equatable {
        case answered(Answer)
        case timedOut
        case startFailed([UInt8])
        /// The process ended under it; `isStarted` tells whether the runtime had asked for it.
        case ended(Ending, isStarted: Bool)
        case throttled
        case closed
    }

    private enum State: Sendable {
        /// Its first invocation waits until the runtime asks. Leaves for `busy`.
        case starting(since: Timestamp, first: String)
        case busy(String, deadline: Timestamp)
        /// It has answered, and has not asked for more. What comes meanwhile may wait for it: that takes a moment.
        case returning(deadline: Timestamp, next: String?)
        case idle(since: Timestamp)
    }

    private struct Environment: Sendable {
        var state: State
        /// Which code and settings it was started with.
        let generation: Int
        let timeoutMilliseconds: Int64
    }

    private let settings: Settings
    private var environments: [EnvironmentID: Environment] = [:]
    private var nextID: EnvironmentID = 1
    private var generation = 0
    private var timeoutMilliseconds: Int64
    private var isClosed = false

    package init(_ settings: Settings, timeoutMilliseconds: Int64) {
        self.settings = settings
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    package var isEmpty: Bool { environments.isEmpty }

    /// When a `tick` is due; nil when none is.
    package var nextTick: Timestamp? { environments.values.map(due).min() }

    /// Whether the environment handles an invocation that it has not answered.
    package func isBusy(_ id: EnvironmentID) -> Bool {
        guard case .busy = environments[id]?.state else { return false }
        return true
    }

    /// Whether the environment handles this invocation at present.
    package func isBusy(_ id: EnvironmentID, with invocation: String) -> Bool {
        guard case .busy(invocation, _) = environments[id]?.state else { return false }
        return true
    }

    package mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        switch event {
        case .invoke(let invocation): return place(invocation, at: now)
        case .asksForNext(let id): return goOn(id, at: now)
        case .answered(let id, let invocation, let answer):
            guard case .busy(invocation, let deadline) = environments[id]?.state else { return [] }
            environments[id]?.state = .returning(deadline: deadline, next: nil)
            return [.finish(invocation, .answered(answer), by: id)]
        case .startFailed(let id, let payload):
            guard case .starting(_, let first) = environments[id]?.state else { return [] }
            environments[id] = nil
            return [.finish(first, .startFailed(payload), by: id), .end(id)]
        case .ended(let id, let ending): return lose(id, ending, at: now)
        case .changed(let timeoutMilliseconds):
            generation += 1
            self.timeoutMilliseconds = timeoutMilliseconds
            return endIdle { _ in true }
        case .closed: return close()
        case .tick: return tick(at: now)
        }
    }

    // MARK: Invocations

    private mutating func place(_ invocation: String, at now: Timestamp) -> [Effect] {
        guard !isClosed else { return [.finish(invocation, .closed, by: nil)] }
        let current = environments.filter { $0.value.generation == generation }
        // The one used last is the warmest, and lets the others grow old enough to be ended.
        let idle = current.compactMap { id, environment -> (since: Timestamp, id: EnvironmentID)? in
            guard case .idle(let since) = environment.state else { return nil }
            return (since, id)
        }
        if let (_, id) = idle.max(by: { ($0.since, $0.id) < ($1.since, $1.id) }) {
            return deliver(invocation, to: id, at: now)
        }
        let returning = current.compactMap { id, environment -> (deadline: Timestamp, id: EnvironmentID)? in
            guard case .returning(let deadline, nil) = environment.state else { return nil }
            return (deadline, id)
        }
        if let (deadline, id) = returning.min(by: { $0.id < $1.id }) {
            environments[id]?.state = .returning(deadline: deadline, next: invocation)
            return []
        }
        guard environments.count < settings.environmentsMax else { return [.finish(invocation, .throttled, by: nil)] }
        let id = nextID
        nextID += 1
        environments[id] = Environment(
            state: .starting(since: now, first: invocation), generation: generation,
            timeoutMilliseconds: timeoutMilliseconds)
        return [.start(id)]
    }

    private mutating func deliver(_ invocation: String, to id: EnvironmentID, at start: Timestamp) -> [Effect] {
        guard let environment = environments[id] else { return [] }
        let deadline = start.advanced(by: environment.timeoutMilliseconds)
        environments[id]?.state = .busy(invocation, deadline: deadline)
        return [.deliver(id, invocation, deadline: deadline)]
    }

    private mutating func goOn(_ id: EnvironmentID, at now: Timestamp) -> [Effect] {
        guard let environment = environments[id] else { return [] }
        switch environment.state {
        case .starting(let since, let first):
            return deliver(first, to: id, at: min(now, since.advanced(by: settings.startMilliseconds)))
        case .returning(_, let next) where environment.generation != generation:
            environments[id] = nil
            return [.end(id)] + (next.map { place($0, at: now) } ?? [])
        case .returning(_, let next?): return deliver(next, to: id, at: now)
        case .returning(_, nil):
            environments[id]?.state = .idle(since: now)
            return []
        case .busy, .idle: return []
        }
    }

    // MARK: Ends

    private mutating func lose(_ id: EnvironmentID, _ ending: Ending, at now: Timestamp) -> [Effect] {
        guard let environment = environments.removeValue(forKey: id) else { return [] }
        // What the process started may live on: the group is ended, too.
        switch environment.state {
        case .starting(_, let first): return [.end(id), .finish(first, .ended(ending, isStarted: false), by: id)]
        case .busy(let invocation, _): return [.end(id), .finish(invocation, .ended(ending, isStarted: true), by: id)]
        case .returning(_, let next): return [.end(id)] + (next.map { place($0, at: now) } ?? [])
        case .idle: return [.end(id)]
        }
    }

    private mutating func close() -> [Effect] {
        isClosed = true
        let all = environments.sorted { $0.key < $1.key }
        environments = [:]
        return all.flatMap { id, environment -> [Effect] in
            switch environment.state {
            case .starting(_, let invocation), .busy(let invocation, _), .returning(_, let invocation?):
                [.end(id), .finish(invocation, .closed, by: id)]
            case .returning(_, nil), .idle: [.end(id)]
            }
        }
    }

    private mutating func endIdle(_ isTooOld: (Timestamp) -> Bool) -> [Effect] {
        let old = environments.filter { _, environment in
            guard case .idle(let since) = environment.state else { return false }
            return isTooOld(since)
        }.keys.sorted()
        for id in old { environments[id] = nil }
        return old.map { .end($0) }
    }

    // MARK: Time

    private func due(_ environment: Environment) -> Timestamp {
        switch environment.state {
        case .starting(let since, _):
            since.advanced(by: settings.startMilliseconds + environment.timeoutMilliseconds)
        case .busy(_, let deadline), .returning(let deadline, _): deadline
        case .idle(let since): since.advanced(by: settings.idleMilliseconds)
        }
    }

    private mutating func tick(at now: Timestamp) -> [Effect] {
        var effects: [Effect] = []
        for id in environments.keys.sorted() {
            // As it is now: what one end left over may have come to this one.
            guard let environment = environments[id], due(environment) <= now else { continue }
            environments[id] = nil
            effects.append(.end(id))
            switch environment.state {
            case .starting(_, let invocation), .busy(let invocation, _):
                effects.append(.finish(invocation, .timedOut, by: id))
            case .returning(_, let next?): effects += place(next, at: now)
            case .returning(_, nil), .idle: break
            }
        }
        return effects
    }
}

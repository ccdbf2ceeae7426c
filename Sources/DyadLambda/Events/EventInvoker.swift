import DyadModel

/// Carries out invocations of the type Event.
actor EventInvoker {
    struct Work: Sendable {
        let identity: FunctionIdentity
        let payload: [UInt8]
        let clientContext: String?
    }

    /// How often a clock that may have been moved is looked at while something waits for it.
    private static let look = Duration.milliseconds(100)

    private let clock: any WallClock
    /// Nil when the function is gone.
    private let invoke: @Sendable (String, Work) async -> InvocationResult?
    private let say: @Sendable (FunctionIdentity, String) -> Void
    private var queue = EventQueue<Work>()
    private var looking: Task<Void, Never>?
    private var isStopped = false

    init(
        clock: any WallClock, invoke: @escaping @Sendable (String, Work) async -> InvocationResult?,
        say: @escaping @Sendable (FunctionIdentity, String) -> Void
    ) {
        self.clock = clock
        self.invoke = invoke
        self.say = say
    }

    /// - Returns: false when too many wait.
    func accept(_ id: String, _ work: Work) -> Bool {
        guard !isStopped, queue.add(id, work, bytes: work.payload.count, at: clock.now) else { return false }
        begin()
        return true
    }

    func stop() {
        isStopped = true
        looking?.cancel()
    }

    private func begin() {
        guard !isStopped else { return }
        for entry in queue.take(at: clock.now) { Task { await run(entry) } }
        guard looking == nil, !queue.isEmpty else { return }
        looking = Task { [weak self] in
            try? await Task.sleep(for: Self.look)
            await self?.lookAgain()
        }
    }

    private func lookAgain() {
        looking = nil
        begin()
    }

    private func run(_ entry: EventQueue<Work>.Entry) async {
        let outcome: EventQueue<Work>.Outcome
        switch await invoke(entry.id, entry.work)?.outcome {
        // A function that is gone, or a server that stops, has no use for it.
        case nil, .closed, .succeeded: outcome = .succeeded
        case .throttled: outcome = .throttled
        case .failed, .timedOut, .startFailed: outcome = .failed
        }
        switch queue.settle(entry.id, outcome, at: clock.now) {
        case .done: break
        case .again(let due): say(entry.work.identity, "RequestId: \(entry.id) is tried again at \(due.label)Z")
        case .givenUp: say(entry.work.identity, "RequestId: \(entry.id) is given up: no more tries")
        }
        begin()
    }
}

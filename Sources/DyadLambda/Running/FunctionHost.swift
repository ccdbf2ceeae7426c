import DyadModel

/// Runs one function: does what its `EnvironmentPool` decides.
actor FunctionHost {
    /// An invocation that is not answered yet.
    struct Invocation: Sendable {
        let requestID: String
        let payload: [UInt8]
        /// JSON, not encoded; nil for none.
        let clientContext: String?
        let askedAt: Timestamp
        var deliveredAt: Timestamp?
        let answer: CheckedContinuation<InvocationResult, Never>
    }

    /// An environment's process and what belongs to it, from its start until it is gone.
    struct Environment {
        let launch: Launch
        let log: EnvironmentLog
        let startedAt: Timestamp
        var endpoint: RuntimeEndpoint?
        var output: OutputPipe?
        var process: ChildProcess?
        /// What it is to do next, when it asks.
        var delivery: RuntimeEndpoint.Reply?
        /// It asks, and there is nothing to do.
        var waiter: CheckedContinuation<RuntimeEndpoint.Reply?, Never>?
        var hasAsked = false
        /// Milliseconds that its start took; told with its first invocation.
        var startMilliseconds: Int64?
        /// What it took of memory when it was ended.
        var peakMegabytes: Int?
        var isEnded = false
    }

    let function: FunctionIdentity
    let surroundings: Surroundings
    var pool: EnvironmentPool
    private var launch: Launch
    var environments: [EnvironmentPool.EnvironmentID: Environment] = [:]
    var invocations: [String: Invocation] = [:]
    private var alarms = Alarms()
    private var isClosed = false
    private var gone: [CheckedContinuation<Void, Never>] = []

    init(_ function: FunctionIdentity, _ launch: Launch, _ surroundings: Surroundings) {
        self.function = function
        self.launch = launch
        self.surroundings = surroundings
        pool = EnvironmentPool(surroundings.pool, timeoutMilliseconds: Int64(launch.timeoutSeconds) * 1000)
    }

    var now: Timestamp { surroundings.clock.now }

    func invoke(_ requestID: String, _ payload: [UInt8], clientContext: String?) async -> InvocationResult {
        await withCheckedContinuation { continuation in
            invocations[requestID] = Invocation(
                requestID: requestID, payload: payload, clientContext: clientContext, askedAt: now,
                answer: continuation)
            tell(.invoke(requestID))
        }
    }

    /// Later invocations are for this launch; those at hand go on with what they began with.
    func change(to launch: Launch) async {
        let old = self.launch
        self.launch = launch
        tell(.changed(timeoutMilliseconds: Int64(launch.timeoutSeconds) * 1000))
        await removeUnused(old.code)
    }

    /// Kills all processes, and returns when they are gone and the code with them.
    func close() async {
        isClosed = true
        tell(.closed)
        if !environments.isEmpty { await withCheckedContinuation { gone.append($0) } }
        await launch.code.remove()
    }

    private func removeUnused(_ code: CodeFolder) async {
        guard code !== launch.code, !environments.values.contains(where: { $0.launch.code === code }) else { return }
        await code.remove()
    }

    // MARK: The machine

    func tell(_ event: EnvironmentPool.Event) {
        for effect in pool.handle(event, at: now) {
            switch effect {
            case .start(let id): start(id)
            case .deliver(let id, let requestID, let deadline): deliver(id, requestID, deadline)
            case .end(let id): end(id)
            case .finish(let requestID, let conclusion, let id): finish(requestID, conclusion, by: id)
            }
        }
        schedule()
    }

    private func schedule() {
        guard !isClosed, let tick = pool.nextTick, alarms.want(tick) else { return }
        let wait = max(1, tick.milliseconds - now.milliseconds)
        Task { [weak self] in
            try? await Task.sleep(for: .milliseconds(wait))
            await self?.rang(tick)
        }
    }

    private func rang(_ time: Timestamp) {
        alarms.rang(time)
        tell(.tick)
    }

    // MARK: Processes

    private func start(_ id: EnvironmentPool.EnvironmentID) {
        let log = EnvironmentLog(of: function, in: surroundings.logs)
        environments[id] = Environment(launch: launch, log: log, startedAt: now)
        Task { await begin(id) }
    }

    private func begin(_ id: EnvironmentPool.EnvironmentID) async {
        guard let environment = environments[id] else { return }
        do throws(StartFailure) {
            let words = try await command(environment.launch, environment.log)
            guard isWanted(id) else { return await lost(id, .notStarted("ended")) }
            let endpoint = try await openEndpoint(id)
            environments[id]?.endpoint = endpoint
            guard isWanted(id) else { return await lost(id, .notStarted("ended")) }
            guard let output = try? OutputPipe({ environment.log.receive($0) }) else {
                throw StartFailure(reason: "no more open files are allowed")
            }
            environments[id]?.output = output
            let launch = environment.launch
            let stream = "\(now.label.prefix(10).replacing("-", with: "/"))/[$LATEST]\(Identifiers.hex(16))"
            let command = ChildProcess.Command(
                words: words, folder: launch.code.path,
                environment: launch.environment(
                    function, at: endpoint.authority, logStream: stream, surroundings))
            environments[id]?.process = ChildProcess.start(command, output: output) { [weak self] ending in
                await self?.lost(id, ending)
            }
        } catch {
            await lost(id, .notStarted(error.reason))
        }
    }

    private struct StartFailure: Error { let reason: String }

    func isWanted(_ id: EnvironmentPool.EnvironmentID) -> Bool { environments[id]?.isEnded == false }

    /// The words of the command line, once code and interpreter are there.
    private func command(_ launch: Launch, _ log: EnvironmentLog) async throws(StartFailure) -> [String] {
        if let reason = await launch.code.unpack() { throw StartFailure(reason: reason) }
        let interpreter: Interpreters.Interpreter?
        do throws(Interpreters.Missing) {
            interpreter = try await surroundings.interpreters.interpreter(for: launch.runtime.kind)
        } catch {
            guard case .missing(let reason) = error else { throw StartFailure(reason: "") }
            throw StartFailure(reason: "\(launch.runtime.name) needs an interpreter, and \(reason)")
        }
        if let interpreter {
            log.write(
                "INIT_START Runtime Version: \(interpreter.version) of \(interpreter.path), for \(launch.runtime.name)")
            let name = launch.runtime.kind == .python ? PythonBootstrap.fileName : NodeBootstrap.fileName
            return [interpreter.path, "\(surroundings.bootstraps)/\(name)"]
        }
        let bootstrap = "\(launch.code.path)/bootstrap"
        guard isThere(bootstrap) else {
            throw StartFailure(reason: "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
        }
        guard isExecutable(bootstrap) else {
            throw StartFailure(reason: "fork/exec /var/task/bootstrap: permission denied")
        }
        log.write("INIT_START Runtime Version: the bootstrap of the function itself, for \(launch.runtime.name)")
        return [bootstrap]
    }

    private func openEndpoint(_ id: EnvironmentPool.EnvironmentID) async throws(StartFailure) -> RuntimeEndpoint {
        do {
            return try await RuntimeEndpoint.open { [weak self] request in
                await self?.respond(to: request, of: id) ?? .gone
            }
        } catch {
            throw StartFailure(reason: "no port for the runtime API: \(error)")
        }
    }

    private func end(_ id: EnvironmentPool.EnvironmentID) {
        environments[id]?.isEnded = true
        let peak = environments[id]?.process?.memoryMegabytes
        environments[id]?.peakMegabytes = peak
        environments[id]?.process?.kill()
        environments[id]?.endpoint?.close()
        environments[id]?.waiter?.resume(returning: nil)
        environments[id]?.waiter = nil
    }

    private func lost(_ id: EnvironmentPool.EnvironmentID, _ ending: EnvironmentPool.Ending) async {
        await environments[id]?.output?.drain()
        tell(.ended(id, ending))
        end(id)
        guard let environment = environments.removeValue(forKey: id) else { return }
        environment.output?.close()
        await removeUnused(environment.launch.code)
        guard environments.isEmpty else { return }
        for continuation in gone { continuation.resume() }
        gone = []
    }

    // MARK: Ends of invocations

    private func finish(
        _ requestID: String, _ conclusion: EnvironmentPool.Conclusion, by id: EnvironmentPool.EnvironmentID?
    ) {
        guard let invocation = invocations.removeValue(forKey: requestID) else { return }
        guard let id, let environment = environments[id] else {
            return invocation.answer.resume(
                returning: InvocationResult(
                    requestID: requestID,
                    outcome: Payloads.outcome(of: conclusion, requestID: requestID, launch.timeoutSeconds),
                    startedAt: invocation.askedAt, logTail: []))
        }
        environments[id]?.startMilliseconds = nil
        if case .answered = conclusion { return conclude(invocation, conclusion, environment) }
        Task {
            await environment.output?.drain()
            conclude(invocation, conclusion, environment)
        }
    }

    private func conclude(
        _ invocation: Invocation, _ conclusion: EnvironmentPool.Conclusion, _ environment: Environment
    ) {
        let log = environment.log
        let id = invocation.requestID
        let outcome = Payloads.outcome(of: conclusion, requestID: id, environment.launch.timeoutSeconds)
        if invocation.deliveredAt == nil { log.write("START RequestId: \(id) Version: $LATEST") }
        if let words = Payloads.logWords(of: conclusion, requestID: id, environment.launch.timeoutSeconds, at: now) {
            log.write(words)
        }
        log.write("END RequestId: \(id)")
        let duration = now.milliseconds - (invocation.deliveredAt ?? invocation.askedAt).milliseconds
        let memory = environment.launch.memoryMegabytes
        let peak = environment.process?.memoryMegabytes ?? environment.peakMegabytes ?? memory
        var report =
            "REPORT RequestId: \(id)\tDuration: \(duration).00 ms\tBilled Duration: \(duration) ms\t"
            + "Memory Size: \(memory) MB\tMax Memory Used: \(peak) MB\t"
        if let start = environment.startMilliseconds { report += "Init Duration: \(start).00 ms\t" }
        log.write(report)
        invocation.answer.resume(
            returning: InvocationResult(
                requestID: id, outcome: outcome, startedAt: invocation.askedAt, logTail: log.takeTail()))
    }
}

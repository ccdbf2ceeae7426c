import DyadModel
import DyadReplicator
import Logging
import Synchronization

/// Has each mapping run, or not, as its document says, and brings what is under way to its end.
actor MappingSupervisor {
    private struct Running {
        let gate: InvocationGate
        let task: Task<Void, Never>
    }

    private struct Name: Hashable {
        let scope: Scope
        let id: String
    }

    private let ports: MappingPorts
    private let store: MappingStore
    private var running: [Name: Running] = [:]
    /// Told to stop, and waited for.
    private var ending: [Name: Running] = [:]
    /// Mappings that are being seen to; true where they are to be looked at once more.
    private var busy: [Name: Bool] = [:]
    private var isStopping = false
    private var idle: [CheckedContinuation<Void, Never>] = []
    /// What LastProcessingResult was last told to be.
    private var results: [Name: String] = [:]

    init(_ ports: MappingPorts) {
        self.ports = ports
        store = MappingStore(documents: ports.documents)
    }

    /// Takes up all mappings of these accounts and regions where they stand.
    func start(_ scopes: [Scope]) async {
        for scope in scopes {
            do throws(DynamoError) {
                for mapping in try await store.all(in: scope) { changed(mapping.id, in: scope) }
            } catch {
                ports.logger.error("the mappings of \(scope.region.rawValue) cannot be read: \(error.message ?? "")")
            }
        }
    }

    /// The mapping's document was changed: it is seen to soon.
    func changed(_ id: String, in scope: Scope) {
        let name = Name(scope: scope, id: id)
        guard !isStopping else { return }
        guard busy[name] == nil else {
            busy[name] = true
            return
        }
        busy[name] = false
        Task { await see(to: name) }
    }

    private func see(to name: Name) async {
        repeat {
            busy[name] = false
            do throws(DynamoError) {
                try await bring(name)
            } catch {
                ports.logger.error("mapping \(name.id) cannot be seen to: \(error.message ?? error.code.rawValue)")
            }
        } while busy[name] == true && !isStopping
        busy[name] = nil
        if busy.isEmpty {
            for waiter in idle { waiter.resume() }
            idle = []
        }
    }

    /// One step: what its state asks for.
    private func bring(_ name: Name) async throws(DynamoError) {
        guard let mapping = try await store.mapping(name.id, in: name.scope) else { return await end(name) }
        switch mapping.state {
        case .enabled: if running[name] == nil { try await begin(mapping, name) }
        case .disabled: await end(name)
        case .deleting:
            await end(name)
            guard !isStopping else { return }
            try await store.remove(name.id, in: name.scope)
            results[name] = nil
        case .creating, .enabling, .disabling, .updating:
            await end(name)
            // What was not brought to its end is taken up at the next start.
            guard !isStopping else { return }
            if mapping.isEnabled { try await begin(mapping, name) }
            let now = ports.clock.now
            try await store.change(name.id, in: name.scope) { mapping in
                guard mapping.state.isPassing, mapping.state != .deleting else { return }
                mapping.state = mapping.isEnabled ? .enabled : .disabled
                mapping.lastModified = now
            }
        }
    }

    private func begin(_ mapping: EventSourceMapping, _ name: Name) async throws(DynamoError) {
        // A stream that is gone is waited for by nobody: its key is of no use then.
        let stream = (try? await ports.streams.stream(mapping.streamARN, in: mapping.scope)) ?? nil
        let runner = MappingRunner(mapping, stream ?? MappedStream(partitionKey: ""), ports) { [weak self] result in
            await self?.note(result, of: name)
        }
        do throws(PortError) { try await runner.begin() } catch {
            ports.logger.warning("mapping \(name.id) does not know where to begin yet: \(error.message)")
        }
        guard !isStopping else { return }
        results[name] = mapping.lastResult
        running[name] = Running(gate: runner.gate, task: Task { await runner.run() })
    }

    /// Returns when nothing of it is under way any more: a batch that was handed over is waited for.
    private func end(_ name: Name) async {
        guard let known = running.removeValue(forKey: name) else { return }
        known.task.cancel()
        // The server may stop meanwhile, and then there is no time to wait.
        if isStopping { known.gate.close() } else { ending[name] = known }
        await known.task.value
        ending[name] = nil
    }

    private func note(_ result: String, of name: Name) async {
        guard results[name] != result else { return }
        results[name] = result
        do throws(DynamoError) {
            try await store.change(name.id, in: name.scope) { $0.lastResult = result }
        } catch {
            ports.logger.error("mapping \(name.id) cannot keep its result: \(error.message ?? error.code.rawValue)")
            results[name] = nil
        }
    }

    /// Ends all of them after a last checkpoint. What is handed over and not answered within the time comes again after
    /// the next start.
    func stop(within milliseconds: Int64) async {
        isStopping = true
        let all = Array(running.values) + Array(ending.values)
        for known in all { known.task.cancel() }
        let pace = ports.pace
        let impatience = Task {
            guard (try? await pace.sleep(until: pace.now.advanced(by: milliseconds))) != nil else { return }
            for known in all { known.gate.close() }
        }
        for known in all { await known.task.value }
        impatience.cancel()
        if !busy.isEmpty { await withCheckedContinuation { idle.append($0) } }
        running = [:]
    }
}

import DyadModel
package import Logging
import Synchronization

/// The ports of one replication.
package struct ReplicationPorts: Sendable {
    package var source: any StreamSource
    package var snapshot: any SnapshotSource
    package var target: any ReplicaTarget
    package var checkpoints: any CheckpointStore
    /// Needed where dead letters are asked for.
    package var deadLetters: (any DeadLetterStore)?
    /// Where the stream goes while a backfill scans; nil leaves it to the stream.
    package var spool: (any StreamSpool)?
    /// Where the work is shared.
    package var leases: (any LeaseStore)?

    package init(
        source: any StreamSource, snapshot: any SnapshotSource, target: any ReplicaTarget,
        checkpoints: any CheckpointStore, deadLetters: (any DeadLetterStore)? = nil,
        spool: (any StreamSpool)? = nil, leases: (any LeaseStore)? = nil
    ) {
        self.source = source
        self.snapshot = snapshot
        self.target = target
        self.checkpoints = checkpoints
        self.deadLetters = deadLetters
        self.spool = spool
        self.leases = leases
    }
}

/// Asks a replication to end, from anywhere and any number of times; the first reason counts.
package final class ReplicationStop: Sendable {
    private struct State {
        var reason: String?
        var listener: (@Sendable (String) -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package var reason: String? { state.withLock(\.reason) }

    /// - Parameter reason: appears in the final line.
    package func request(_ reason: String) {
        let listener = state.withLock { state -> (@Sendable (String) -> Void)? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            return state.listener
        }
        listener?(reason)
    }

    /// Calls the listener once, now or when someone asks. A later listener takes the place of this one.
    package func listen(_ listener: @escaping @Sendable (String) -> Void) {
        let reason = state.withLock { state in
            state.listener = listener
            return state.reason
        }
        if let reason { listener(reason) }
    }
}

/// Performs what a machine decides: one loop tells it what happened, tasks do what it asks for.
package struct ReplicationShell: Sendable {
    private enum News: Sendable {
        case event(ReplicationEvent)
        /// The alarm that was set for this time rang.
        case alarm(Timestamp)
    }

    let ports: ReplicationPorts
    private let clock: any ReplicationClock
    private let logger: Logger
    /// Milliseconds between calls of `onProgress`.
    private let progressInterval: Int64
    private let onProgress: @Sendable (ReplicationStatus) -> Void

    package init(
        ports: ReplicationPorts, clock: any ReplicationClock, logger: Logger, progressInterval: Int64 = 10_000,
        onProgress: @escaping @Sendable (ReplicationStatus) -> Void = { _ in }
    ) {
        self.ports = ports
        self.clock = clock
        self.logger = logger
        self.progressInterval = progressInterval
        self.onProgress = onProgress
    }

    /// Runs to the end, which `stop` or the task's cancellation may bring; either way what is in flight is waited for, no
    /// longer than `stopGrace`, and a last checkpoint is written.
    package func run(
        link: ReplicationLink, options: ReplicationOptions, resume: Checkpoint?, spool: SpoolContents? = nil,
        sharing: ReplicationWorker.Sharing? = nil, seed: UInt64, stop: ReplicationStop = ReplicationStop()
    ) async -> ReplicationReport {
        let (allNews, queue) = AsyncStream<News>.makeStream()
        stop.listen { queue.yield(.event(.stop($0))) }
        // A task of its own: being cancelled would end the events, and fail what is in flight, at once.
        let work = Task {
            await withDiscardingTaskGroup(returning: ReplicationReport.self) { group in
                var machine = ReplicationWorker(
                    link: link, options: options, resume: resume, spool: spool, sharing: sharing, seed: seed,
                    now: clock.now)
                var alarms = Alarms()
                var progressDue = clock.now.advanced(by: progressInterval)
                var ending: ReplicationEnding?
                queue.yield(.event(.tick))
                for await news in allNews {
                    let now = clock.now
                    let event: ReplicationEvent
                    switch news {
                    case .event(let other): event = other
                    case .alarm(let time):
                        alarms.rang(time)
                        event = .tick
                    }
                    for effect in machine.handle(event, at: now) {
                        switch effect {
                        case .announce(let announcement): announcement.log(to: logger, of: link)
                        case .end(let reason): ending = reason
                        default: group.addTask { queue.yield(.event(await perform(effect, of: link))) }
                        }
                    }
                    if ending != nil { break }
                    if now >= progressDue {
                        progressDue = now.advanced(by: progressInterval)
                        onProgress(machine.status(at: now))
                    }
                    let next = min(machine.deadline(after: now) ?? progressDue, progressDue)
                    if alarms.want(next) {
                        group.addTask {
                            try? await clock.sleep(until: next)
                            queue.yield(.alarm(next))
                        }
                    }
                }
                group.cancelAll()
                return ReplicationReport(
                    link: link, ending: ending ?? .stopped("cancelled"), status: machine.status(at: clock.now))
            }
        }
        return await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            queue.yield(.event(.stop("cancelled")))
        }
    }

    private func perform(_ effect: ReplicationEffect, of link: ReplicationLink) async -> ReplicationEvent {
        switch effect {
        case .list:
            return await answer(.list) { () async throws(PortError) in .listed(try await ports.source.shards()) }
        case .open(let shard, let position):
            return await answer(.open(shard)) { () async throws(PortError) in
                .opened(shard, try await ports.source.iterator(of: shard, at: position))
            }
        case .read(let shard, let iterator, let limit):
            return await answer(.read(shard)) { () async throws(PortError) in
                .read(shard, try await ports.source.records(at: iterator, limit: limit))
            }
        case .scan(let segment, let count, let after):
            return await answer(.scan(segment: segment)) { () async throws(PortError) in
                .scanned(segment: segment, try await ports.snapshot.page(segment: segment, of: count, after: after))
            }
        case .apply(let lane, let batch):
            return await answer(.apply(lane)) { () async throws(PortError) in
                .applied(lane, try await ports.target.apply(batch, of: lane))
            }
        case .bury(let lane, let letters):
            return await answer(.bury(lane)) { () async throws(PortError) in
                guard let store = ports.deadLetters else { throw PortError(.fatal, "there is no dead-letter file") }
                try await store.add(letters, of: link)
                return .buried(lane)
            }
        case .seal(let scan):
            return await answer(.seal) { () async throws(PortError) in
                try await ports.target.seal(scan)
                return .sealed
            }
        case .forget(let shard):
            return await answer(.forget(shard)) { () async throws(PortError) in
                try await ports.target.forget(shard)
                return .forgot(shard)
            }
        case .save(let checkpoint):
            return await answer(.save) { () async throws(PortError) in
                try await ports.checkpoints.save(checkpoint)
                return .saved
            }
        case .spool, .fetch, .forgetSpooled, .discardSpool: return await performOnSpool(effect)
        case .lease(let effect): return .lease(await LeaseShell.perform(effect, ports.leases))
        case .announce, .end: return .tick
        }
    }

    func answer(
        _ task: ReplicationTask, _ body: () async throws(PortError) -> ReplicationEvent
    ) async -> ReplicationEvent {
        do throws(PortError) { return try await body() } catch { return .failed(task, error) }
    }
}

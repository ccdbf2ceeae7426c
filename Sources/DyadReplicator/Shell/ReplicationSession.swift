import DyadModel
package import Logging

/// A replication from its first request to its final line: finds both tables, looks at the checkpoint, runs.
package struct ReplicationSession: Sendable {
    /// Why it never began.
    package enum Refusal: Error, Sendable {
        case notStarted(String)
        /// Asked to stop before both sides answered.
        case stopped(String)
    }

    let options: ReplicationOptions
    /// For replications that are shared: this worker's name, and for how long a lease is good.
    let worker: String
    let leaseOptions: LeaseOptions
    private let find: @Sendable () async throws(PortError) -> (ReplicationLink, ReplicationPorts)
    let checkpointName: String
    let clock: any ReplicationClock
    let logger: Logger
    let progressInterval: Int64
    let onProgress: @Sendable (ReplicationStatus) -> Void

    /// - Parameters:
    ///   - find: asks both sides which stream goes to which table, and makes the ports for it.
    ///   - checkpointName: what the checkpoint is kept in, for people.
    package init(
        options: ReplicationOptions,
        find: @escaping @Sendable () async throws(PortError) -> (ReplicationLink, ReplicationPorts),
        checkpointName: String,
        clock: any ReplicationClock, logger: Logger, progressInterval: Int64 = 10_000, worker: String = "",
        leaseOptions: LeaseOptions = LeaseOptions(),
        onProgress: @escaping @Sendable (ReplicationStatus) -> Void = { _ in }
    ) {
        self.worker = worker
        self.leaseOptions = leaseOptions
        self.options = options
        self.find = find
        self.checkpointName = checkpointName
        self.clock = clock
        self.logger = logger
        self.progressInterval = progressInterval
        self.onProgress = onProgress
    }

    /// Runs until the replication ends by itself or by `stop`.
    ///
    /// - Throws: when it could not begin; nothing was written then.
    package func run(stop: ReplicationStop) async throws(Refusal) -> ReplicationReport {
        let (link, ports) = try await findBoth(stop)
        if let leases = ports.leases { return try await runShared(link, ports, leases, stop) }
        let saved: Checkpoint?
        do throws(PortError) { saved = try await ports.checkpoints.load() } catch {
            throw .notStarted(error.message)
        }
        var options = options
        var resume: Checkpoint?
        switch ResumeDecision(saved: saved, name: checkpointName, link: link, options: options) {
        case .refuse(let reason): throw .notStarted(reason)
        case .resume(let checkpoint): resume = checkpoint
        case .begin(let position, let backfill, let warnings):
            options.startingPosition = position
            options.backfill = backfill
            for warning in warnings { logger.warning("\(warning)") }
        }
        let shell = ReplicationShell(
            ports: ports, clock: clock, logger: logger, progressInterval: progressInterval, onProgress: onProgress)
        while true {
            let spool: SpoolContents?
            (resume, spool) = try await prepareSpool(ports.spool, resume, link, options)
            options.lanesPerShard = try await prepare(ports.target, isNew: resume == nil, options, stop)
            let report = await shell.run(
                link: link, options: options, resume: resume, spool: spool, seed: UInt64.random(in: 0 ... .max),
                stop: stop)
            guard case .failed(.trimmed(let shard, _, let message)) = report.ending, options.backfill, resume != nil
            else { return report }
            logger.warning(
                "shard \(shard) is no longer kept where the checkpoint stands (\(message)); copying the table anew")
            // A new backfill, of a replica that may hold items which were deleted meanwhile.
            logger.warning("items deleted in the gap stay in the replica; dyad verify names them")
            resume = nil
        }
    }

    /// Tells the target what begins, until it answers.
    private func prepare(
        _ target: any ReplicaTarget, isNew: Bool, _ options: ReplicationOptions, _ stop: ReplicationStop
    ) async throws(Refusal) -> Int {
        try await retrying(stop) { () async throws(PortError) in
            try await target.prepare(isNew: isNew, laneCount: options.laneCount)
        }
    }

    /// Until it is done, refused for good, or no longer wanted.
    func retrying<R: Sendable>(
        _ stop: ReplicationStop, _ body: () async throws(PortError) -> R
    ) async throws(Refusal) -> R {
        var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
        var failures = 0
        while true {
            let failure: PortError
            do throws(PortError) { return try await body() } catch { failure = error }
            guard failure.isRetryable else { throw .notStarted(failure.message) }
            if failures == 0 { logger.warning("waiting: \(failure.message)") }
            failures += 1
            let pause = min(options.pause(afterFailures: failures, using: &random), 1000)
            do { try await clock.sleep(until: clock.now.advanced(by: pause)) } catch { throw .stopped("cancelled") }
            if let reason = stop.reason { throw .stopped(reason) }
        }
    }

    /// Asks until both sides answer, or someone asks to stop.
    private func findBoth(_ stop: ReplicationStop) async throws(Refusal) -> (ReplicationLink, ReplicationPorts) {
        typealias Outcome = Result<(ReplicationLink, ReplicationPorts), Refusal>
        let (stops, queue) = AsyncStream<String>.makeStream()
        stop.listen { queue.yield($0) }
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask {
                for await reason in stops { return .failure(.stopped(reason)) }
                return .failure(.stopped("cancelled"))
            }
            group.addTask {
                do throws(Refusal) { return .success(try await waitForBoth()) } catch { return .failure(error) }
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(.stopped("cancelled"))
        }
        // Both may have answered just when it was asked to stop: then it does not begin.
        if let reason = stop.reason { throw .stopped(reason) }
        return try outcome.get()
    }

    /// A server that is not up yet is waited for, and that is said.
    private func waitForBoth() async throws(Refusal) -> (ReplicationLink, ReplicationPorts) {
        var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
        var failures = 0
        var announcedAt: Timestamp?
        while true {
            let failure: PortError
            do throws(PortError) { return try await find() } catch { failure = error }
            guard failure.isRetryable else { throw .notStarted(failure.message) }
            failures += 1
            let now = clock.now
            if announcedAt.map({ now >= $0.advanced(by: options.announceInterval) }) ?? true {
                announcedAt = now
                logger.warning("waiting for both sides: \(failure.message)")
            }
            let pause = min(options.pause(afterFailures: failures, using: &random), 1000)
            do { try await clock.sleep(until: now.advanced(by: pause)) } catch { throw .stopped("cancelled") }
        }
    }
}

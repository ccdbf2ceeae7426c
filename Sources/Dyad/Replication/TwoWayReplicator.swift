import DyadClient
import DyadModel
import DyadReplicator
import Logging
import Synchronization

/// Two replications that know of each other: a session each way, their targets sharing both sides' registers.
struct TwoWayReplicator: Sendable {
    let tables: TwoWayTables
    let options: ReplicationOptions
    /// Of the way forth and of the way back.
    let checkpoints: [(store: any CheckpointStore, name: String)]
    let deadLetters: (any DeadLetterStore)?
    let conflictLog: ConflictLog?
    let progress: TwoWayProgress
    let stop: ReplicationStop
    let logger: Logger
    let activity = TwoWayActivity()

    /// Milliseconds between two looks at whether the other way has caught up too.
    private static let pollInterval: Int64 = 50

    /// How one way ended, its counts those of all its sessions.
    typealias Outcome = Result<ReplicationReport, ReplicationSession.Refusal>

    /// Where both ways stand, for ending when both have caught up.
    private final class Tips: Sendable {
        /// What `TwoWayActivity` counted while a way saw its tip; nil before that.
        let seenAt = Mutex<[Int?]>([nil, nil])
        let isOver = Atomic(false)
    }

    /// Runs both ways to the end. When one ends, so does the other.
    func run() async -> (forth: Outcome, back: Outcome) {
        let tips = Tips()
        let stops = [ReplicationStop(), ReplicationStop()]
        stop.listen { reason in for one in stops { one.request(reason) } }
        return await withTaskCancellationHandler {
            async let forth = runOne(0, tips, stops)
            async let back = runOne(1, tips, stops)
            return await (forth, back)
        } onCancel: {
            for one in stops { one.request("cancelled") }
        }
    }

    private func runOne(_ way: Int, _ tips: Tips, _ stops: [ReplicationStop]) async -> Outcome {
        let outcome = await sessions(way, tips, stops[way])
        let isCaughtUp = if case .success(let report) = outcome { report.ending == .caughtUp } else { false }
        if !isCaughtUp {
            tips.isOver.store(true, ordering: .releasing)
            // Whatever made this way end: alone, the other would let the sides drift apart.
            stops[1 - way].request(stop.reason ?? "the other way ended")
        }
        return outcome
    }

    /// One session, or with `untilCaughtUp` one after the other until neither way has written since both saw their tips:
    /// what one writes is a record of the other.
    private func sessions(_ way: Int, _ tips: Tips, _ stop: ReplicationStop) async -> Outcome {
        var earlier: ReplicationReport?
        while true {
            let before = activity.count
            let report: ReplicationReport
            do throws(ReplicationSession.Refusal) {
                var next = try await session(way, isFirst: earlier == nil).run(stop: stop)
                if let earlier { next = next.following(earlier) }
                report = next
            } catch {
                // A later session that could not begin ends what earlier ones did.
                guard let earlier, case .stopped(let reason) = error else { return .failure(error) }
                return .success(ReplicationReport(link: earlier.link, ending: .stopped(reason), status: earlier.status))
            }
            guard report.ending == .caughtUp else { return .success(report) }
            earlier = report
            progress.finishedSession(of: way, report.status.counts)
            if await haveBothCaughtUp(way, before, tips, stop) { return .success(report) }
        }
    }

    /// Waits until both ways have seen their tips with nothing written since, or there is something to read again.
    private func haveBothCaughtUp(_ way: Int, _ before: Int, _ tips: Tips, _ stop: ReplicationStop) async -> Bool {
        guard activity.count == before else { return false }
        tips.seenAt.withLock { $0[way] = before }
        while true {
            if activity.count != before || tips.isOver.load(ordering: .acquiring) || stop.reason != nil { return false }
            if tips.seenAt.withLock({ $0 == [before, before] }) { return true }
            let clock = SteadyClock()
            do { try await clock.sleep(until: clock.now.advanced(by: Self.pollInterval)) } catch { return false }
        }
    }

    private func session(_ way: Int, isFirst: Bool) -> ReplicationSession {
        var logger = logger
        logger[metadataKey: "way"] = way == 0 ? "forth" : "back"
        // What a repeated session says of its beginning was said by the first.
        if !isFirst { logger.logLevel = max(logger.logLevel, .warning) }
        var options = options
        let source = way == 0 ? tables.first : tables.second
        // AWS may answer an empty page before a shard's tip, and a record may take its time to be seen there.
        options.emptyPagesAtTip = source.endpoint.isExplicit ? 1 : 3
        options.propagationDelay = source.endpoint.isExplicit ? 0 : 10_000
        return ReplicationSession(
            options: options,
            find: { () async throws(PortError) in
                let found = try await tables.find()
                progress.found(found.forth, found.back)
                return (way == 0 ? found.forth : found.back, ports(way, found))
            },
            checkpointName: checkpoints[way].name, clock: SteadyClock(), logger: logger,
            progressInterval: progress.statusInterval, onProgress: { progress.tell($0, of: way) })
    }

    private func ports(_ way: Int, _ found: TwoWayTables.Found) -> ReplicationPorts {
        let (origin, destination) = way == 0 ? (found.first, found.second) : (found.second, found.first)
        let link = way == 0 ? found.forth : found.back
        return ReplicationPorts(
            source: EndpointStreamSource(client: origin.items.client, streamARN: link.streamARN),
            snapshot: EndpointSnapshotSource(
                client: origin.items.client, table: origin.items.table, keyNames: found.keyNames,
                pace: origin.items.pace),
            target: TwoWayReplicaTarget(
                from: origin, to: destination, yields: way == 1, activity: activity, log: conflictLog,
                clock: SystemClock()),
            checkpoints: checkpoints[way].store, deadLetters: deadLetters)
    }
}

extension ReplicationReport {
    /// This session's report with the counts of those before it.
    fileprivate func following(_ earlier: ReplicationReport) -> ReplicationReport {
        var status = status
        status.counts = earlier.status.counts + status.counts
        return ReplicationReport(link: link, ending: ending, status: status)
    }
}

extension ReplicationCounts {
    static func + (earlier: Self, later: Self) -> Self {
        var sum = later
        sum.recordsRead += earlier.recordsRead
        sum.recordsApplied += earlier.recordsApplied
        sum.puts += earlier.puts
        sum.deletes += earlier.deletes
        sum.itemsScanned += earlier.itemsScanned
        sum.itemsCopied += earlier.itemsCopied
        sum.unprocessed += earlier.unprocessed
        sum.failures += earlier.failures
        sum.deadLetters += earlier.deadLetters
        if let twoWay = earlier.twoWay { sum.twoWay = twoWay + (later.twoWay ?? TwoWayCounts()) }
        return sum
    }
}

// MARK: The replicator's part

extension Replicator {
    func runBothWays(
        _ twoWay: TwoWay, _ source: DynamoDBClient, _ target: DynamoDBClient, _ options: ReplicationOptions,
        _ metrics: MetricsServer?
    ) async -> Result<Outcome, NotStarted> {
        if configuration.untilCaughtUp, configuration.startingPosition == .latest {
            // The second look would read what the first was told to pass over.
            return .failure(NotStarted(description: "LATEST and ending when caught up do not go together both ways"))
        }
        var locks: [CheckpointLock] = []
        defer { for lock in locks { lock.release() } }
        var checkpoints: [(store: any CheckpointStore, name: String)] = []
        for path in [configuration.checkpointPath, twoWay.backCheckpointPath] {
            guard let path else {
                checkpoints.append((MemoryCheckpointStore(), "the checkpoint"))
                continue
            }
            do throws(CheckpointLock.Taken) { locks.append(try CheckpointLock(for: path)) } catch {
                return .failure(NotStarted(description: error.description))
            }
            checkpoints.append((FileCheckpointStore(path: path), path))
        }
        var options = options
        options.keepsEveryChange = true
        let logger = logger
        let progress = TwoWayProgress(outlet(metrics) { logger.notice("\($0.line)") })
        let replicator = TwoWayReplicator(
            tables: TwoWayTables(
                first: source, firstTable: configuration.source.table, second: target,
                secondTable: configuration.target.table, bookkeepingTable: twoWay.bookkeepingTable,
                clock: SystemClock(), logger: logger, firstPace: tablePace(), secondPace: tablePace()),
            options: options, checkpoints: checkpoints,
            deadLetters: configuration.deadLetterPath.map { FileDeadLetterStore(path: $0) },
            conflictLog: twoWay.conflictLogPath.map { ConflictLog(path: $0) }, progress: progress, stop: stopping,
            logger: logger)
        let (forth, back) = await replicator.run()
        return Self.outcome(forth, back)
    }

    private static func outcome(
        _ forth: TwoWayReplicator.Outcome, _ back: TwoWayReplicator.Outcome
    ) -> Result<Outcome, NotStarted> {
        var reports: [ReplicationReport] = []
        var stopped: String?
        for way in [forth, back] {
            switch way {
            case .success(let report): reports.append(report)
            case .failure(.notStarted(let reason)): return .failure(NotStarted(description: reason))
            case .failure(.stopped(let reason)): stopped = reason
            }
        }
        guard let first = reports.first else {
            let line = "stopped (\(stopped ?? "cancelled")) before both sides answered; nothing was written"
            return .success(Outcome(ending: .stopped, finalLine: line, recordsApplied: 0, itemsCopied: 0))
        }
        // What failed is told before what ended because of it.
        let ordered =
            first.hasFailed || reports.count == 1 || reports.allSatisfy({ !$0.hasFailed })
            ? reports : reports.reversed()
        let counts = reports.dropFirst().reduce(first.status.counts) { $0 + $1.status.counts }
        let ending: Outcome.Ending =
            if reports.contains(where: \.hasFailed) {
                .failed
            } else if stopped == nil,
                reports.allSatisfy({ $0.ending == .caughtUp })
            { .caughtUp } else { .stopped }
        let conflicts = counts.twoWay?.conflicts ?? 0
        let line =
            "both ways, \(conflicts) conflicts: " + ordered.map(\.finalLine).joined(separator: "; and ")
        return .success(
            Outcome(
                ending: ending, finalLine: line, recordsApplied: counts.recordsApplied,
                itemsCopied: counts.itemsCopied))
    }
}

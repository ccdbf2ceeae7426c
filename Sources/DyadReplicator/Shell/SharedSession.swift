package import DyadModel
import Logging

// A replication that several workers share: how it begins is said once, in the coordination table.
extension ReplicationSession {
    func runShared(
        _ link: ReplicationLink, _ ports: ReplicationPorts, _ leases: any LeaseStore, _ stop: ReplicationStop
    ) async throws(Refusal) -> ReplicationReport {
        var options = options
        let beginning = try await begin(link, ports, leases, stop)
        options.lanesPerShard = try await retrying(stop) { () async throws(PortError) in try await leases.enter() }
        logger.notice("this is worker \(worker) of \(checkpointName)")
        let shell = ReplicationShell(
            ports: ports, clock: clock, logger: logger, progressInterval: progressInterval, onProgress: onProgress)
        return await shell.run(
            link: link, options: options, resume: nil,
            sharing: .init(worker: worker, options: leaseOptions, beginning: beginning),
            seed: UInt64.random(in: 0 ... .max), stop: stop)
    }

    /// What the table says of the beginning. If it says nothing that serves, this worker says it, or finds that
    /// another was faster.
    private func begin(
        _ link: ReplicationLink, _ ports: ReplicationPorts, _ leases: any LeaseStore, _ stop: ReplicationStop
    ) async throws(Refusal) -> Checkpoint {
        while true {
            let saved = try await retrying(stop) { () async throws(PortError) in try await leases.beginning() }
            switch ResumeDecision(saved: saved, name: checkpointName, link: link, options: options) {
            case .refuse(let reason): throw .notStarted(reason)
            case .resume(let checkpoint):
                guard checkpoint.backfill != nil || !options.backfill else {
                    throw .notStarted(
                        "\(checkpointName) was begun without --backfill. Begin another with another --name, or leave "
                            + "--backfill out")
                }
                return checkpoint
            case .begin(let position, let backfill, let warnings):
                for warning in warnings { logger.warning("\(warning)") }
                let listing = try await retrying(stop) { () async throws(PortError) in
                    try await ports.source.shards()
                }
                let checkpoint = Checkpoint(
                    link: link, listing, from: position, segments: backfill ? options.parallelism : nil,
                    now: clock.now)
                let isOurs = try await retrying(stop) { () async throws(PortError) in
                    try await leases.begin(checkpoint, laneCount: options.laneCount)
                }
                if isOurs { return checkpoint }
            }
        }
    }
}

extension Checkpoint {
    /// Where a replication begins whose stream was listed so.
    ///
    /// - Parameter segments: of the scan; nil copies nothing.
    package init(
        link: ReplicationLink, _ listing: StreamListing, from position: ReplicationOptions.StartingPosition,
        segments: Int?, now: Timestamp
    ) {
        var shards: [ShardID: ShardProgress] = [:]
        for shard in listing.shards {
            // See `ReplicationMachine.firstStart`.
            let isPassed = shard.isClosed && (segments != nil || position == .latest)
            shards[shard.id] =
                isPassed ? .finished(at: now) : segments == nil && position == .latest ? .latest : .trimHorizon
        }
        self.init(
            link: link, shards: shards,
            backfill: segments.map { .scanning(since: now, segments: Array(repeating: .untouched, count: $0)) },
            savedAt: now)
    }
}

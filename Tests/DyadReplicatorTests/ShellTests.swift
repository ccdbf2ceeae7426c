import DyadModel
import DyadReplicator
import Logging
import Synchronization
import Testing

/// One shard of records, a table and a checkpoint, all in memory; the target may fail a few times first.
private final class MemoryPorts: StreamSource, SnapshotSource, ReplicaTarget, CheckpointStore {
    struct State {
        var records: [StreamRecord] = []
        var items: [ItemBytes: ItemBytes] = [:]
        var saved: Checkpoint?
        var failuresLeft = 0
        var hangs = false
        /// Batches wait until this is false again.
        var isHeld = false
        var applying = 0
    }

    let state: Mutex<State>

    init(_ records: [StreamRecord], failures: Int = 0, hangs: Bool = false) {
        state = Mutex(State(records: records, failuresLeft: failures, hangs: hangs))
    }

    func shards() async throws(PortError) -> StreamListing { StreamListing([ShardDescription(a)]) }

    func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator {
        let index =
            switch position {
            case .trimHorizon: 0
            case .latest: state.withLock { $0.records.count }
            case .after(let sequence): state.withLock { $0.records.prefix { $0.sequence <= sequence }.count }
            }
        return ShardIterator(String(index))
    }

    func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage {
        let start = Int(iterator.token) ?? 0
        let records = state.withLock { Array($0.records[start...].prefix(2)) }
        return RecordPage(records, next: ShardIterator(String(start + records.count)))
    }

    func page(segment: Int, of segmentCount: Int, after key: ItemBytes?) async throws(PortError) -> SnapshotPage {
        SnapshotPage([], lastKey: nil)
    }

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        state.withLock { $0.applying += 1 }
        while state.withLock(\.isHeld) {
            if Task.isCancelled { throw PortError(.unavailable, "cancelled") }
            await Task.yield()
        }
        if state.withLock(\.hangs) {
            do { try await Task.sleep(for: .seconds(3600)) } catch { throw PortError(.unavailable, "cancelled") }
        }
        let fails = state.withLock { state in
            defer { state.failuresLeft = max(0, state.failuresLeft - 1) }
            return state.failuresLeft > 0
        }
        if fails { throw PortError(.unavailable, "connection refused") }
        state.withLock { state in
            for write in batch.writes {
                switch write.change {
                case .put(let item): state.items[write.key] = item
                case .delete: state.items[write.key] = nil
                }
            }
        }
        return ReplicaOutcome()
    }

    func load() async throws(PortError) -> Checkpoint? { state.withLock(\.saved) }
    func save(_ checkpoint: Checkpoint) async throws(PortError) { state.withLock { $0.saved = checkpoint } }
}

struct ShellTests {
    private let records = [put(1, "x", 1), put(2, "y", 1), put(3, "x", 2), delete(4, "y"), put(5, "z", 1)]

    private func run(
        _ ports: MemoryPorts, stop: ReplicationStop = ReplicationStop(), failing find: Int = 0,
        _ change: (inout ReplicationOptions) -> Void = { _ in }
    ) async throws -> ReplicationReport {
        var options = ReplicationOptions()
        options.retryPause = 1...2
        options.stopGrace = 20
        change(&options)
        let findFailures = Atomic(find)
        let session = ReplicationSession(
            options: options,
            find: { () throws(PortError) in
                if findFailures.subtract(1, ordering: .relaxed).oldValue > 0 { throw PortError(.unavailable, "not up") }
                return (
                    Bench.link, ReplicationPorts(source: ports, snapshot: ports, target: ports, checkpoints: ports)
                )
            },
            checkpointName: "memory", clock: SteadyClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await session.run(stop: stop)
    }

    @Test func `it ends when the replica has all that was in the stream`() async throws {
        let ports = MemoryPorts(records, failures: 3)
        let report = try await run(ports, failing: 2) { $0.untilCaughtUp = true }
        #expect(report.ending == .caughtUp)
        #expect(ports.state.withLock(\.items) == [key("x"): item("x", 2), key("z"): item("z", 1)])
        #expect(ports.state.withLock(\.saved)?.shards == [a: .after(seq(5))])
        #expect(
            report.finalLine.hasPrefix(
                "replicating tlog in cn-north-1 to tlog_replica in cn-northwest-1 caught up; 5 records read, 5 applied")
        )
        #expect(report.finalLine.hasSuffix("checkpoint: shard a after 5"))
    }

    @Test func `it begins again from its checkpoint`() async throws {
        let ports = MemoryPorts(records)
        _ = try await run(ports) { $0.untilCaughtUp = true }
        ports.state.withLock { $0.records.append(put(6, "z", 2)) }
        let report = try await run(ports) { $0.untilCaughtUp = true }
        #expect(report.status.counts.recordsRead == 1)
        #expect(ports.state.withLock(\.items)[key("z")] == item("z", 2))
    }

    @Test func `asked to stop, it ends with a checkpoint and says where it stands`() async throws {
        let stop = ReplicationStop()
        stop.request("SIGTERM")
        await #expect(throws: ReplicationSession.Refusal.self) { try await run(MemoryPorts(records), stop: stop) }
    }

    @Test func `a target that hangs does not keep it from ending`() async throws {
        let ports = MemoryPorts(records, hangs: true)
        let stop = ReplicationStop()
        async let report = run(ports, stop: stop)
        while ports.state.withLock({ $0.saved == nil }) { await Task.yield() }
        stop.request("SIGTERM")
        #expect(try await report.ending == .stopped("SIGTERM"))
        #expect(ports.state.withLock(\.saved)?.shards == [a: .trimHorizon])
    }

    @Test func `a cancelled task ends with a checkpoint too`() async throws {
        let ports = MemoryPorts(records)
        let task = Task { try await run(ports) }
        while ports.state.withLock({ $0.saved?.shards != [a: .after(seq(5))] }) { await Task.yield() }
        task.cancel()
        #expect(try await task.value.ending == .stopped("cancelled"))
    }

    @Test func `a cancelled task finishes the batch in flight, and its last checkpoint says so`() async throws {
        let ports = MemoryPorts([put(1, "x", 1), put(2, "x", 2)])
        ports.state.withLock { $0.isHeld = true }
        let task = Task { try await run(ports) { $0.stopGrace = 60_000 } }
        while ports.state.withLock(\.applying) == 0 { await Task.yield() }
        task.cancel()
        ports.state.withLock { $0.isHeld = false }
        let report = try await task.value
        #expect(report.ending == .stopped("cancelled"))
        #expect(report.status.counts.recordsApplied == 2)
        #expect(ports.state.withLock(\.items) == [key("x"): item("x", 2)])
        #expect(ports.state.withLock(\.saved)?.shards == [a: .after(seq(2))])
    }

    @Test func `a cancelled task waits for a target that hangs no longer than a stop does`() async throws {
        let ports = MemoryPorts(records, hangs: true)
        let task = Task { try await run(ports) }
        while ports.state.withLock({ $0.saved == nil || $0.applying == 0 }) { await Task.yield() }
        task.cancel()
        #expect(try await task.value.ending == .stopped("cancelled"))
        #expect(ports.state.withLock(\.saved)?.shards == [a: .trimHorizon])
    }

    @Test func `a task that is cancelled before it has begun ends`() async throws {
        let ports = MemoryPorts(records, hangs: true)
        let task = Task { () async -> ReplicationReport in
            while !Task.isCancelled { await Task.yield() }
            return await ReplicationShell(
                ports: ReplicationPorts(source: ports, snapshot: ports, target: ports, checkpoints: ports),
                clock: SteadyClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            .run(link: Bench.link, options: ReplicationOptions(), resume: nil, seed: 1)
        }
        task.cancel()
        #expect(await task.value.ending == .stopped("cancelled"))
    }
}

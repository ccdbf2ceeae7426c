import DyadModel
import DyadReplicator
import Logging
import Synchronization
import Testing

/// How many sleepers a replication has whose loop is always called earlier than it is due.
struct ShellAlarmsTests {
    /// Counts who sleeps.
    private final class Clock: ReplicationClock {
        struct State {
            var asleep = 0
            var asleepMost = 0
            var sleeps = 0
        }

        private let steady = SteadyClock()
        let state = Mutex(State())
        var now: Timestamp { steady.now }

        func sleep(until time: Timestamp) async throws {
            state.withLock { state in
                state.asleep += 1
                state.asleepMost = max(state.asleepMost, state.asleep)
                state.sleeps += 1
            }
            defer { state.withLock { $0.asleep -= 1 } }
            try await steady.sleep(until: time)
        }
    }

    /// A shard without a record, for ever.
    private struct Idle: StreamSource, SnapshotSource, ReplicaTarget, CheckpointStore {
        func shards() async throws(PortError) -> StreamListing { StreamListing([ShardDescription(a)]) }
        func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator {
            ShardIterator("")
        }
        func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage {
            RecordPage([], next: iterator)
        }
        func page(segment: Int, of segmentCount: Int, after key: ItemBytes?) async throws(PortError) -> SnapshotPage {
            SnapshotPage([], lastKey: nil)
        }
        func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
            ReplicaOutcome()
        }
        func load() async throws(PortError) -> Checkpoint? { nil }
        func save(_ checkpoint: Checkpoint) async throws(PortError) {}
    }

    @Test func `a replication that waits a thousand times has a few sleepers`() async {
        let (clock, ports, stop) = (Clock(), Idle(), ReplicationStop())
        var options = ReplicationOptions()
        options.idlePause = 1...2
        let shell = ReplicationShell(
            ports: ReplicationPorts(source: ports, snapshot: ports, target: ports, checkpoints: ports), clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        async let report = shell.run(link: Bench.link, options: options, resume: nil, seed: 1, stop: stop)
        while clock.state.withLock({ $0.sleeps < 1000 }) { await Task.yield() }
        stop.request("enough")
        #expect(await report.ending == .stopped("enough"))
        #expect(clock.state.withLock(\.asleepMost) < 20)
    }
}

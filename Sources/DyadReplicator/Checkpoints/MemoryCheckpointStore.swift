import Synchronization

/// A checkpoint that is gone with the process, for replications that need not outlive it.
package final class MemoryCheckpointStore: CheckpointStore {
    private let saved = Mutex<Checkpoint?>(nil)

    package init() {}

    package func load() async throws(PortError) -> Checkpoint? { saved.withLock { $0 } }
    package func save(_ checkpoint: Checkpoint) async throws(PortError) { saved.withLock { $0 = checkpoint } }
}

/// A checkpoint in one JSON file, replaced as a whole.
package struct FileCheckpointStore: CheckpointStore {
    package let path: String
    private var file: DurableFile { DurableFile(path: path) }

    package init(path: String) { self.path = path }

    package func load() async throws(PortError) -> Checkpoint? {
        guard let bytes = try file.read() else { return nil }
        do { return try CheckpointFormat.read(bytes) } catch {
            throw PortError(.fatal, "\(path) cannot be used: \(error.reason)")
        }
    }

    package func save(_ checkpoint: Checkpoint) async throws(PortError) {
        try file.replace(with: CheckpointFormat.write(checkpoint))
    }
}

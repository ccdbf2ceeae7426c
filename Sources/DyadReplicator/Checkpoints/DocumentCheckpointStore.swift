package import DyadModel

/// A checkpoint in the store of a region, as durable as the region's items.
package struct DocumentCheckpointStore: CheckpointStore {
    private let documents: any DocumentStore
    private let scope: Scope
    private let kind: String
    private let id: String

    package init(_ documents: any DocumentStore, in scope: Scope, kind: String, id: String) {
        self.documents = documents
        self.scope = scope
        self.kind = kind
        self.id = id
    }

    package func load() async throws(PortError) -> Checkpoint? {
        let (kind, id) = (kind, id)
        let bytes: [UInt8]?
        do throws(DynamoError) {
            bytes = try await documents.transact(in: scope) { store throws(DynamoError) in
                try store.document(kind, id)
            }
        } catch {
            throw PortError(.unavailable, "the checkpoint cannot be read: \(error.message ?? error.code.rawValue)")
        }
        guard let bytes else { return nil }
        do { return try CheckpointFormat.read(bytes) } catch {
            throw PortError(.fatal, "the checkpoint cannot be used: \(error.reason)")
        }
    }

    package func save(_ checkpoint: Checkpoint) async throws(PortError) {
        let (kind, id) = (kind, id)
        let bytes = CheckpointFormat.write(checkpoint)
        do throws(DynamoError) {
            try await documents.transact(in: scope) { store throws(DynamoError) in try store.put(kind, id, bytes) }
        } catch {
            throw PortError(.unavailable, "the checkpoint cannot be kept: \(error.message ?? error.code.rawValue)")
        }
    }
}

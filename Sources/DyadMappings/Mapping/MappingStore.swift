import DyadModel
import DyadReplicator

/// The mappings of all accounts and regions, each in the store of its region.
struct MappingStore: Sendable {
    let documents: any DocumentStore

    static let checkpointKind = "lambda.event-source-mapping-checkpoint"

    /// Nil when there is none.
    func mapping(_ id: String, in scope: Scope) async throws(DynamoError) -> EventSourceMapping? {
        try await documents.transact(in: scope) { store throws(DynamoError) in
            try store.document(MappingFormat.kind, id).flatMap { MappingFormat.read($0, in: scope) }
        }
    }

    /// In the order of their identifiers.
    func all(in scope: Scope) async throws(DynamoError) -> [EventSourceMapping] {
        try await documents.transact(in: scope) { store throws(DynamoError) in
            try store.documents(MappingFormat.kind).compactMap { MappingFormat.read($0.body, in: scope) }
        }
    }

    /// Lets `body` at all mappings of a scope, and keeps the one that it returns.
    func add(
        in scope: Scope,
        _ body: @escaping @Sendable ([EventSourceMapping]) throws(DynamoError) -> EventSourceMapping?
    ) async throws(DynamoError) {
        try await documents.transact(in: scope) { store throws(DynamoError) in
            let all = try store.documents(MappingFormat.kind).compactMap { MappingFormat.read($0.body, in: scope) }
            if let made = try body(all) { try store.put(MappingFormat.kind, made.id, MappingFormat.document(made)) }
        }
    }

    /// - Returns: what it is now; nil when there is none.
    @discardableResult
    func change(
        _ id: String, in scope: Scope, _ body: @escaping @Sendable (inout EventSourceMapping) -> Void
    ) async throws(DynamoError) -> EventSourceMapping? {
        try await documents.transact(in: scope) { store throws(DynamoError) in
            guard
                var mapping = try store.document(MappingFormat.kind, id).flatMap({ MappingFormat.read($0, in: scope) })
            else { return nil }
            body(&mapping)
            try store.put(MappingFormat.kind, id, MappingFormat.document(mapping))
            return mapping
        }
    }

    /// With all that it knows of the stream.
    func remove(_ id: String, in scope: Scope) async throws(DynamoError) {
        try await documents.transact(in: scope) { store throws(DynamoError) in
            try store.remove(MappingFormat.kind, id)
            try store.remove(Self.checkpointKind, id)
        }
    }

    func checkpoints(of mapping: EventSourceMapping) -> DocumentCheckpointStore {
        DocumentCheckpointStore(documents, in: mapping.scope, kind: Self.checkpointKind, id: mapping.id)
    }
}

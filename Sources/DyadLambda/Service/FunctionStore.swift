import DyadModel

extension DocumentStore {
    func function(_ identity: FunctionIdentity) async throws(LambdaError) -> FunctionRecord {
        let name = identity.name
        let document = try await transacting(in: identity.scope) { (documents) throws(DynamoError) in
            try documents.document(FunctionRecord.kind, name)
        }
        guard let record = document.flatMap({ FunctionRecord(document: $0) }) else {
            throw .functionNotFound(identity.arn)
        }
        return record
    }

    /// Nil when the function is gone.
    func code(of identity: FunctionIdentity) async -> [UInt8]? {
        let name = identity.name
        return try? await transact(in: identity.scope) { (documents) throws(DynamoError) in
            try documents.document(FunctionRecord.codeKind, name)
        }
    }

    func functions(in scope: Scope) async throws(LambdaError) -> [FunctionRecord] {
        let documents = try await transacting(in: scope) { (documents) throws(DynamoError) in
            try documents.documents(FunctionRecord.kind)
        }
        return documents.compactMap { FunctionRecord(document: $0.body) }
    }

    /// Changes a function that is there.
    ///
    /// - Parameters:
    ///   - revisionID: the one it must have; nil for any.
    ///   - zip: new code.
    func change(
        _ identity: FunctionIdentity, revisionID: String? = nil, zip: [UInt8]? = nil,
        _ edit: @escaping @Sendable (inout FunctionRecord) -> Void
    ) async throws(LambdaError) -> FunctionRecord {
        let result = try await transacting(in: identity.scope) {
            (documents) throws(DynamoError) -> Result<FunctionRecord, LambdaError> in
            let document = try documents.document(FunctionRecord.kind, identity.name)
            guard var record = document.flatMap({ FunctionRecord(document: $0) }) else {
                return .failure(.functionNotFound(identity.arn))
            }
            guard revisionID == nil || revisionID == record.revisionID else { return .failure(.preconditionFailed) }
            edit(&record)
            try documents.put(FunctionRecord.kind, identity.name, record.document)
            if let zip { try documents.put(FunctionRecord.codeKind, identity.name, zip) }
            return .success(record)
        }
        return try result.get()
    }

    /// The same, with the store's failure in Lambda's form.
    func transacting<Answer: Sendable>(
        in scope: Scope,
        _ body: @escaping @Sendable (inout any DocumentTransaction) throws(DynamoError) -> Answer
    ) async throws(LambdaError) -> Answer {
        do throws(DynamoError) {
            return try await transact(in: scope, body)
        } catch {
            throw LambdaError(error)
        }
    }
}

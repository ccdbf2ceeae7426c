/// What services beside DynamoDB keep: small records (a role, a function, a mapping, a checkpoint) of a kind, each with an
/// identifier, as bytes that mean something to their service alone.
///
/// They lie in the store of a region and are as durable as its items. What AWS has once a partition lies in the store of
/// `RegionName.global`.
package protocol DocumentStore: Sendable {
    /// Runs `body` while no other changes documents of that scope. When this returns, all that it did is durable; when
    /// `body` throws, nothing was done.
    func transact<Answer: Sendable>(
        in scope: Scope,
        _ body: @escaping @Sendable (inout any DocumentTransaction) throws(DynamoError) -> Answer
    ) async throws(DynamoError) -> Answer
}

package protocol DocumentTransaction {
    /// Nil when there is none.
    func document(_ kind: String, _ id: String) throws(DynamoError) -> [UInt8]?
    /// All of a kind, in the order of their identifiers' UTF-8.
    func documents(_ kind: String) throws(DynamoError) -> [(id: String, body: [UInt8])]
    /// Makes or replaces it.
    mutating func put(_ kind: String, _ id: String, _ body: [UInt8]) throws(DynamoError)
    /// Whether there was one.
    @discardableResult
    mutating func remove(_ kind: String, _ id: String) throws(DynamoError) -> Bool
}

/// Keeps documents for as long as the process runs: for tests.
package actor MemoryDocumentStore: DocumentStore {
    private var transactions: [Scope: MemoryTransaction] = [:]

    package init() {}

    package func transact<Answer: Sendable>(
        in scope: Scope,
        _ body: @escaping @Sendable (inout any DocumentTransaction) throws(DynamoError) -> Answer
    ) async throws(DynamoError) -> Answer {
        var transaction: any DocumentTransaction = transactions[scope] ?? MemoryTransaction()
        let answer = try body(&transaction)
        transactions[scope] = transaction as? MemoryTransaction
        return answer
    }

    private struct MemoryTransaction: DocumentTransaction {
        private var kept: [String: [String: [UInt8]]] = [:]

        func document(_ kind: String, _ id: String) -> [UInt8]? { kept[kind]?[id] }

        func documents(_ kind: String) -> [(id: String, body: [UInt8])] {
            (kept[kind] ?? [:]).map { (id: $0.key, body: $0.value) }
                .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        }

        mutating func put(_ kind: String, _ id: String, _ body: [UInt8]) { kept[kind, default: [:]][id] = body }

        mutating func remove(_ kind: String, _ id: String) -> Bool { kept[kind]?.removeValue(forKey: id) != nil }
    }
}

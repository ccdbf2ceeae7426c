package import DyadModel

// What services beside DynamoDB keep: bytes that mean something to them alone, found by kind and identifier. Identifiers
// are stored as their UTF-8, and so ordered by it.

extension Rows {
    /// Nil when there is none.
    package func document(_ kind: String, _ id: String) throws(DynamoError) -> [UInt8]? {
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT body FROM documents WHERE kind = ?1 AND id = ?2")
            defer { statement.reset() }
            statement.bind(Array(kind.utf8), at: 1)
            statement.bind(Array(id.utf8), at: 2)
            return try statement.step() ? statement.blob(0) : nil
        } catch {
            throw error.asDynamoError
        }
    }

    /// All of a kind, in the order of their identifiers.
    package func documents(_ kind: String) throws(DynamoError) -> [(id: String, body: [UInt8])] {
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT id, body FROM documents WHERE kind = ?1 ORDER BY id")
            defer { statement.reset() }
            statement.bind(Array(kind.utf8), at: 1)
            var documents: [(id: String, body: [UInt8])] = []
            while try statement.step() {
                documents.append((id: String(decoding: statement.blob(0), as: UTF8.self), body: statement.blob(1)))
            }
            return documents
        } catch {
            throw error.asDynamoError
        }
    }
}

extension WriteTransaction {
    /// Makes or replaces it.
    package mutating func put(document kind: String, _ id: String, _ body: [UInt8]) throws(DynamoError) {
        try willWrite()
        try run(
            """
            INSERT INTO documents(kind, id, body) VALUES (?1, ?2, ?3)
            ON CONFLICT(kind, id) DO UPDATE SET body = excluded.body
            """
        ) {
            $0.bind(Array(kind.utf8), at: 1)
            $0.bind(Array(id.utf8), at: 2)
            $0.bind(body, at: 3)
        }
    }

    package mutating func remove(document kind: String, _ id: String) throws(DynamoError) {
        try willWrite()
        try run("DELETE FROM documents WHERE kind = ?1 AND id = ?2") {
            $0.bind(Array(kind.utf8), at: 1)
            $0.bind(Array(id.utf8), at: 2)
        }
    }
}

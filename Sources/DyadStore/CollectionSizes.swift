package import DyadModel

// How many bytes the rows take that share a partition key, in a table and its local indexes together. A size is kept
// once its collection was written to; one that is not kept is to be summed up, as in files from before form 3.

extension Rows {
    /// The size kept for the collection whose rows' keys begin with `key` in the table; nil when none is.
    package func collectionSize(at key: StorageKey) throws(DynamoError) -> Int? {
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT bytes FROM collections WHERE key = ?1")
            defer { statement.reset() }
            statement.bind(key.bytes, at: 1)
            return try statement.step() ? Int(statement.integer(0)) : nil
        } catch {
            throw error.asDynamoError
        }
    }

    /// The size of all rows whose keys begin with `prefix`: reads every one of them.
    package func size(of prefix: StorageKey) throws(DynamoError) -> Int {
        guard let upper = prefix.successorOfPrefix else { return 0 }
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT SUM(size) FROM rows WHERE key >= ?1 AND key < ?2")
            defer { statement.reset() }
            statement.bind(prefix.bytes, at: 1)
            statement.bind(upper.bytes, at: 2)
            // The sum of no rows is NULL, which reads as zero.
            return try statement.step() ? Int(statement.integer(0)) : 0
        } catch {
            throw error.asDynamoError
        }
    }
}

extension WriteTransaction {
    /// Keeps the size of the collection at `key`; that of an empty one is forgotten.
    package mutating func keep(collectionSize bytes: Int, at key: StorageKey) throws(DynamoError) {
        try willWrite()
        guard bytes > 0 else {
            return try run("DELETE FROM collections WHERE key = ?1") { $0.bind(key.bytes, at: 1) }
        }
        try run(
            "INSERT INTO collections(key, bytes) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET bytes = excluded.bytes"
        ) {
            $0.bind(key.bytes, at: 1)
            $0.bind(Int64(bytes), at: 2)
        }
    }

    /// Forgets at most `limit` sizes of a table's collections; how many it forgot.
    mutating func clearCollectionSizes(of space: SpaceID, limit: Int) throws(DynamoError) -> Int {
        var keys: [StorageKey] = []
        do throws(SQLiteError) {
            let statement = try rows.connection.statement(
                "SELECT key FROM collections WHERE key >= ?1 AND key < ?2 LIMIT ?3")
            defer { statement.reset() }
            let first = StorageKey(space: space)
            statement.bind(first.bytes, at: 1)
            statement.bind(first.successorOfPrefix?.bytes ?? [], at: 2)
            statement.bind(Int64(limit), at: 3)
            while try statement.step() { keys.append(StorageKey(bytes: statement.blob(0))) }
        } catch {
            throw error.asDynamoError
        }
        for key in keys { try keep(collectionSize: 0, at: key) }
        return keys.count
    }
}

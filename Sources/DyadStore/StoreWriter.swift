package import DyadModel

/// The one writer of a region's file: runs jobs in one SQLite transaction, a savepoint each, and commits them together.
///
/// Not Sendable: it lives on the region's thread.
package final class StoreWriter {
    private let rows: Rows
    private var state: WriteTransaction.State
    private var isOpen = false

    /// - Throws: when the file cannot be opened, or was written by a newer version.
    package init(_ file: RegionFile) throws(SQLiteError) {
        rows = Rows(try file.openWriter())
        state = WriteTransaction.State(
            catalog: try rows.loadCatalog(), nextSpace: try rows.counter("space"), nextShard: try rows.counter("shard"),
            nextSequence: try rows.counter("sequence"))
        saved = (state.nextSpace, state.nextShard, state.nextSequence)
    }

    private var saved: (space: Int64, shard: Int64, sequence: Int64)

    /// As of the last commit.
    package var catalog: Catalog { state.catalog }

    package func begin() throws(SQLiteError) {
        try rows.connection.statement("BEGIN IMMEDIATE").run()
        isOpen = true
    }

    /// Runs one job. What it throws is returned after its writes are undone.
    package func run<Output>(
        _ job: (inout WriteTransaction) throws(DynamoError) -> Output
    ) -> Result<Output, DynamoError> {
        var transaction = WriteTransaction(rows: rows, state: state)
        do throws(DynamoError) {
            let output = try job(&transaction)
            if transaction.hasSavepoint { try execute("RELEASE job") }
            state = transaction.state
            return .success(output)
        } catch {
            if transaction.hasSavepoint {
                do throws(DynamoError) {
                    try execute("ROLLBACK TO job")
                    try execute("RELEASE job")
                } catch {
                    return .failure(error)
                }
            }
            return .failure(error)
        }
    }

    /// Makes all jobs since `begin` durable, or none of them.
    package func commit() throws(SQLiteError) {
        do throws(SQLiteError) {
            try saveStatistics()
            try saveCounters()
            try rows.connection.statement("COMMIT").run()
            saved = (state.nextSpace, state.nextShard, state.nextSequence)
            isOpen = false
        } catch {
            rollback()
            throw error
        }
    }

    /// Undoes all jobs since `begin`; catalog and counters are read anew from the file.
    package func rollback() {
        guard isOpen else { return }
        isOpen = false
        try? rows.connection.statement("ROLLBACK").run()
        if let catalog = try? rows.loadCatalog() { state.catalog = catalog }
        state.statistics = [:]
        (state.nextSpace, state.nextShard, state.nextSequence) = saved
    }

    private func saveStatistics() throws(SQLiteError) {
        for (space, change) in state.statistics where change != Statistics() {
            let statement = try rows.connection.statement(
                """
                INSERT INTO statistics(space, items, bytes) VALUES (?1, ?2, ?3)
                ON CONFLICT(space) DO UPDATE SET items = items + excluded.items, bytes = bytes + excluded.bytes
                """)
            statement.bind(Int64(space.rawValue), at: 1)
            statement.bind(change.items, at: 2)
            statement.bind(change.bytes, at: 3)
            try statement.run()
        }
        state.statistics.removeAll(keepingCapacity: true)
    }

    private func saveCounters() throws(SQLiteError) {
        for (name, now, before) in [
            ("space", state.nextSpace, saved.space), ("shard", state.nextShard, saved.shard),
            ("sequence", state.nextSequence, saved.sequence),
        ] where now != before {
            let statement = try rows.connection.statement("UPDATE counters SET value = ?1 WHERE name = ?2")
            statement.bind(now, at: 1)
            statement.bind(name, at: 2)
            try statement.run()
        }
    }

    private func execute(_ sql: StaticString) throws(DynamoError) {
        do throws(SQLiteError) {
            try rows.connection.statement(sql).run()
        } catch {
            throw error.asDynamoError
        }
    }
}

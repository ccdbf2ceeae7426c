package import DyadModel

/// The one writer of a region's file: runs jobs in one SQLite transaction and commits them together.
///
/// Not Sendable: it lives on the region's thread.
package final class StoreWriter {
    /// What is undone when a job fails that has written.
    ///
    /// SQLite copies each page that is written under a savepoint, the first time, which a small write pays dearly for.
    /// Since nearly every job is refused before it writes or not at all, jobs run without; one that does fail behind a
    /// write spoils the transaction, and its jobs are run again, each with a savepoint of its own.
    package enum Undo: Sendable {
        /// The job alone: it runs under a savepoint.
        case job
        /// The whole transaction.
        case transaction
    }

    private let rows: Rows
    private let held: WriteTransaction.HeldState
    private var isOpen = false
    private var undo = Undo.job
    /// Whether a job failed behind a write that it alone cannot take back: `rollback` and run all jobs again.
    package private(set) var isSpoiled = false

    /// - Throws: when the file cannot be opened, or was written by a newer version.
    package init(_ file: RegionFile) throws(SQLiteError) {
        rows = Rows(try file.openWriter())
        let state = WriteTransaction.State(
            catalog: try rows.loadCatalog(), nextSpace: try rows.counter("space"), nextShard: try rows.counter("shard"),
            nextSequence: try rows.counter("sequence"))
        held = WriteTransaction.HeldState(state)
        saved = (state.nextSpace, state.nextShard, state.nextSequence)
    }

    private var saved: (space: Int64, shard: Int64, sequence: Int64)

    private var state: WriteTransaction.State {
        get { held.state }
        _modify { yield &held.state }
    }

    /// Whether commits lie in the log alone.
    package private(set) var hasLog = false

    /// As of the last commit.
    package var catalog: Catalog { held.state.catalog }

    package func begin(undoing undo: Undo = .job) throws(SQLiteError) {
        try rows.connection.statement("BEGIN IMMEDIATE").run()
        isOpen = true
        isSpoiled = false
        self.undo = undo
    }

    /// Runs one job. What it throws is returned after its writes are undone, or `isSpoiled` was set.
    package func run<Output>(
        _ job: (inout WriteTransaction) throws(DynamoError) -> Output
    ) -> Result<Output, DynamoError> {
        let before = undo == .job ? state : nil
        var transaction = WriteTransaction(rows: rows, state: held, undo: undo)
        do throws(DynamoError) {
            let output = try job(&transaction)
            if transaction.hasWritten, undo == .job { try execute("RELEASE job") }
            return .success(output)
        } catch {
            if let before { state = before }
            guard transaction.hasWritten else { return .failure(error) }
            guard undo == .job else {
                isSpoiled = true
                return .failure(error)
            }
            do throws(DynamoError) {
                try execute("ROLLBACK TO job")
                try execute("RELEASE job")
            } catch {
                return .failure(error)
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
            hasLog = true
        } catch {
            rollback()
            throw error
        }
    }

    /// Folds the log into the file, as far as no reader needs it: what is read then comes from the file, which is mapped,
    /// and the next commits need not do it while a client waits.
    package func foldLog() {
        // What fails now is done in the course of later commits, and told to whoever waits for those.
        hasLog = false
        guard let checkpoint = try? rows.connection.statement("PRAGMA wal_checkpoint(PASSIVE)") else { return }
        defer { checkpoint.reset() }
        // A row of three: whether it was kept from it, pages in the log, pages of them that are in the file now.
        guard (try? checkpoint.step()) == true else { return }
        hasLog = checkpoint.integer(1) > checkpoint.integer(2)
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

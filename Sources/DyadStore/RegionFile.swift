internal import CSQLite

/// Where a region keeps its rows, and how hard it holds on to them.
package struct RegionFile: Sendable {
    package enum Durability: Sendable {
        /// Kept until the process ends: nothing is synced.
        case memory
        /// Every commit is synced before it is acknowledged.
        case disk
    }

    package let path: String
    package let durability: Durability

    package init(path: String, durability: Durability) {
        self.path = path
        self.durability = durability
    }

    /// The form of the file. A newer one is refused, an older one is brought up to date.
    package static let schemaVersion: Int64 = 5

    /// Rows of all tables and indexes lie in one B-tree, ordered by key: a page of a Query is one run of leaves.
    /// WITHOUT ROWID scans in key order at 3.9 M items/s, a rowid table with an index at 0.46 M (measured).
    private static let schema = """
        CREATE TABLE rows(key BLOB PRIMARY KEY, size INTEGER NOT NULL, item BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE tables(name TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE streams(name TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE changes(
            shard INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL,
            size INTEGER NOT NULL, keys BLOB NOT NULL, old BLOB, new BLOB,
            PRIMARY KEY(shard, sequence)) WITHOUT ROWID;
        CREATE TABLE statistics(space INTEGER PRIMARY KEY, items INTEGER NOT NULL, bytes INTEGER NOT NULL);
        CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO counters VALUES ('space', 1), ('shard', 1), ('sequence', 1);
        """

    /// What each version added to the one before it: `migrations[0]` makes form 2 of form 1.
    private static let migrations = [
        """
        CREATE TABLE tokens(
            operation TEXT NOT NULL, token TEXT NOT NULL, fingerprint BLOB NOT NULL, expires INTEGER NOT NULL,
            PRIMARY KEY(operation, token)) WITHOUT ROWID;
        CREATE INDEX tokens_by_expiry ON tokens(expires);
        """,
        "CREATE TABLE collections(key BLOB PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;",
        "ALTER TABLE tokens ADD COLUMN sizes BLOB NOT NULL DEFAULT x'';",
        """
        CREATE TABLE documents(
            kind BLOB NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
        """,
    ]

    /// Bytes of the file that a reader maps instead of copying its pages: a page of a Query 1.6 times as fast, a GetItem 1.15
    /// (measured). What is mapped counts as the process's memory once for each event loop, so it is bounded; with `--memory`
    /// all is mapped, once.
    private static let mappedBytes = 64 << 20
    /// The writer's own copy of pages, which stays good from commit to commit since nobody else writes.
    private static let writerCacheKilobytes = 16 << 10

    /// Opens the file to write, making it if it is not there.
    package func openWriter() throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, mode: .readWrite, isShared: durability == .memory)
        // Before anything that takes a lock: a connection that closes folds the log back under an exclusive one.
        try connection.execute("PRAGMA busy_timeout=5000")
        // 8 KB pages: items of 2 KB would overflow 4 KB pages, and reads are 2.4 times as fast (measured).
        // OFF survives the process's end, as the system keeps what was written: sqlite.org/pragma.html#pragma_synchronous
        // Before the journal's mode, which is the first thing that is written.
        try connection.execute("PRAGMA synchronous=\(durability == .memory ? "OFF" : "FULL")")
        try connection.execute("PRAGMA page_size=8192")
        try connection.execute("PRAGMA journal_mode=WAL")
        try connection.execute("PRAGMA wal_autocheckpoint=2000")
        try connection.execute("PRAGMA cache_size=-\(Self.writerCacheKilobytes)")
        try bringUpToDate(connection)
        return connection
    }

    /// Makes what is missing of the newest form, all of it or nothing.
    private func bringUpToDate(_ connection: Connection) throws(SQLiteError) {
        let version = try connection.integer("PRAGMA user_version") ?? 0
        guard version <= Self.schemaVersion else {
            throw SQLiteError(
                code: notADatabase,
                message:
                    "\(path) was written by a newer version (form \(version), this one knows \(Self.schemaVersion))")
        }
        guard version < Self.schemaVersion else { return }
        let steps = (version == 0 ? [Self.schema] : []) + Self.migrations.dropFirst(max(0, Int(version) - 1))
        try connection.execute(
            "BEGIN IMMEDIATE; \(steps.joined()) PRAGMA user_version=\(Self.schemaVersion); COMMIT")
    }

    /// Opens the file to read. WAL readers see one commit and never block the writer: sqlite.org/wal.html
    package func openReader() throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, mode: .readOnly, isShared: durability == .memory)
        try connection.execute("PRAGMA busy_timeout=5000")
        try connection.execute("PRAGMA mmap_size=\(Self.mappedBytes)")
        return connection
    }
}

private let notADatabase = SQLITE_NOTADB

import DyadModel
import DyadReplicator
import DyadStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A spool in one SQLite file, with its log beside it while it is open.
///
/// Every append is one transaction, synced before it returns (`synchronous=FULL` in WAL mode:
/// sqlite.org/pragma.html#pragma_synchronous). The connection is the actor's alone, and the file this process's alone.
actor SQLiteSpool: StreamSpool {
    nonisolated let name: String
    private let file: DurableFile
    private var connection: Connection?

    init(path: String) {
        name = path
        file = DurableFile(path: path)
    }

    /// Tells the file from any other of SQLite's: "DySp".
    private static let applicationID = 0x4479_5370
    private static let version: Int64 = 1
    private static let recordBytesMax = 1 << 20

    /// Sequence numbers have 40 digits, zeros in front, so that texts order as numbers do; `digits` is how many there were.
    /// With row numbers an item of 3 KB takes 1.4 times its size; WITHOUT ROWID it would overflow, and take 3.1 times
    /// (measured: sqlite.org/fileformat.html, the payload of index pages).
    private static let schema = """
        CREATE TABLE spool(
            id TEXT NOT NULL, source_region TEXT NOT NULL, source_table TEXT NOT NULL, stream TEXT NOT NULL,
            target_region TEXT NOT NULL, target_table TEXT NOT NULL, target_id TEXT NOT NULL);
        CREATE TABLE shards(
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent TEXT, through TEXT, ended INTEGER NOT NULL,
            asked_at INTEGER NOT NULL, records INTEGER NOT NULL);
        CREATE TABLE records(
            shard INTEGER NOT NULL, sequence TEXT NOT NULL, digits INTEGER NOT NULL, at INTEGER NOT NULL,
            key BLOB NOT NULL, item BLOB, UNIQUE(shard, sequence));
        """

    // MARK: Open and close

    func load() throws(PortError) -> SpoolContents? {
        guard access(name, F_OK) == 0 else { return nil }
        return try attempt("be read") { () throws(SQLiteError) in
            let connection = try open()
            // Nothing was ever written, or a crash came before anything was.
            if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 { return nil }
            // Looked at before anything of it is changed.
            guard try connection.integer("PRAGMA application_id") == Int64(Self.applicationID) else {
                throw SQLiteError(code: 0, message: "it is a database of something else")
            }
            let version = try connection.integer("PRAGMA user_version") ?? 0
            guard version == Self.version else {
                throw SQLiteError(code: 0, message: "another version of dyad wrote it (form \(version))")
            }
            try configure(connection)
            self.connection = connection
            return try contents(connection)
        }
    }

    func create(_ id: String, for link: ReplicationLink) throws(PortError) {
        try discard()
        try attempt("be made") { () throws(SQLiteError) in
            let connection = try open()
            try configure(connection)
            self.connection = connection
            try transaction(connection) { () throws(SQLiteError) in
                try connection.execute(
                    "\(Self.schema) PRAGMA application_id=\(Self.applicationID); PRAGMA user_version=\(Self.version);")
                let statement = try connection.statement("INSERT INTO spool VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                let texts = [
                    id, link.sourceRegion, link.sourceTable, link.streamARN, link.targetRegion, link.targetTable,
                    link.targetID,
                ]
                for (index, text) in texts.enumerated() { statement.bind(text, at: Int32(index + 1)) }
                try statement.run()
            }
        }
        try file.syncFolder()
    }

    func discard() throws(PortError) {
        connection = nil
        for suffix in ["-wal", "-shm", "-journal", ""] { try DurableFile(path: name + suffix).remove() }
        try file.syncFolder()
    }

    /// The connection, which keeps others out for as long as it is open.
    private func open() throws(SQLiteError) -> Connection {
        if let connection { return connection }
        let made = try Connection(path: name, mode: .readWrite)
        // Before the first access to a file in WAL mode: no other process then gets in. sqlite.org/wal.html#noshm
        try made.execute("PRAGMA locking_mode=EXCLUSIVE")
        return made
    }

    private func configure(_ connection: Connection) throws(SQLiteError) {
        try connection.execute("PRAGMA page_size=8192")
        try connection.execute("PRAGMA journal_mode=WAL")
        try connection.execute("PRAGMA synchronous=FULL")
        try connection.execute("PRAGMA wal_autocheckpoint=2000")
    }

    private func contents(_ connection: Connection) throws(SQLiteError) -> SpoolContents? {
        let head = try connection.statement("SELECT * FROM spool")
        defer { head.reset() }
        guard try head.step() else { return nil }
        let link = ReplicationLink(
            sourceRegion: head.text(1), sourceTable: head.text(2), streamARN: head.text(3), targetRegion: head.text(4),
            targetTable: head.text(5), targetID: head.text(6))
        var contents = SpoolContents(id: head.text(0), link: link, totals: try totals(connection))
        let rows = try connection.statement("SELECT id, parent, through, ended, asked_at FROM shards")
        defer { rows.reset() }
        while try rows.step() {
            contents.shards[ShardID(rows.text(0))] = SpooledShard(
                parent: rows.isNull(1) ? nil : ShardID(rows.text(1)),
                through: rows.isNull(2) ? nil : SequenceNumber(rows.text(2)), isEnded: rows.integer(3) != 0,
                askedAt: Timestamp(milliseconds: rows.integer(4)))
        }
        return contents
    }

    /// The pages in use, not those that were freed: what is forgotten makes room for what comes.
    private func totals(_ connection: Connection) throws(SQLiteError) -> SpoolTotals {
        let count = try connection.integer("SELECT coalesce(sum(records), 0) FROM shards") ?? 0
        let pages = try connection.integer("PRAGMA page_count") ?? 0
        let free = try connection.integer("PRAGMA freelist_count") ?? 0
        let size = try connection.integer("PRAGMA page_size") ?? 0
        return SpoolTotals(records: Int(count), bytes: Int((pages - free) * size))
    }

    // MARK: In and out

    func append(_ pages: [SpoolPage]) throws(PortError) -> SpoolTotals {
        try attempt("be written") { () throws(SQLiteError) in
            let connection = try opened()
            try transaction(connection) { () throws(SQLiteError) in
                for page in pages { try add(page, connection) }
            }
            return try totals(connection)
        }
    }

    private func add(_ page: SpoolPage, _ connection: Connection) throws(SQLiteError) {
        let shard = try connection.statement(
            """
            INSERT INTO shards(id, parent, through, ended, asked_at, records) VALUES (?1, ?2, ?3, ?4, ?5, 0)
            ON CONFLICT(id) DO UPDATE SET parent = coalesce(excluded.parent, parent),
                through = coalesce(excluded.through, through), ended = max(ended, excluded.ended),
                asked_at = max(asked_at, excluded.asked_at)
            RETURNING number
            """)
        shard.bind(page.shard.rawValue, at: 1)
        shard.bind(page.parent?.rawValue, at: 2)
        shard.bind(page.records.last?.sequence.text, at: 3)
        shard.bind(page.isEnd ? 1 : 0, at: 4)
        shard.bind(page.askedAt.milliseconds, at: 5)
        let number = try shard.step() ? shard.integer(0) : 0
        while try shard.step() {}
        shard.reset()
        guard !page.records.isEmpty else { return }
        let record = try connection.statement("INSERT OR IGNORE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        let before = try connection.integer("SELECT total_changes()") ?? 0
        for each in page.records {
            record.bind(number, at: 1)
            record.bind(each.sequence.padded, at: 2)
            record.bind(Int64(each.sequence.text.utf8.count), at: 3)
            record.bind(each.createdAt.milliseconds, at: 4)
            record.bind(each.key.utf8, at: 5)
            switch each.change {
            case .put(let item): record.bind(item.utf8, at: 6)
            case .delete: record.bindNull(at: 6)
            }
            try record.run()
        }
        try count((try connection.integer("SELECT total_changes()") ?? 0) - before, of: number, connection)
    }

    private func count(_ more: Int64, of shard: Int64, _ connection: Connection) throws(SQLiteError) {
        let statement = try connection.statement("UPDATE shards SET records = records + ?1 WHERE number = ?2")
        statement.bind(more, at: 1)
        statement.bind(shard, at: 2)
        try statement.run()
    }

    func records(
        of shard: ShardID, after sequence: SequenceNumber?, limit: Int
    ) throws(PortError) -> [StreamRecord] {
        try attempt("be read") { () throws(SQLiteError) in
            let rows = try opened().statement(
                """
                SELECT sequence, digits, at, key, item FROM records
                WHERE shard = (SELECT number FROM shards WHERE id = ?1) AND sequence > ?2 ORDER BY sequence LIMIT ?3
                """)
            defer { rows.reset() }
            rows.bind(shard.rawValue, at: 1)
            rows.bind(sequence?.padded ?? "", at: 2)
            rows.bind(Int64(limit), at: 3)
            var records: [StreamRecord] = []
            var bytes = 0
            while bytes < Self.recordBytesMax, try rows.step() {
                guard let sequence = SequenceNumber(String(rows.text(0).suffix(Int(rows.integer(1))))) else {
                    throw SQLiteError(code: 0, message: "\(rows.text(0)) is no sequence number")
                }
                let record = StreamRecord(
                    sequence, key: ItemBytes(canonical: rows.blob(3)),
                    rows.isNull(4) ? .delete : .put(ItemBytes(canonical: rows.blob(4))),
                    createdAt: Timestamp(milliseconds: rows.integer(2)))
                bytes += record.byteCount
                records.append(record)
            }
            return records
        }
    }

    func forget(_ progress: [ShardID: ShardProgress]) throws(PortError) -> SpoolTotals {
        try attempt("be written") { () throws(SQLiteError) in
            let connection = try opened()
            try transaction(connection) { () throws(SQLiteError) in
                for (shard, progress) in progress { try forget(shard, progress, connection) }
            }
            return try totals(connection)
        }
    }

    private func forget(
        _ shard: ShardID, _ progress: ShardProgress, _ connection: Connection
    ) throws(SQLiteError) {
        let find = try connection.statement("SELECT number FROM shards WHERE id = ?1")
        find.bind(shard.rawValue, at: 1)
        let found = try find.step() ? find.integer(0) : nil
        find.reset()
        guard let number = found else { return }
        let records = try connection.statement("DELETE FROM records WHERE shard = ?1 AND sequence <= ?2")
        records.bind(number, at: 1)
        // Behind all digits.
        records.bind(progress.isFinished ? ":" : progress.sequence?.padded ?? "", at: 2)
        try records.run()
        if progress.isFinished {
            let row = try connection.statement("DELETE FROM shards WHERE number = ?1")
            row.bind(number, at: 1)
            try row.run()
        } else {
            try count(-(try connection.integer("SELECT changes()") ?? 0), of: number, connection)
        }
    }

    // MARK: Failures

    private func opened() throws(SQLiteError) -> Connection {
        guard let connection else { throw SQLiteError(code: 0, message: "it is not open") }
        return connection
    }

    private func transaction(
        _ connection: Connection, _ body: () throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        try connection.statement("BEGIN IMMEDIATE").run()
        do throws(SQLiteError) {
            try body()
            try connection.statement("COMMIT").run()
        } catch {
            try? connection.statement("ROLLBACK").run()
            throw error
        }
    }

    /// A full disk or a file that is damaged does not mend itself: it ends the replication, which goes on from there.
    private func attempt<R>(_ what: String, _ body: () throws(SQLiteError) -> R) throws(PortError) -> R {
        do throws(SQLiteError) { return try body() } catch {
            let isTaken = error.code & 0xff == 5
            throw PortError(
                .fatal, "\(name) cannot \(what): \(isTaken ? "another process has it open" : error.message)")
        }
    }
}

extension Statement {
    fileprivate func bind(_ text: String?, at index: Int32) {
        if let text { bind(text as String, at: index) } else { bindNull(at: index) }
    }
}

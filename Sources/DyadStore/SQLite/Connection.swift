internal import CSQLite
package import DyadModel

/// What SQLite answered when it could not do what was asked.
package struct SQLiteError: Error, Sendable, CustomStringConvertible {
    package let code: Int32
    package let message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(message) (SQLite \(code))" }

    /// A failure of the disk or of ours is never the client's: AWS's word for it is InternalServerError.
    package var asDynamoError: DynamoError { DynamoError(.internalServerError, "Internal server error: \(self)") }
}

/// One SQLite connection and its prepared statements. Not Sendable: it stays on the thread that uses it.
package final class Connection {
    private let handle: OpaquePointer
    private var statements: [UnsafeRawPointer: Statement] = [:]

    package enum Mode { case readWrite, readOnly }

    /// - Parameter isShared: whether all connections are of this process, and nobody needs the file when it has ended.
    package init(path: String, mode: Mode, isShared: Bool = false) throws(SQLiteError) {
        // The connection never leaves its thread, so SQLite's own mutexes are not needed: sqlite.org/threadsafe.html
        let flags =
            SQLITE_OPEN_NOMUTEX
            | (mode == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY)
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags, isShared ? MappedFileSystem.name : nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message)
        }
        handle = opened
        sqlite3_extended_result_codes(opened, 1)
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs statements that return nothing worth reading.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The single integer that a query or a pragma answers; nil when it answers nothing.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The statement for `sql`, prepared once for this connection and reset.
    package func statement(_ sql: StaticString) throws(SQLiteError) -> Statement {
        let key = UnsafeRawPointer(sql.utf8Start)
        if let known = statements[key] { return known }
        let made = try prepare("\(sql)")
        statements[key] = made
        return made
    }

    private func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw error(code) }
        return Statement(prepared, connection: handle)
    }

    private func error(_ code: Int32) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// A prepared statement. Bind, step, read the columns of the row, reset.
package final class Statement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    init(_ handle: OpaquePointer, connection: OpaquePointer) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    package func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, value) }

    package func bindNull(at index: Int32) { sqlite3_bind_null(handle, index) }

    package func bind(_ text: String, at index: Int32) {
        sqlite3_bind_text(handle, index, text, -1, transient)
    }

    package func bind(_ bytes: [UInt8], at index: Int32) {
        // Copied: the array may move before the statement is stepped.
        bytes.withUnsafeBytes { buffer in
            // A null pointer would bind NULL instead of the empty blob.
            _ =
                buffer.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob(handle, index, buffer.baseAddress, Int32(buffer.count), transient)
        }
    }

    /// True when it stands on a row, false when it is done.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let failure = SQLiteError(code: code, message: String(cString: sqlite3_errmsg(connection)))
            sqlite3_reset(handle)
            throw failure
        }
    }

    /// Steps once and resets: for statements that return no row.
    package func run() throws(SQLiteError) {
        defer { sqlite3_reset(handle) }
        _ = try step()
    }

    package func reset() { sqlite3_reset(handle) }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    package func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// The bytes of a blob, valid until the next step or reset.
    package func withBlob<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(
            UnsafeRawBufferPointer(
                start: sqlite3_column_blob(handle, column), count: Int(sqlite3_column_bytes(handle, column))))
    }

    package func blob(_ column: Int32) -> [UInt8] { withBlob(column) { [UInt8]($0) } }
}

/// SQLITE_TRANSIENT: SQLite copies what is bound. C writes it as the pointer -1, which Swift does not import.
///
/// Unsafe by hand: a constant that is compared and never called; its type alone, a C function's, is not Sendable.
private nonisolated(unsafe) let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

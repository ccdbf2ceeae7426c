package import DyadModel

/// A half-open run of storage keys.
package struct KeyRange: Sendable, Equatable {
    package var lower: StorageKey
    /// Nil: to the end of everything.
    package var upper: StorageKey?

    package init(from lower: StorageKey, to upper: StorageKey?) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys that begin with `prefix`.
    package init(prefix: StorageKey) {
        self.init(from: prefix, to: prefix.successorOfPrefix)
    }

    package var isEmpty: Bool {
        guard let upper else { return false }
        return !(lower < upper)
    }
}

/// How many items a space holds, and their size by AWS's rules.
package struct Statistics: Sendable, Equatable {
    package var items: Int64
    package var bytes: Int64

    package init(items: Int64 = 0, bytes: Int64 = 0) {
        self.items = items
        self.bytes = bytes
    }
}

/// A change of an item, as the stream tells it.
package struct Change: Sendable, Equatable {
    /// `expire` is a removal by the service: an item that was past its time to live.
    package enum Event: Int64, Sendable { case insert = 1, modify = 2, remove = 3, expire = 4 }

    package var sequence: Int64
    package var at: Timestamp
    package var event: Event
    package var size: Int64
    package var keys: [UInt8]
    package var old: [UInt8]?
    package var new: [UInt8]?
}

/// Reads of a region's file on one connection. Not Sendable: it stays on the connection's thread.
package final class Rows {
    let connection: Connection

    package init(_ connection: Connection) { self.connection = connection }

    /// The item at `key`; nil when there is none.
    package func item(at key: StorageKey) throws(DynamoError) -> SizedItem? {
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT size, item FROM rows WHERE key = ?1")
            defer { statement.reset() }
            statement.bind(key.bytes, at: 1)
            guard try statement.step() else { return nil }
            return SizedItem(bytes: ItemBytes(canonical: statement.blob(1)), size: Int(statement.integer(0)))
        } catch {
            throw error.asDynamoError
        }
    }

    /// A row as a scan passes over it; its bytes are valid only inside the body of the scan.
    package struct Row {
        package let key: UnsafeRawBufferPointer
        package let size: Int
        package let item: UnsafeRawBufferPointer
    }

    /// Passes over `range` in key order, or backwards, until `body` returns false.
    package func scan(
        _ range: KeyRange, descending: Bool = false, _ body: (Row) throws(DynamoError) -> Bool
    ) throws(DynamoError) {
        guard !range.isEmpty else { return }
        let statement = try scanStatement(range, descending)
        defer { statement.reset() }
        while try row(statement) {
            let size = Int(statement.integer(1))
            var goesOn: Result<Bool, DynamoError> = .success(false)
            statement.withBlob(0) { key in
                statement.withBlob(2) { item in
                    do throws(DynamoError) {
                        goesOn = .success(try body(Row(key: key, size: size, item: item)))
                    } catch {
                        goesOn = .failure(error)
                    }
                }
            }
            guard try goesOn.get() else { return }
        }
    }

    private func row(_ statement: Statement) throws(DynamoError) -> Bool {
        do throws(SQLiteError) { return try statement.step() } catch { throw error.asDynamoError }
    }

    private func scanStatement(_ range: KeyRange, _ descending: Bool) throws(DynamoError) -> Statement {
        do throws(SQLiteError) {
            let statement =
                switch (range.upper != nil, descending) {
                case (true, false):
                    try connection.statement(
                        "SELECT key, size, item FROM rows WHERE key >= ?1 AND key < ?2 ORDER BY key")
                case (true, true):
                    try connection.statement(
                        "SELECT key, size, item FROM rows WHERE key >= ?1 AND key < ?2 ORDER BY key DESC")
                case (false, false):
                    try connection.statement("SELECT key, size, item FROM rows WHERE key >= ?1 ORDER BY key")
                case (false, true):
                    try connection.statement("SELECT key, size, item FROM rows WHERE key >= ?1 ORDER BY key DESC")
                }
            statement.bind(range.lower.bytes, at: 1)
            if let upper = range.upper { statement.bind(upper.bytes, at: 2) }
            return statement
        } catch {
            throw error.asDynamoError
        }
    }

    package func statistics(of space: SpaceID) throws(DynamoError) -> Statistics {
        do throws(SQLiteError) {
            let statement = try connection.statement("SELECT items, bytes FROM statistics WHERE space = ?1")
            defer { statement.reset() }
            statement.bind(Int64(space.rawValue), at: 1)
            guard try statement.step() else { return Statistics() }
            return Statistics(items: statement.integer(0), bytes: statement.integer(1))
        } catch {
            throw error.asDynamoError
        }
    }

    /// Passes over a shard's changes from `sequence` on, in order, until `body` returns false.
    package func changes(of shard: Int64, from sequence: Int64, _ body: (Change) -> Bool) throws(DynamoError) {
        do throws(SQLiteError) {
            let statement = try connection.statement(
                """
                SELECT sequence, at, event, size, keys, old, new FROM changes
                WHERE shard = ?1 AND sequence >= ?2 ORDER BY sequence
                """)
            defer { statement.reset() }
            statement.bind(shard, at: 1)
            statement.bind(sequence, at: 2)
            while try statement.step() {
                let change = Change(
                    sequence: statement.integer(0), at: Timestamp(milliseconds: statement.integer(1)),
                    event: Change.Event(rawValue: statement.integer(2)) ?? .modify, size: statement.integer(3),
                    keys: statement.blob(4), old: statement.isNull(5) ? nil : statement.blob(5),
                    new: statement.isNull(6) ? nil : statement.blob(6))
                guard body(change) else { return }
            }
        } catch {
            throw error.asDynamoError
        }
    }

    /// The sequence number of the oldest change a shard still has; nil when it has none.
    package func firstSequence(of shard: Int64) throws(DynamoError) -> Int64? {
        var first: Int64?
        try changes(of: shard, from: 0) { change in
            first = change.sequence
            return false
        }
        return first
    }

    /// The sequence number of the newest change a shard has; nil when it has none.
    package func lastSequence(of shard: Int64) throws(DynamoError) -> Int64? {
        do throws(SQLiteError) {
            let statement = try connection.statement(
                "SELECT sequence FROM changes WHERE shard = ?1 ORDER BY sequence DESC LIMIT 1")
            defer { statement.reset() }
            statement.bind(shard, at: 1)
            return try statement.step() ? statement.integer(0) : nil
        } catch {
            throw error.asDynamoError
        }
    }

    /// The sequence number of the first change from `sequence` on that was made at `time` or later; nil when there is none.
    ///
    /// Looked for by halves, since a shard may hold a day of changes and their times grow with their numbers.
    package func firstSequence(
        of shard: Int64, from sequence: Int64, notBefore time: Timestamp
    ) throws(DynamoError) -> Int64? {
        guard let last = try lastSequence(of: shard) else { return nil }
        var found: Int64?
        var (low, high) = (sequence, last)
        while low <= high {
            let middle = low + (high - low) / 2
            var next: Change?
            try changes(of: shard, from: middle) { change in
                next = change
                return false
            }
            guard let next, next.sequence <= high, next.at < time else {
                if let next, next.at >= time { found = next.sequence }
                high = middle - 1
                continue
            }
            low = next.sequence + 1
        }
        return found
    }

    func counter(_ name: String) throws(SQLiteError) -> Int64 {
        let statement = try connection.statement("SELECT value FROM counters WHERE name = ?1")
        defer { statement.reset() }
        statement.bind(name, at: 1)
        return try statement.step() ? statement.integer(0) : 1
    }

    func loadCatalog() throws(SQLiteError) -> Catalog {
        var tables: [TableRecord] = []
        var streams: [StreamDescription] = []
        let tableRows = try connection.statement("SELECT record, name FROM tables")
        defer { tableRows.reset() }
        while try tableRows.step() {
            guard let table = TableRecord(json: tableRows.blob(0)) else {
                throw SQLiteError(code: 11, message: "the record of table \(tableRows.text(1)) cannot be read")
            }
            tables.append(table)
        }
        let streamRows = try connection.statement("SELECT record, name FROM streams")
        defer { streamRows.reset() }
        while try streamRows.step() {
            guard let stream = StreamDescription(json: streamRows.blob(0)) else {
                throw SQLiteError(code: 11, message: "the record of stream \(streamRows.text(1)) cannot be read")
            }
            streams.append(stream)
        }
        return Catalog(tables: tables, streams: streams, tokensDueAt: try earliestTokenExpiry())
    }
}

package import DyadModel

/// What a write may do. Everything in it happens or nothing does: a job that throws is undone to its savepoint.
package struct WriteTransaction: ~Copyable {
    package let rows: Rows
    private let held: HeldState
    /// How what the job under way has written is taken back.
    let undo: StoreWriter.Undo
    /// Whether the job under way has written.
    private(set) var hasWritten = false

    init(rows: Rows, state: HeldState, undo: StoreWriter.Undo) {
        self.rows = rows
        held = state
        self.undo = undo
    }

    var state: State {
        get { held.state }
        nonmutating _modify { yield &held.state }
    }

    /// What a rollback must restore beside the file's rows.
    struct State {
        var catalog: Catalog
        var statistics: [SpaceID: Statistics] = [:]
        var nextSpace: Int64
        var nextShard: Int64
        var nextSequence: Int64

        mutating func count(_ space: SpaceID, items: Int, bytes: Int) {
            let at = statistics.index(forKey: space)
            guard let at else { return statistics[space] = Statistics(items: Int64(items), bytes: Int64(bytes)) }
            statistics.values[at].items += Int64(items)
            statistics.values[at].bytes += Int64(bytes)
        }
    }

    /// The state where it lies: a transaction that held it by value would copy its dictionaries at the first change.
    final class HeldState {
        var state: State

        init(_ state: State) { self.state = state }
    }

    package var catalog: Catalog { held.state.catalog }

    mutating func willWrite() throws(DynamoError) {
        guard !hasWritten else { return }
        if undo == .job { try run("SAVEPOINT job") { _ in } }
        hasWritten = true
    }

    func run(_ sql: StaticString, _ bind: (Statement) -> Void) throws(DynamoError) {
        do throws(SQLiteError) {
            let statement = try rows.connection.statement(sql)
            bind(statement)
            try statement.run()
        } catch {
            throw error.asDynamoError
        }
    }

    // MARK: Rows

    /// Puts `item` at `key`, whatever stood there.
    ///
    /// - Parameter old: the size of what stood there; nil when nothing did.
    package mutating func put(_ item: SizedItem, at key: StorageKey, in space: SpaceID, replacing old: Int?)
        throws(DynamoError)
    {
        try willWrite()
        // In a table of one index and no triggers this is one descent of the tree, where an upsert takes three.
        try run("REPLACE INTO rows(key, size, item) VALUES (?1, ?2, ?3)") {
            $0.bind(key.bytes, at: 1)
            $0.bind(Int64(item.size), at: 2)
            $0.bind(item.bytes.utf8, at: 3)
        }
        state.count(space, items: old == nil ? 1 : 0, bytes: item.size - (old ?? 0))
    }

    /// Removes the row at `key`.
    ///
    /// - Parameter old: its size.
    package mutating func remove(at key: StorageKey, in space: SpaceID, replacing old: Int) throws(DynamoError) {
        try willWrite()
        try run("DELETE FROM rows WHERE key = ?1") { $0.bind(key.bytes, at: 1) }
        state.count(space, items: -1, bytes: -old)
    }

    /// Removes at most `limit` rows of a space and sizes of its collections; true when none are left.
    package mutating func clear(_ space: SpaceID, limit: Int) throws(DynamoError) -> Bool {
        try willWrite()
        let range = KeyRange(prefix: StorageKey(space: space))
        var keys: [StorageKey] = []
        try rows.scan(range) { row in
            keys.append(StorageKey(bytes: [UInt8](row.key)))
            return keys.count < limit
        }
        for key in keys { try run("DELETE FROM rows WHERE key = ?1") { $0.bind(key.bytes, at: 1) } }
        guard keys.count < limit else { return false }
        guard try clearCollectionSizes(of: space, limit: limit - keys.count) < limit - keys.count else { return false }
        try run("DELETE FROM statistics WHERE space = ?1") { $0.bind(Int64(space.rawValue), at: 1) }
        state.statistics[space] = nil
        return true
    }

    // MARK: Changes

    /// Appends a change and gives it the region's next sequence number.
    package mutating func append(
        _ event: Change.Event, to shard: Int64, at now: Timestamp, keys: [UInt8], old: [UInt8]?, new: [UInt8]?,
        size: Int
    ) throws(DynamoError) {
        try willWrite()
        let sequence = nextSequence()
        try run(
            "INSERT INTO changes(shard, sequence, at, event, size, keys, old, new) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        ) {
            $0.bind(shard, at: 1)
            $0.bind(sequence, at: 2)
            $0.bind(now.milliseconds, at: 3)
            $0.bind(event.rawValue, at: 4)
            $0.bind(Int64(size), at: 5)
            $0.bind(keys, at: 6)
            if let old { $0.bind(old, at: 7) } else { $0.bindNull(at: 7) }
            if let new { $0.bind(new, at: 8) } else { $0.bindNull(at: 8) }
        }
    }

    /// Forgets a shard's changes before `sequence`.
    package mutating func trim(_ shard: Int64, before sequence: Int64) throws(DynamoError) {
        try willWrite()
        try run("DELETE FROM changes WHERE shard = ?1 AND sequence < ?2") {
            $0.bind(shard, at: 1)
            $0.bind(sequence, at: 2)
        }
    }

    /// A number that no change of this region has had or will have.
    package mutating func nextSequence() -> Int64 {
        defer { state.nextSequence += 1 }
        return state.nextSequence
    }

    // MARK: Catalog

    package mutating func newSpace() -> SpaceID {
        defer { state.nextSpace += 1 }
        return SpaceID(rawValue: UInt32(truncatingIfNeeded: state.nextSpace))
    }

    package mutating func newShard() -> Int64 {
        defer { state.nextShard += 1 }
        return state.nextShard
    }

    package mutating func save(_ table: TableRecord) throws(DynamoError) {
        try willWrite()
        try run(
            "INSERT INTO tables(name, record) VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET record = excluded.record"
        ) {
            $0.bind(table.name, at: 1)
            $0.bind(table.json, at: 2)
        }
        state.catalog.set(table)
    }

    package mutating func removeTable(named name: String) throws(DynamoError) {
        try willWrite()
        try run("DELETE FROM tables WHERE name = ?1") { $0.bind(name, at: 1) }
        state.catalog.remove(tableNamed: name)
    }

    package mutating func save(_ stream: StreamDescription) throws(DynamoError) {
        try willWrite()
        try run(
            "INSERT INTO streams(name, record) VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET record = excluded.record"
        ) {
            $0.bind(Catalog.streamKey(stream.table, stream.label), at: 1)
            $0.bind(stream.json, at: 2)
        }
        state.catalog.set(stream)
    }

    /// Forgets a stream and all its changes.
    package mutating func remove(_ stream: StreamDescription) throws(DynamoError) {
        try willWrite()
        try run("DELETE FROM streams WHERE name = ?1") { $0.bind(Catalog.streamKey(stream.table, stream.label), at: 1) }
        for shard in stream.shards {
            try run("DELETE FROM changes WHERE shard = ?1") { $0.bind(shard.number, at: 1) }
        }
        state.catalog.remove(stream)
    }
}

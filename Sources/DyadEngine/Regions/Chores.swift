import DyadModel
import DyadStore

/// What a region does without being asked: states that come due, backfills, deletions, trimming of streams,
/// forgetting tokens.
///
/// A function of the catalog and the time alone; runs on the region's thread between its jobs, a bounded step a turn, so
/// that requests pass in between. Whatever has a `dueAt` in the past has more to do.
enum Chores {
    /// When there is next something to do; nil while there is nothing.
    static func nextDue(in catalog: Catalog) -> Timestamp? { catalog.dueAt }

    static func perform(in store: inout WriteTransaction, _ call: Call) throws(DynamoError) {
        var budget = ChoreBudget()
        for table in store.catalog.tables.values where table.earliestDue.map({ $0 <= call.now }) == true {
            try advance(table, in: &store, &budget, call)
            guard budget.isLeft else { return }
            try expire(tableNamed: table.name, in: &store, &budget, call)
            guard budget.isLeft else { return }
        }
        for stream in store.catalog.streams.values where stream.dueAt.map({ $0 <= call.now }) == true {
            try advance(stream, in: &store, &budget, call)
            guard budget.isLeft else { return }
        }
        if let dueAt = store.catalog.tokensDueAt, dueAt <= call.now {
            let forgotten = try store.forgetTokens(
                expiredBy: call.now, limit: budget.rows, pause: IdempotencyWindow.sweepEveryMilliseconds)
            budget.rows -= forgotten
        }
    }

    private static func advance(
        _ table: TableRecord, in store: inout WriteTransaction, _ budget: inout ChoreBudget, _ call: Call
    ) throws(DynamoError) {
        var table = table
        if let dueAt = table.dueAt, dueAt <= call.now {
            guard table.status != .deleting else { return try remove(table, in: &store, &budget) }
            table.becomeActive()
        }
        table.takePending(by: call.now)
        for index in table.globalIndexes where budget.isLeft && index.dueAt.map({ $0 <= call.now }) == true {
            try advance(index, of: &table, in: &store, &budget, call)
        }
        try store.save(table)
    }

    /// Clears what is left of a table, then forgets it.
    private static func remove(
        _ table: TableRecord, in store: inout WriteTransaction, _ budget: inout ChoreBudget
    ) throws(DynamoError) {
        for space in [table.space] + table.indexes.map(\.space) + (table.timeToLive?.spaces ?? []) {
            guard budget.isLeft, try budget.clear(space, in: &store) else { return }
        }
        try store.removeTable(named: table.name)
    }
}

/// How much a turn of the chores may do before requests are looked at again: a few milliseconds of work.
struct ChoreBudget {
    static let rowsMax = 1000
    static let bytesMax = 1 << 20

    var rows = ChoreBudget.rowsMax
    var bytes = ChoreBudget.bytesMax

    var isLeft: Bool { rows > 0 && bytes > 0 }

    mutating func spend(bytes count: Int) {
        rows -= 1
        bytes -= count
    }

    /// True when nothing is left of the space. How many rows that took is not told, so a turn ends with a space that
    /// was not emptied.
    mutating func clear(_ space: SpaceID, in store: inout WriteTransaction) throws(DynamoError) -> Bool {
        let isEmpty = try store.clear(space, limit: rows)
        if !isEmpty { rows = 0 }
        return isEmpty
    }
}

extension TableRecord {
    fileprivate mutating func takePending(by now: Timestamp) {
        if let pending = pendingWarm, pending.dueAt <= now {
            pendingWarm = nil
            warmUnits = pending.value.raised(to: warmUnits)
        }
        if let pending = pendingEncryption, pending.dueAt <= now {
            pendingEncryption = nil
            encryption = pending.value
        }
        for at in globalIndexes.indices {
            guard let pending = globalIndexes[at].pendingWarm, pending.dueAt <= now else { continue }
            globalIndexes[at].pendingWarm = nil
            globalIndexes[at].warmUnits = pending.value.raised(to: globalIndexes[at].warmUnits)
        }
    }

    /// Ends CREATING or UPDATING.
    fileprivate mutating func becomeActive() {
        if status == .creating {
            for at in globalIndexes.indices { globalIndexes[at].status = .active }
        }
        if let units = pendingUnits {
            pendingUnits = nil
            var warm = warmUnits
            throughput.change(to: units, keepingWarm: &warm)
            warmUnits = warm
        }
        status = .active
        updating = nil
        dueAt = nil
    }
}

extension TableRecord.Units {
    /// At least the other's reads and writes.
    func raised(to other: Self?) -> Self {
        Self(read: max(read, other?.read ?? 0), write: max(write, other?.write ?? 0))
    }
}

extension TableRecord.Throughput {
    /// Gives the new units; from on-demand billing and to it nothing decreases. Times were noted when it was asked for.
    ///
    /// - Parameter warm: what the table or index stays warm for, at least what it once had.
    mutating func change(to units: TableRecord.Units, keepingWarm warm: inout TableRecord.Units?) {
        if readUnits > 0 || writeUnits > 0 {
            warm = TableRecord.Units(read: readUnits, write: writeUnits).raised(to: warm)
        }
        let isDecrease = units.read < readUnits || units.write < writeUnits
        if isDecrease, units.read > 0 { decreasesToday += 1 }
        readUnits = units.read
        writeUnits = units.write
    }
}

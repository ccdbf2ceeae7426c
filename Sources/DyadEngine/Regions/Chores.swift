import DyadModel
import DyadStore

/// What a region does without being asked: states that come due, backfills, deletions, trimming of streams.
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
        try store.save(table)
    }

    /// Clears what is left of a table, then forgets it.
    private static func remove(
        _ table: TableRecord, in store: inout WriteTransaction, _ budget: inout ChoreBudget
    ) throws(DynamoError) {
        for space in [table.space] + table.indexes.map(\.space) {
            guard budget.isLeft, try budget.clear(space, in: &store) else { return }
        }
        try store.removeTable(named: table.name)
    }
}

/// How much a turn of the chores may do before requests are looked at again.
struct ChoreBudget {
    /// Rows cleared or filled in: a few milliseconds of work.
    static let rowsMax = 1000
    static let bytesMax = 1 << 20

    var rows = ChoreBudget.rowsMax
    var bytes = ChoreBudget.bytesMax

    var isLeft: Bool { rows > 0 && bytes > 0 }

    /// True when nothing is left of the space. What a space has left is not known, so a turn clears one with rows in it.
    mutating func clear(_ space: SpaceID, in store: inout WriteTransaction) throws(DynamoError) -> Bool {
        let before = rows
        let isEmpty = try store.clear(space, limit: before)
        if !isEmpty { rows = 0 }
        return isEmpty
    }
}

extension TableRecord {
    /// Ends CREATING or UPDATING.
    mutating func becomeActive() {
        let wasCreating = status == .creating
        status = .active
        dueAt = nil
        if wasCreating { for at in globalIndexes.indices { globalIndexes[at].status = .active } }
    }
}

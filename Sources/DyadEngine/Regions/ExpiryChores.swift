import DyadModel
import DyadStore

// Items that are past their time to live are found in an index that is in the order of expiry, and deleted as any other
// item is, in bounded steps.

extension Chores {
    static func expire(
        tableNamed name: String, in store: inout WriteTransaction, _ budget: inout ChoreBudget, _ call: Call
    ) throws(DynamoError) {
        guard var table = store.catalog.tables[name], var timeToLive = table.timeToLive, table.status != .deleting,
            let due = timeToLive.dueAt, due <= call.now
        else { return }
        while let space = timeToLive.retired.last, budget.isLeft {
            guard try budget.clear(space, in: &store) else { break }
            timeToLive.retired.removeLast()
        }
        if var index = timeToLive.index, budget.isLeft {
            if index.backfilledUpTo != nil {
                try fill(&index, of: table, in: &store, &budget)
                timeToLive.index = index
            }
            if index.backfilledUpTo == nil, budget.isLeft {
                try sweep(index, of: table, in: &store, &budget, call)
            }
        }
        timeToLive.dueAt = try nextDue(of: timeToLive, in: store, call)
        table.timeToLive = timeToLive
        try store.save(table)
    }

    /// Puts the expiries of the next rows into the index.
    private static func fill(
        _ index: inout TableRecord.TimeToLive.Index, of table: TableRecord, in store: inout WriteTransaction,
        _ budget: inout ChoreBudget
    ) throws(DynamoError) {
        var range = KeyRange(prefix: StorageKey(space: table.space))
        if let cursor = index.backfilledUpTo, !cursor.isEmpty { range.lower = StorageKey(bytes: cursor + [0]) }
        var entries: [StorageKey] = []
        var last: [UInt8]?
        var isEnd = true
        try store.rows.scan(range) { row in
            guard budget.isLeft else {
                isEnd = false
                return false
            }
            let key = [UInt8](row.key)
            if let entry = index.entry(of: ItemBytes(canonical: [UInt8](row.item)), at: StorageKey(bytes: key)) {
                entries.append(entry)
            }
            last = key
            budget.spend(bytes: row.size)
            return true
        }
        for entry in entries where try store.rows.item(at: entry) == nil {
            try store.put(SizedItem(bytes: .empty, size: 0), at: entry, in: index.space, replacing: nil)
        }
        index.backfilledUpTo = isEnd ? nil : last ?? index.backfilledUpTo
    }

    private static func sweep(
        _ index: TableRecord.TimeToLive.Index, of table: TableRecord, in store: inout WriteTransaction,
        _ budget: inout ChoreBudget, _ call: Call
    ) throws(DynamoError) {
        let expired = Expiry.expired(at: call.now)
        var entries: [StorageKey] = []
        let range = KeyRange(from: index.key(of: expired.lowerBound), to: index.key(of: expired.upperBound))
        try store.rows.scan(range) { row in
            entries.append(StorageKey(bytes: [UInt8](row.key)))
            return entries.count < budget.rows
        }
        for entry in entries where budget.isLeft {
            let key = TableRecord.TimeToLive.Index.tableKey(of: entry, in: table.space)
            let outcome = try ItemWrite(action: .delete, isByService: true)
                .apply(to: &store, table: table, key: key, call)
            if outcome.old == nil { try store.remove(at: entry, in: index.space, replacing: 0) }
            budget.spend(bytes: outcome.old?.size ?? 0)
        }
    }

    /// At once while there is something to clear or to fill, else with the first item that expires.
    private static func nextDue(
        of timeToLive: TableRecord.TimeToLive, in store: borrowing WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Timestamp? {
        guard timeToLive.retired.isEmpty, timeToLive.index?.backfilledUpTo == nil else { return call.now }
        guard let index = timeToLive.index else { return nil }
        var first: StorageKey?
        let lower = index.key(of: Expiry.expired(at: call.now).lowerBound)
        try store.rows.scan(KeyRange(from: lower, to: StorageKey(space: index.space).successorOfPrefix)) { row in
            first = StorageKey(bytes: [UInt8](row.key))
            return false
        }
        return first.map { Expiry.due(TableRecord.TimeToLive.Index.second(of: $0)) }
    }
}

import DyadModel
import DyadStore

// A global index that is made of a table with rows passes through three states: its place is made (CREATING, no
// backfill), it is filled (CREATING, backfilling), it is ACTIVE. Writes to the table keep it right from the first
// moment, so the backfill need only visit every row once, in any number of turns.

extension Chores {
    static func advance(
        _ index: IndexRecord, of table: inout TableRecord, in store: inout WriteTransaction,
        _ budget: inout ChoreBudget,
        _ call: Call
    ) throws(DynamoError) {
        var index = index
        switch index.status {
        case .creating where index.backfilledUpTo == nil:
            index.backfilledUpTo = []
            index.dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
        case .creating:
            if try fill(&index, of: table, in: &store, &budget) { index.becomeActive() }
        case .updating: index.becomeActive()
        case .deleting:
            guard try budget.clear(index.space, in: &store) else { return }
            table.remove(index)
            return
        case .active: index.dueAt = nil
        }
        table.replace(index)
    }

    /// Puts the entries of the next rows into the index; true when there are no more.
    private static func fill(
        _ index: inout IndexRecord, of table: TableRecord, in store: inout WriteTransaction, _ budget: inout ChoreBudget
    ) throws(DynamoError) -> Bool {
        var range = KeyRange(prefix: StorageKey(space: table.space))
        // The least key above the cursor is the cursor with a zero behind it.
        if let cursor = index.backfilledUpTo, !cursor.isEmpty { range.lower = StorageKey(bytes: cursor + [0]) }
        var rows: [(key: StorageKey, item: SizedItem)] = []
        var isEnd = true
        try store.rows.scan(range) { row in
            guard budget.isLeft else {
                isEnd = false
                return false
            }
            let item = SizedItem(bytes: ItemBytes(canonical: [UInt8](row.item)), size: row.size)
            rows.append((StorageKey(bytes: [UInt8](row.key)), item))
            budget.spend(bytes: row.size)
            return true
        }
        for row in rows {
            guard let entry = index.entry(for: row.item, at: row.key) else { continue }
            let present = try store.rows.item(at: entry.key)
            guard present != entry.item else { continue }
            try store.put(entry.item, at: entry.key, in: index.space, replacing: present?.size)
        }
        if let last = rows.last { index.backfilledUpTo = last.key.bytes }
        return isEnd
    }
}

extension IndexRecord {
    fileprivate mutating func becomeActive() {
        if let units = pendingUnits {
            pendingUnits = nil
            throughput.change(to: units, keepingWarm: &warmUnits)
        }
        status = .active
        backfilledUpTo = nil
        dueAt = nil
    }
}

extension TableRecord {
    mutating func replace(_ index: IndexRecord) {
        guard let at = globalIndexes.firstIndex(where: { $0.name == index.name }) else { return }
        globalIndexes[at] = index
    }

    /// Forgets an index and the attributes that only its key was made of.
    fileprivate mutating func remove(_ index: IndexRecord) {
        globalIndexes.removeAll { $0.name == index.name }
        let used = Set((key.attributes + indexes.flatMap(\.key.attributes)).map(\.name))
        attributes.removeAll { !used.contains($0.name) }
    }
}

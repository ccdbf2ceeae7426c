import DyadLanguage
import DyadModel
import DyadStore

/// The one door through which an item changes: it evaluates the condition, writes the row, the rows of the indexes, the
/// size of the item collection and the change record. Put, delete, update, batches, transactions and whatever comes later
/// all lower to it.
struct ItemWrite: Sendable {
    enum Action: Sendable {
        case put(SizedItem)
        case delete
        /// Nil expression: the item is made with its key alone if it is not there.
        case update(Update?, key: SizedItem)
        /// Nothing but the condition: the item stays as it is.
        case check
    }

    enum Refusal: Sendable {
        case conditionalCheckFailed
        /// Of an INSERT: its condition is that there is no such item.
        case duplicateItem
    }

    let action: Action
    var condition: Condition?
    /// Whether a failed condition's error carries the item.
    var showsItemOnFailure = false
    /// What a failed condition is answered.
    var refusal = Refusal.conditionalCheckFailed
    /// Whether the service does it itself: a deletion of what has expired.
    var isByService = false

    /// What the write did.
    struct Outcome: Sendable {
        let old: SizedItem?
        let new: SizedItem?
        /// Write units that each index took; indexes that were not touched are absent.
        let indexUnits: [(index: IndexRecord, units: Int)]
    }

    /// Source: docs, "Constraints in Amazon DynamoDB", item size.
    static let itemBytesMax = 409_600

    static func checkSize(ofPut item: SizedItem) throws(DynamoError) {
        guard item.size <= itemBytesMax else {
            throw itemTooLarge
        }
    }

    static let itemTooLarge = DynamoError.validation("Item size has exceeded the maximum allowed size")

    /// What the write comes to.
    struct Decision: Sendable {
        let old: SizedItem?
        let new: SizedItem?
        let isByService: Bool
        /// What becomes of the item's collection; nil for tables without local indexes.
        let collection: CollectionSizes.Change?
    }

    /// Does the write at `key`, or throws and leaves everything as it was.
    func apply(
        to store: inout WriteTransaction, table: TableRecord, key: StorageKey, _ call: Call
    ) throws(DynamoError) -> Outcome {
        var collections = CollectionSizes()
        let decision = try decide(on: store.rows, &collections, table: table, key: key, call)
        return try decision.carryOut(in: &store, table: table, key: key, call)
    }

    /// Everything that can be refused, and nothing written yet.
    ///
    /// - Parameter collections: as the request's writes that were decided before will leave them.
    func decide(
        on rows: Rows, _ collections: inout CollectionSizes, table: TableRecord, key: StorageKey, _ call: Call
    ) throws(DynamoError) -> Decision {
        try call.settings.transactions?.checkFree(key, of: table, call)
        try table.key.checkScalar(condition?.paths ?? [], "Key")
        let old = try rows.item(at: key)
        if let condition, !condition.isSatisfied(by: old?.bytes ?? .empty) {
            throw refusal.error(item: showsItemOnFailure ? old?.bytes : nil)
        }
        let new = try changed(old, in: table)
        let collection = try collections.change(from: old, to: new, at: key, in: table, on: rows, call)
        return Decision(old: old, new: new, isByService: isByService, collection: collection)
    }

    private func changed(_ old: SizedItem?, in table: TableRecord) throws(DynamoError) -> SizedItem? {
        switch action {
        case .put(let item): return item
        case .delete: return nil
        case .check: return old
        case .update(nil, let key): return old ?? key
        // ScyllaDB's test_update_item_non_existent, run against AWS.
        case .update(let update?, _) where old == nil && update.onlyRemoves: return nil
        case .update(let update?, let key):
            let new = try update.apply(to: old ?? key, isNew: old == nil, bytesMax: Self.itemBytesMax)
            try Self.checkIndexKeys(of: new.bytes, changedBy: update, in: table)
            return new
        }
    }

    private static func checkIndexKeys(
        of item: ItemBytes, changedBy update: Update, in table: TableRecord
    ) throws(DynamoError) {
        guard !table.indexesByName.isEmpty else { return }
        let touched = Set(update.touchedPaths.map(\.root))
        for index in table.indexesByName {
            for attribute in index.key.attributes where touched.contains(attribute.name) {
                guard let value = item.attribute(named: attribute.name) else { continue }
                // What the request itself holds is told in Put's words, what came of evaluating it in others.
                if value.isEmpty(keyFor: attribute) { throw .emptyIndexKeyOfUpdate(attribute) }
                if update.assignedValue(to: attribute.name) != nil { try index.check(value, for: attribute) }
                guard value.kind.rawValue == attribute.type.rawValue else {
                    throw .validation(
                        "The update expression attempted to update the secondary index key to unsupported type")
                }
                try index.check(value, for: attribute)
            }
            try index.checkLength { item.attribute(named: $0) }
        }
    }
}

extension ItemWrite.Refusal {
    fileprivate func error(item: ItemBytes?) -> DynamoError {
        switch self {
        case .conditionalCheckFailed:
            DynamoError(.conditionalCheckFailed, "The conditional request failed", item: item)
        case .duplicateItem: DynamoError(.duplicateItem, "Duplicate primary key exists in table", item: item)
        }
    }
}

extension ItemWrite.Decision {
    /// Writes the row, the rows of the indexes and the change record; nothing at all if nothing changes.
    ///
    /// - Precondition: the item at `key` is still the one it was decided on.
    func carryOut(
        in store: inout WriteTransaction, table: TableRecord, key: StorageKey, _ call: Call
    ) throws(DynamoError) -> ItemWrite.Outcome {
        guard old?.bytes != new?.bytes else { return ItemWrite.Outcome(old: old, new: new, indexUnits: []) }
        if let new {
            try store.put(new, at: key, in: table.space, replacing: old?.size)
        } else if let old {
            try store.remove(at: key, in: table.space, replacing: old.size)
        }
        try store.updateExpiry(of: table, at: key, from: old?.bytes, to: new?.bytes, call)
        let units = try updateIndexes(of: table, at: key, in: &store)
        if let collection { try store.keep(collectionSize: collection.size, at: collection.key) }
        try recordChange(of: table, at: key, in: &store, call)
        return ItemWrite.Outcome(old: old, new: new, indexUnits: units)
    }

    // MARK: Indexes

    private func updateIndexes(
        of table: TableRecord, at key: StorageKey, in store: inout WriteTransaction
    ) throws(DynamoError) -> [(index: IndexRecord, units: Int)] {
        var touched: [(index: IndexRecord, units: Int)] = []
        for index in table.indexes where index.status != .deleting {
            let before = try oldEntry(of: old, in: index, at: key, store)
            let after = new.flatMap { index.entry(for: $0, at: key) }
            guard before != after else { continue }
            if let before, before.key != after?.key {
                try store.remove(at: before.key, in: index.space, replacing: before.item.size)
            }
            if let after {
                let replaced = before?.key == after.key ? before?.item.size : nil
                try store.put(after.item, at: after.key, in: index.space, replacing: replaced)
            }
            touched.append((index, CapacityUnits.indexWrite(from: before, to: after)))
        }
        return touched
    }

    /// The old item's entry. While an index is being filled it may not be there yet.
    private func oldEntry(
        of old: SizedItem?, in index: IndexRecord, at key: StorageKey, _ store: borrowing WriteTransaction
    ) throws(DynamoError) -> IndexEntry? {
        guard let entry = old.flatMap({ index.entry(for: $0, at: key) }) else { return nil }
        guard index.status == .creating else { return entry }
        return try store.rows.item(at: entry.key) == nil ? nil : entry
    }

    // MARK: Changes

    private func recordChange(
        of table: TableRecord, at key: StorageKey, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) {
        guard let stream = table.stream, let item = new ?? old else { return }
        let removal: Change.Event = isByService ? .expire : .remove
        let event: Change.Event = old == nil ? .insert : new == nil ? removal : .modify
        let keys = table.keyAttributes(of: item.bytes)
        let showsOld = stream.view == .oldImage || stream.view == .newAndOldImages
        let showsNew = stream.view == .newImage || stream.view == .newAndOldImages
        let size = keys.decoded().size + (showsOld ? old?.size ?? 0 : 0) + (showsNew ? new?.size ?? 0 : 0)
        try store.append(
            event, to: stream.openShards.owner(of: key), at: call.now, keys: keys.utf8,
            old: showsOld ? old?.bytes.utf8 : nil, new: showsNew ? new?.bytes.utf8 : nil, size: size)
    }
}

import DyadModel
import DyadStore

/// The items that share a partition key and their entries in the table's local indexes. AWS measures and limits them
/// for tables with local indexes alone. Source: docs, "Local secondary indexes", item collections.
struct ItemCollection {
    private let table: TableRecord
    /// What the keys of its items begin with.
    let key: StorageKey

    /// The collection of the item at `itemKey`; nil when the table has no local index.
    init?(at itemKey: StorageKey, in table: TableRecord) {
        guard !table.localIndexes.isEmpty else { return nil }
        self.table = table
        key = itemKey.partition
    }

    /// Bytes of the items and of what the local indexes project of them.
    func size(on rows: Rows) throws(DynamoError) -> Int {
        if let kept = try rows.collectionSize(at: key) { return kept }
        var size = try rows.size(of: key)
        for index in table.localIndexes { size += try rows.size(of: key.moved(to: index.space)) }
        return size
    }

    /// What it gains when the item at `itemKey` becomes another; less than nothing when it shrinks.
    fileprivate func growth(at itemKey: StorageKey, from old: SizedItem?, to new: SizedItem?) -> Int {
        func size(_ item: SizedItem?) -> Int {
            guard let item else { return 0 }
            return table.localIndexes.reduce(item.size) { $0 + ($1.entry(for: item, at: itemKey)?.item.size ?? 0) }
        }
        return size(new) - size(old)
    }
}

/// The collections that a request changes, at the sizes they will have: members of a transaction may share one.
struct CollectionSizes {
    private var sizes: [StorageKey: Int] = [:]

    /// A collection, and the size to keep of it.
    struct Change: Sendable {
        let key: StorageKey
        let size: Int
    }

    /// What a change of an item does to its collection; nil when that is not measured, or nothing changes.
    ///
    /// - Throws: ItemCollectionSizeLimitExceededException when the collection grows and passes the limit. One beyond it
    ///   may shrink.
    mutating func change(
        from old: SizedItem?, to new: SizedItem?, at key: StorageKey, in table: TableRecord, on rows: Rows, _ call: Call
    ) throws(DynamoError) -> Change? {
        guard let collection = ItemCollection(at: key, in: table), old?.bytes != new?.bytes else { return nil }
        let growth = collection.growth(at: key, from: old, to: new)
        let before = if let decided = sizes[collection.key] { decided } else { try collection.size(on: rows) }
        let size = before + growth
        guard growth <= 0 || size <= call.settings.itemCollectionBytesMax else {
            throw .itemCollectionSizeLimitExceeded
        }
        sizes[collection.key] = size
        return Change(key: collection.key, size: size)
    }
}

extension DynamoError {
    /// The documentation's words, without the full stop: it gives its neighbours one too, and AWS sends them without.
    static let itemCollectionSizeLimitExceeded = DynamoError(
        .itemCollectionSizeLimitExceeded, "Collection size exceeded")
}

/// The size of an item collection, as writes tell it.
struct ItemCollectionMetrics: Sendable {
    /// The partition key attribute, as an item.
    let key: ItemBytes
    private let size: Int

    /// Nil unless it was asked for and the table has a local index.
    ///
    /// - Parameters:
    ///   - item: the item that was written, or its key.
    ///   - rows: as they are after the write.
    init?(
        _ asked: ReturnItemCollectionMetrics?, of item: ItemBytes, at itemKey: StorageKey, in table: TableRecord,
        on rows: Rows
    ) throws(DynamoError) {
        guard asked == .size, let collection = ItemCollection(at: itemKey, in: table) else { return nil }
        let names = table.key.partition.map(\.name)
        key = item.picking { names.contains($0) }
        size = try collection.size(on: rows)
    }

    /// AWS tells the whole gigabytes between which the size lies (paritysuite/dynamodb-conformance,
    /// itemCollectionMetrics). One is 1,024 MB: docs, "Constraints".
    func write(to json: inout JSONWriter) {
        let gigabytes = size >> 30
        json.object { json in
            json.member("ItemCollectionKey") { $0.splice(key.utf8) }
            json.member("SizeEstimateRangeGB") { $0.splice(Array("[\(gigabytes).0,\(gigabytes + 1).0]".utf8)) }
        }
    }
}

import DyadModel
import DyadStore

/// When items expire. Source: docs, "Using time to live": a Number of seconds since 1970; an item expires when that is
/// past, and one that is past by more than five years is left alone.
enum Expiry {
    static let secondsBackMax: Int64 = 5 * 365 * 24 * 60 * 60

    /// The whole second of a value; nil for one that never expires.
    static func second(of value: AttributeValue?) -> Int64? {
        guard case .number(let number) = value, !number.isNegative, number.exponent <= 18 else { return nil }
        var whole = number.coefficient
        // The first digit of what a shift of 38 leaves is zero already.
        for _ in 0..<min(39, abs(number.exponent)) {
            guard number.exponent > 0 else {
                whole /= 10
                continue
            }
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            whole = product
        }
        return Int64(exactly: whole).flatMap { $0 < Int64.max / 1000 ? $0 : nil }
    }

    /// The first moment at which `second` is past.
    static func due(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1000 + 1) }

    /// The seconds of items that are to be deleted at `now`.
    static func expired(at now: Timestamp) -> Range<Int64> {
        let upper = max(0, (now.milliseconds - 1) / 1000 + 1)
        return max(0, now.milliseconds / 1000 - secondsBackMax)..<upper
    }
}

extension TableRecord.TimeToLive.Index {
    private static let secondCount = 8

    /// The least key of a second.
    func key(of second: Int64) -> StorageKey {
        var bytes = StorageKey(space: space).bytes
        withUnsafeBytes(of: UInt64(bitPattern: second).bigEndian) { bytes += $0 }
        return StorageKey(bytes: bytes)
    }

    /// The row of an item that expires; nil for one that never does.
    func entry(of item: ItemBytes, at tableKey: StorageKey) -> StorageKey? {
        guard let second = Expiry.second(of: item.attribute(named: attribute)) else { return nil }
        var key = key(of: second)
        key.append(tableKey: tableKey)
        return key
    }

    static func second(of entry: StorageKey) -> Int64 {
        let digits = entry.bytes[StorageKey.spaceCount..<StorageKey.spaceCount + secondCount]
        return digits.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The key in the table of the item that a row stands for.
    static func tableKey(of entry: StorageKey, in space: SpaceID) -> StorageKey {
        StorageKey(
            bytes: StorageKey(space: space).bytes + entry.bytes[(StorageKey.spaceCount + secondCount)...])
    }
}

extension WriteTransaction {
    /// Keeps a table's expiry index with a change of an item.
    mutating func updateExpiry(
        of table: TableRecord, at key: StorageKey, from old: ItemBytes?, to new: ItemBytes?, _ call: Call
    ) throws(DynamoError) {
        guard let index = table.timeToLive?.index else { return }
        let before = old.flatMap { index.entry(of: $0, at: key) }
        let after = new.flatMap { index.entry(of: $0, at: key) }
        guard before != after else { return }
        // While the index is being filled the old row may not be there yet.
        if let before {
            let isThere = index.backfilledUpTo == nil ? true : try rows.item(at: before) != nil
            if isThere { try remove(at: before, in: index.space, replacing: 0) }
        }
        guard let after else { return }
        try putExpiry(after, of: table.name, in: index, call)
    }

    /// Puts a row into the index, and lets the chores know when it comes before all others.
    mutating func putExpiry(
        _ entry: StorageKey, of table: String, in index: TableRecord.TimeToLive.Index, _ call: Call
    ) throws(DynamoError) {
        try put(SizedItem(bytes: .empty, size: 0), at: entry, in: index.space, replacing: nil)
        let second = TableRecord.TimeToLive.Index.second(of: entry)
        guard second >= Expiry.expired(at: call.now).lowerBound, var record = catalog.tables[table] else { return }
        let due = Expiry.due(second)
        guard record.timeToLive?.dueAt.map({ due < $0 }) ?? true else { return }
        record.timeToLive?.dueAt = due
        try save(record)
    }
}

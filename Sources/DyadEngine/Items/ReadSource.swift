import DyadModel
import DyadStore

/// What a Query or Scan reads: a table, or one of its indexes.
struct ReadSource {
    let table: TableRecord
    let index: IndexRecord?

    var space: SpaceID { index?.space ?? table.space }
    var key: KeySchema { index?.key ?? table.key }

    /// All attributes of a LastEvaluatedKey: the source's key and the table's.
    var positionNames: Set<Text> { index?.keyNames ?? Set(table.key.attributes.map(\.name)) }

    init(_ table: TableRecord, indexName: String?) throws(DynamoError) {
        self.table = table
        guard let indexName else {
            index = nil
            return
        }
        guard let index = table.index(named: indexName) else {
            throw .validation("The table does not have the specified index: \(indexName)")
        }
        if index.isGlobal, index.status == .creating {
            throw .validation("Cannot read from backfilling global secondary index: \(indexName)")
        }
        guard index.status != .deleting else {
            throw .validation("The table does not have the specified index: \(indexName)")
        }
        self.index = index
    }

    func checkConsistency(_ isConsistent: Bool) throws(DynamoError) {
        if isConsistent, let index, index.isGlobal {
            throw .validation("Consistent reads are not supported on global secondary indexes")
        }
    }

    // MARK: Start keys

    /// The row that an ExclusiveStartKey names.
    ///
    /// - Throws: `mismatch` when it has not exactly the attributes of a position, with their types.
    func position(of startKey: ItemBytes, mismatch: DynamoError) throws(DynamoError) -> StorageKey {
        let names = positionNames
        guard startKey.attributeCount == names.count else { throw mismatch }
        for attribute in key.attributes + table.key.attributes {
            guard let value = startKey.rawValue(named: attribute.name),
                KeyComponent(canonical: value, type: attribute.type).map({ !$0.bytes.isEmpty }) == true
            else { throw mismatch }
        }
        let tableKeyNames = Set(table.key.attributes.map(\.name))
        let tableKey = try table.key(named: startKey.picking { tableKeyNames.contains($0) })
        guard let index else { return tableKey }
        guard let entry = index.entry(for: SizedItem(bytes: startKey, size: 0), at: tableKey) else { throw mismatch }
        return entry.key
    }
}

extension KeyRange {
    /// What is left of the range behind `position`, in the order of reading.
    func behind(_ position: StorageKey, descending: Bool) -> KeyRange {
        descending
            ? KeyRange(from: lower, to: min(position, upper ?? position))
            // The least key above a key is that key and a zero byte.
            : KeyRange(from: max(lower, StorageKey(bytes: position.bytes + [0])), to: upper)
    }

    func contains(_ key: StorageKey) -> Bool {
        !(key < lower) && upper.map { key < $0 } ?? true
    }
}

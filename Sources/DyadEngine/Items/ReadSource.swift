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

    /// Whether these attributes have to be fetched from the table: a local index has its table's items at hand.
    ///
    /// - Throws: when a global index is asked for what it does not project.
    func mustFetch(_ names: [Text]) throws(DynamoError) -> Bool {
        guard let index, index.projection != .all else { return false }
        let missing = names.filter { !index.projects($0) }
        guard index.isGlobal, !missing.isEmpty else { return !missing.isEmpty }
        throw .invalidValue(
            "Global secondary index \(index.name) does not project "
                + "[\(missing.map(\.string).joined(separator: ", "))]")
    }

    /// What is read by the index's key has to have all that it is filtered by. A Scan of an index does not: it finds
    /// the attribute missing.
    ///
    /// Source: dynamodb-conformance, error-messages/partiqlIndexQualifier, captured from AWS; that Query is refused in
    /// the same words, from AppSync's queries (amplify) and DynamoDB local.
    func check(filterNames: [Text]) throws(DynamoError) {
        guard let index, index.projection != .all else { return }
        let missing = filterNames.filter { !index.projects($0) }
        guard !missing.isEmpty else { return }
        throw .invalidValue(
            "Secondary index \(index.name) does not project one or more filter attributes: "
                + "[\(missing.inHashOrder.map(\.string).joined(separator: ", "))]")
    }

    // MARK: Start keys

    /// The row that an ExclusiveStartKey names. Order and words of the refusals: dynalite's tests.
    ///
    /// - Throws: `shape` when it has not exactly the attributes of a position, `type` when one of the key that is read
    ///   has another type.
    func position(
        of startKey: ItemBytes, shape: DynamoError, type: DynamoError
    ) throws(DynamoError) -> StorageKey {
        let names = positionNames
        guard startKey.attributeCount == names.count, names.allSatisfy({ startKey.rawValue(named: $0) != nil }) else {
            throw shape
        }
        guard hasTypes(key, startKey) else { throw type }
        guard hasTypes(table.key, startKey) else { throw .invalidStartKeySchema }
        let tableKeyNames = Set(table.key.attributes.map(\.name))
        let tableKey = try table.key(named: startKey.picking { tableKeyNames.contains($0) })
        guard let index else { return tableKey }
        guard let entry = index.entry(for: SizedItem(bytes: startKey, size: 0), at: tableKey) else { throw shape }
        return entry.key
    }

    private func hasTypes(_ schema: KeySchema, _ item: ItemBytes) -> Bool {
        schema.attributes.allSatisfy { attribute in
            item.rawValue(named: attribute.name).map {
                CanonicalReader.kind(of: $0).rawValue == attribute.type.rawValue
            } ?? false
        }
    }

    // MARK: Paths

    /// Keys are scalars: nothing lies in them.
    func checkScalarKeys(_ paths: some Sequence<DocumentPath>) throws(DynamoError) {
        try table.key.checkScalar(paths, "Key")
        try index?.key.checkScalar(paths, "IndexKey")
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

extension KeySchema {
    /// - Parameter word: what AWS calls the attribute: `Key` or `IndexKey`.
    func checkScalar(_ paths: some Sequence<DocumentPath>, _ word: String) throws(DynamoError) {
        for path in paths where !path.steps.isEmpty && attributes.contains(where: { $0.name == path.root }) {
            throw .validation(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                    + "\(word): \(path.root)")
        }
    }
}

extension [Text] {
    /// The order in which a HashSet of Java's lists them, which is how AWS does (floci's integration test 11, recorded from
    /// AWS).
    fileprivate var inHashOrder: [Text] {
        var buckets: UInt32 = 16
        while count > Int(buckets) * 3 / 4 { buckets *= 2 }
        func bucket(_ name: Text) -> UInt32 {
            let hash = name.string.utf16.reduce(into: UInt32(0)) { $0 = $0 &* 31 &+ UInt32($1) }
            return (hash ^ hash >> 16) & (buckets - 1)
        }
        // Sorting is stable: what shares a bucket stays in the order in which it came.
        return sorted { bucket($0) < bucket($1) }
    }
}

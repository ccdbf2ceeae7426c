import DyadLanguage
import DyadModel
import DyadStore

/// The runs of rows that a SELECT reads, in the order of reading: it lowers to what Query and Scan read.
struct StatementRead: Sendable {
    let source: ReadSource
    let ranges: [KeyRange]
    let isDescending: Bool
    /// Whether it reads partitions that its condition names; otherwise all is scanned.
    let isKeyed: Bool
    private let select: SelectStatement

    /// - Throws: what is wrong with the statement for this table, in AWS's order as far as it is known.
    init(_ select: SelectStatement, in table: TableRecord, isConsistent: Bool) throws(DynamoError) {
        self.select = select
        source = try Self.source(of: select, in: table)
        if let fault = select.fault { throw fault }
        if isConsistent, source.index?.isGlobal == true {
            throw .validation("Strongly consistent read is not supported on Global Secondary Indexes")
        }
        _ = try source.mustFetch((select.columns ?? []).map(\.path.root))
        let reads = try select.condition?.reads(of: source.key)
        isKeyed = reads != nil
        var named: [NamedRange] = []
        for read in reads ?? [] where !read.isEmpty { named.append(NamedRange(read, try source.range(of: read))) }
        named = try NamedRange.apart(named)
        try source.checkFilters(of: reads ?? [])
        let order = try StatementOrder(select, source.key, partitions: reads.map { Set($0.map(\.partition)).count })
        named.sort { order.isFirst($0, $1) }
        ranges = isKeyed ? named.map(\.range) : [KeyRange(prefix: StorageKey(space: source.space))]
        isDescending = order.isDescending
    }

    private static func source(
        of select: SelectStatement, in table: TableRecord
    ) throws(DynamoError) -> ReadSource {
        if let name = select.source.index, table.index(named: name) == nil {
            throw .validation("The table does not have the specified index")
        }
        let source = try ReadSource(table, indexName: select.source.index)
        guard source.key.partition.count == 1, source.key.sort.count <= 1 else {
            throw .validation(
                "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute "
                    + "RANGE keys.")
        }
        return source
    }

    /// A reader of one of the ranges.
    func reader(of range: KeyRange, limit: Int?) throws(DynamoError) -> PageReader {
        var reader = PageReader(source: source, range: range, projection: projection)
        reader.descending = isDescending
        reader.limit = limit
        reader.filter = select.condition?.whole
        reader.fetches = try source.mustFetch((select.columns ?? []).map(\.path.root))
        return reader
    }

    var projection: ItemProjection { select.columns.map { .columns($0) } ?? .whole }

    /// Every path that the statement reads.
    var paths: [DocumentPath] { Array(select.condition?.whole.paths ?? []) + projection.paths }
}

extension LocatedRead {
    /// A SELECT of several at once: it names one item, and asks for nothing else.
    ///
    /// - Throws: `refusal` when it does not.
    init(_ select: SelectStatement, in table: TableRecord, refusal: DynamoError) throws(DynamoError) {
        guard select.source.index == nil, let reference = select.reference(in: table) else { throw refusal }
        self.init(
            tableName: select.source.table, table: table, key: try reference.locate(in: table).key,
            projection: select.columns.map { .columns($0) } ?? .whole)
    }
}

extension Catalog {
    func tableForItems(_ select: SelectStatement, _ call: Call) throws(DynamoError) -> TableRecord {
        do throws(DynamoError) {
            return try tableForItems(select.source.table, call)
        } catch {
            throw select.fault ?? error
        }
    }
}

extension SelectStatement {
    /// The one item that is asked for by nothing but its key.
    func reference(in table: TableRecord) -> StatementCondition.ItemReference? {
        let reference = try? condition?.item(of: table.key, acceptsLists: true)
        return reference?.rest == nil ? reference : nil
    }
}

/// A run of rows and the partition that it is of.
struct NamedRange: Sendable {
    let partition: [UInt8]
    var range: KeyRange
    let isNegated: Bool

    init(_ read: StatementCondition.Read, _ range: KeyRange) {
        partition = KeyComponent(read.partition)?.bytes ?? []
        self.range = range
        isNegated = read.isNegated
    }

    /// The ranges without overlaps, in the order of their keys.
    ///
    /// - Throws: AWS's refusal of overlaps, from which reads with a negated condition are free: those are united.
    static func apart(_ ranges: [NamedRange]) throws(DynamoError) -> [NamedRange] {
        var apart: [NamedRange] = []
        for next in ranges.sorted(by: { $0.range.lower < $1.range.lower }) where !next.range.isEmpty {
            guard let last = apart.last, last.overlaps(next) else {
                apart.append(next)
                continue
            }
            guard last.isNegated || next.isNegated else {
                throw .validation("Overlapping conditions with range keys are not supported in where clause")
            }
            apart[apart.count - 1].range.upper = later(last.range.upper, next.range.upper)
        }
        return apart
    }

    /// - Precondition: this begins no later.
    private func overlaps(_ next: NamedRange) -> Bool {
        partition == next.partition && range.upper.map { next.range.lower < $0 } ?? true
    }

    private static func later(_ one: StorageKey?, _ two: StorageKey?) -> StorageKey? {
        guard let one, let two else { return nil }
        return one < two ? two : one
    }
}

extension ReadSource {
    /// The rows of a read: what all its conditions on the sort key leave of the partition.
    fileprivate func range(of read: StatementCondition.Read) throws(DynamoError) -> KeyRange {
        func range(_ sort: SortCondition?) throws(DynamoError) -> KeyRange {
            try self.range(of: BoundKeyCondition(partition: [read.partition], sortEquals: [], sort: sort))
        }
        var rows = try range(nil)
        // A condition that no key can meet narrows nothing: the filter tells.
        for condition in read.sort where condition.values.allSatisfy({ $0.isKey(of: key.sort[0]) }) {
            let part = try range(condition)
            rows.lower = max(rows.lower, part.lower)
            if let upper = part.upper { rows.upper = min(rows.upper ?? upper, upper) }
        }
        return rows
    }

    /// An index that is read by its key has to have all that its rows are filtered by; with OR, on one way at least. Told
    /// is what the last partition lacks.
    ///
    /// Source: floci's integration tests 11 and 22, recorded from AWS.
    fileprivate func checkFilters(of reads: [StatementCondition.Read]) throws(DynamoError) {
        guard let index, !reads.contains(where: { $0.filterNames.allSatisfy(index.projects) }) else { return }
        let inOrder = reads.map { ($0, KeyComponent($0.partition)?.bytes ?? []) }
            .sorted { $0.1.lexicographicallyPrecedes($1.1) }
        if let (last, _) = inOrder.last { try check(filterNames: last.filterNames) }
    }
}

extension AttributeValue {
    fileprivate func isKey(of attribute: KeySchema.Attribute) -> Bool {
        kind.rawValue == attribute.type.rawValue && !isEmpty(keyFor: attribute)
    }
}

/// ORDER BY.
private struct StatementOrder {
    /// Whether items of a partition come in descending order of their sort key.
    let isDescending: Bool
    private let partitionsDescend: Bool

    /// - Parameter partitions: that are read; nil for a scan.
    init(_ select: SelectStatement, _ schema: KeySchema, partitions: Int?) throws(DynamoError) {
        for key in select.order where !schema.attributes.contains(where: { $0.name == key.name }) {
            throw .validation("Attribute \(key.name) in ORDER BY clause must be part of the primary key")
        }
        let partition = select.order.first { $0.name == schema.partition[0].name }
        let sort = select.order.first { $0.name == schema.sort.first?.name }
        if !select.order.isEmpty {
            guard let partitions else {
                throw .validation(
                    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
                )
            }
            guard partitions <= 1 || partition != nil else {
                throw .validation(
                    "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE "
                        + "clause.")
            }
        }
        // AWS, when only the partition key is ordered by (floci's integration test, recorded from AWS).
        isDescending = select.order.isEmpty ? false : sort?.isDescending ?? true
        partitionsDescend = partition?.isDescending ?? false
    }

    func isFirst(_ one: NamedRange, _ two: NamedRange) -> Bool {
        if one.partition != two.partition {
            return one.partition.lexicographicallyPrecedes(two.partition) != partitionsDescend
        }
        return (one.range.lower < two.range.lower) != isDescending
    }
}

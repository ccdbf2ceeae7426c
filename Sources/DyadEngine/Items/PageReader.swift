import DyadLanguage
package import DyadModel
import DyadStore

enum Select: String, WireEnum {
    case specificAttributes = "SPECIFIC_ATTRIBUTES"
    case count = "COUNT"
    case allAttributes = "ALL_ATTRIBUTES"
    case allProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES"
}

/// One page of a Query or a Scan: evaluates rows of a range in order until the range, the limit or 1 MB is used up.
struct PageReader {
    let source: ReadSource
    let range: KeyRange
    var descending = false
    var limit: Int?
    var filter: Condition?
    var projection: ItemProjection
    /// Items are not returned, only counted.
    var countsOnly = false
    /// Local index only: whole items are fetched from the table.
    var fetches = false

    /// Evaluated items of one page: the one that passes it is the last. Source: docs, "Query", paginating.
    static let pageBytesMax = 1 << 20

    struct Page: Sendable {
        var items = PageItems()
        var count = 0
        var scannedCount = 0
        /// Bytes of all evaluated rows, by AWS's sizes.
        var evaluatedBytes = 0
        /// Whole items that were fetched from the table: their sizes.
        var fetchedSizes: [Int] = []
        /// Where the next page goes on; nil at the end.
        var lastKey: ItemBytes?
        /// The row of `lastKey`.
        var lastPosition: StorageKey?

        mutating func takeItems() -> PageItems {
            var taken = PageItems()
            swap(&taken, &items)
            return taken
        }
    }

    /// Adds the rows of the range to those that are there; limit and bytes count for all of them.
    func read(_ rows: Rows, into page: inout Page) throws(DynamoError) {
        try rows.scan(range, descending: descending) { (row) throws(DynamoError) in
            page.scannedCount += 1
            page.evaluatedBytes += row.size
            try add(row, to: &page, rows)
            guard page.scannedCount == limit || page.evaluatedBytes >= Self.pageBytesMax else { return true }
            let names = source.positionNames
            page.lastKey = ItemBytes(canonical: [UInt8](row.item)).picking { names.contains($0) }
            page.lastPosition = StorageKey(bytes: [UInt8](row.key))
            return false
        }
    }

    private func add(_ row: Rows.Row, to page: inout Page, _ rows: Rows) throws(DynamoError) {
        if filter == nil, !fetches, countsOnly {
            page.count += 1
            return
        }
        if filter == nil, !fetches, case .whole = projection {
            page.count += 1
            page.items.append(row.item)
            return
        }
        var item = ItemBytes(canonical: [UInt8](row.item))
        if fetches, let whole = try rows.item(at: tableKey(of: item)) {
            page.fetchedSizes.append(whole.size)
            item = whole.bytes
        }
        guard filter?.isSatisfied(by: item) ?? true else { return }
        page.count += 1
        guard !countsOnly else { return }
        page.items.append(projection.apply(to: item).utf8)
    }

    private func tableKey(of item: ItemBytes) throws(DynamoError) -> StorageKey {
        let names = source.table.key.attributes.map(\.name)
        return try source.table.key(named: item.picking { names.contains($0) })
    }
}

/// The answer of Query and Scan.
package struct PageOutput: WireOutput {
    package let body: [UInt8]

    fileprivate init(
        _ page: inout PageReader.Page, countsOnly: Bool, _ capacity: ConsumedCapacity?,
        _ detail: ReturnConsumedCapacity?
    ) {
        // The only reference to the items, so that they are not copied.
        var items = page.takeItems()
        let page = page
        func rest(_ json: inout JSONWriter) {
            json.member("Count", page.count)
            json.member("ScannedCount", page.scannedCount)
            if let key = page.lastKey { json.member("LastEvaluatedKey") { $0.splice(key.utf8) } }
            json.member("ConsumedCapacity", capacity, detail)
        }
        if countsOnly {
            var json = JSONWriter(capacity: 256)
            json.object(rest)
            body = json.bytes
        } else {
            body = items.finish(rest)
        }
    }

    package func write(to json: inout JSONWriter) { json.splice(body) }
}

/// The parameters that Query and Scan share: what is read of each item, and what is returned.
struct PageParameters: Sendable {
    var indexName: String?
    var select: Select?
    var projection: ProjectionExpression?
    var attributesToGet: [Text]?
    var filter: Condition?
    var isConsistent = false
    var limit: Int?
    var detail: ReturnConsumedCapacity?

    /// Every path that the request's expressions read.
    var paths: [DocumentPath] { Array(filter?.paths ?? []) + (projection?.paths ?? []) }

    /// AWS's refusals of a Select that the projection contradicts.
    ///
    /// - Parameter envelope: what Query puts before the words for a projection that is missing, and Scan does not
    ///   (dynamodb-conformance, error-messages/query and scan).
    func checkSelect(envelope: String = "") throws(DynamoError) {
        let parameter =
            projection != nil ? "ProjectionExpression" : attributesToGet != nil ? "AttributesToGet" : nil
        switch select {
        case .specificAttributes where parameter == nil:
            throw .validation(
                envelope
                    + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
            )
        case .count:
            guard let parameter else { break }
            throw .validation("Cannot specify the \(parameter) when choosing to get only the Count")
        case .allAttributes, .allProjectedAttributes:
            if let parameter, let select {
                throw .validation("Cannot specify the \(parameter) when choosing to get \(select.rawValue)")
            }
            guard select == .allProjectedAttributes, indexName == nil else { break }
            throw .validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
        default: break
        }
    }

    /// A reader of `range` of `source`.
    ///
    /// - Throws: when a global index is asked for what it does not project.
    func reader(of source: ReadSource, _ range: KeyRange, descending: Bool = false) throws(DynamoError) -> PageReader {
        let itemProjection = ItemProjection(projection, attributesToGet: attributesToGet)
        var reader = PageReader(source: source, range: range, projection: itemProjection)
        reader.descending = descending
        reader.limit = limit
        reader.filter = filter
        reader.countsOnly = select == .count
        if let index = source.index, index.isGlobal, index.projection != .all, select == .allAttributes {
            throw .invalidValue(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index \(index.name) "
                    + "because its projection type is not ALL")
        }
        let mustFetch = try source.mustFetch((itemProjection.rootNames ?? []).sorted())
        reader.fetches = mustFetch || select == .allAttributes && source.index.map { $0.projection != .all } ?? false
        return reader
    }

    /// Reads the page and writes the answer.
    func output(_ reader: PageReader, _ rows: Rows, named table: String) throws(DynamoError) -> PageOutput {
        var page = PageReader.Page()
        try reader.read(rows, into: &page)
        let capacity = capacity(page, of: reader.source, named: table)
        return PageOutput(&page, countsOnly: select == .count, capacity, detail)
    }

    private func capacity(_ page: PageReader.Page, of source: ReadSource, named table: String) -> ConsumedCapacity? {
        guard let detail, detail != .none else { return nil }
        var capacity = ConsumedCapacity(table: table)
        capacity.add(
            rows: page.evaluatedBytes, fetched: page.fetchedSizes[...], of: source, isConsistent: isConsistent)
        return capacity
    }
}

extension ConsumedCapacity {
    /// A read of one run of rows.
    ///
    /// - Parameters:
    ///   - bytes: of all rows that were evaluated.
    ///   - fetched: sizes of the items that were fetched from the table.
    mutating func add(rows bytes: Int, fetched: ArraySlice<Int>, of source: ReadSource, isConsistent: Bool) {
        let halves = CapacityUnits.readHalves(bytes, isConsistent: isConsistent)
        if let index = source.index { add(halves, to: index) } else { tableHalves += halves }
        for size in fetched { tableHalves += CapacityUnits.readHalves(size, isConsistent: isConsistent) }
    }
}

import DyadLanguage
package import DyadModel
package import DyadStore

package enum Scan: ReadOperation {
    package struct Input: WireStructure {
        package init() {}
        var tableName = ""
        var indexName: String?
        var select: Select?
        var limit: Int?
        var segment: Int?
        var totalSegments: Int?
        var consistentRead: Bool?
        var exclusiveStartKey: WireItem?
        var returnConsumedCapacity: ReturnConsumedCapacity?
        var attributesToGet: [Text]?
        var projectionExpression: String?
        var filterExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var scanFilter: WireMap<AttributeCondition>?
        var conditionalOperator: ConditionalOperator?

        package static let shape = Shape<Self>(
            .optional("Limit", \.limit, .atLeast(1)),
            .optional("ReturnConsumedCapacity", \.returnConsumedCapacity),
            .optional("AttributesToGet", \.attributesToGet, .count(1...Int.max)),
            .optional("Segment", \.segment, .range(0...999_999)),
            .optional("Select", \.select),
            .optional("TotalSegments", \.totalSegments, .range(1...1_000_000)),
            .required("TableName", \.tableName, .tableReference),
            .optional("IndexName", \.indexName, .namePattern, .length(3...255)),
            .optional("ConsistentRead", \.consistentRead),
            .optional("ExclusiveStartKey", \.exclusiveStartKey),
            .optional("ProjectionExpression", \.projectionExpression),
            .optional("FilterExpression", \.filterExpression),
            .optional("ExpressionAttributeNames", \.names),
            .optional("ExpressionAttributeValues", \.values),
            .optional("ScanFilter", \.scanFilter),
            .optional("ConditionalOperator", \.conditionalOperator))
    }

    /// One of the equal parts that a parallel scan cuts a table into.
    struct Segment: Sendable {
        let number: Int
        let total: Int

        /// A segment is a range of the hash: of its first eight bytes, rounded up.
        func range(of space: SpaceID) -> KeyRange {
            func bound(_ number: Int) -> StorageKey? {
                guard number < total else { return StorageKey(space: space).successorOfPrefix }
                let start = (UInt128(number) << 64 + UInt128(total) - 1) / UInt128(total)
                var bytes = StorageKey(space: space).bytes
                withUnsafeBytes(of: UInt64(start).bigEndian) { bytes += $0 }
                return StorageKey(bytes: bytes)
            }
            return KeyRange(
                from: number == 0 ? StorageKey(space: space) : bound(number) ?? StorageKey(space: space),
                to: bound(number + 1))
        }
    }

    package struct Plan: Sendable {
        let table: String
        let page: PageParameters
        let segment: Segment
        let startKey: ItemBytes?
    }

    package typealias Output = PageOutput

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        let legacy = present([
            ("AttributesToGet", input.attributesToGet), ("ScanFilter", input.scanFilter),
            ("ConditionalOperator", input.conditionalOperator),
        ])
        let parameters = ExpressionParameters(
            names: input.names, values: input.values, legacy: legacy,
            expressions: [(.projection, input.projectionExpression), (.filter, input.filterExpression)], layer: .older)
        try parameters.checkUse()
        try ConditionalOperator.check(input.conditionalOperator, joining: input.scanFilter.count)
        try ItemProjection.checkDistinct(input.attributesToGet)
        let legacyFilter = Condition(legacy: try input.scanFilter.legal(.older), joinedBy: input.conditionalOperator)
        let startKey = try input.exclusiveStartKey.map(checked(startKey:))
        let segment = try segment(input)
        var placeholders = try parameters.placeholders()
        var page = PageParameters(
            indexName: input.indexName, select: input.select, attributesToGet: input.attributesToGet,
            isConsistent: input.consistentRead ?? false, limit: input.limit, detail: input.returnConsumedCapacity)
        page.filter = legacyFilter
        if let text = input.filterExpression {
            page.filter = try Condition(parsing: text, as: .filter, &placeholders)
        }
        if let text = input.projectionExpression {
            page.projection = try ProjectionExpression(parsing: text, &placeholders)
        }
        try placeholders.checkAllUsed()
        try page.checkSelect()
        return Plan(table: input.tableName, page: page, segment: segment, startKey: startKey)
    }

    private static func checked(startKey: WireItem) throws(DynamoError) -> ItemBytes {
        do throws(DynamoError) {
            return try startKey.checked(.older).bytes
        } catch {
            throw .validation("The provided starting key is invalid: \(error.message ?? "")")
        }
    }

    private static func segment(_ input: Input) throws(DynamoError) -> Segment {
        switch (input.segment, input.totalSegments) {
        case (nil, nil): return Segment(number: 0, total: 1)
        case (.some, nil):
            throw .validation(
                "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
            )
        case (nil, .some):
            throw .validation(
                "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
            )
        case (let number?, let total?):
            guard number < total else {
                throw .validation(
                    "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                        + "Segment: \(number) is not less than TotalSegments: \(total)")
            }
            return Segment(number: number, total: total)
        }
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let table = try store.catalog.tableForItems(plan.table, call)
        if plan.startKey != nil, let name = plan.page.indexName, table.index(named: name) == nil {
            throw .invalidStartKey
        }
        let source = try ReadSource(table, indexName: plan.page.indexName)
        try source.checkConsistency(plan.page.isConsistent)
        var range = plan.segment.range(of: source.space)
        if let startKey = plan.startKey {
            let position =
                source.index == nil
                ? try source.position(of: startKey, shape: .invalidStartKeySchema, type: .invalidStartKeySchema)
                : try source.position(of: startKey, shape: .invalidStartKey, type: .keyMismatch)
            guard range.contains(position) else {
                throw .validation(
                    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
                        + "correct Segment. TotalSegments: \(plan.segment.total) Segment: \(plan.segment.number)")
            }
            range = range.behind(position, descending: false)
        }
        try source.checkScalarKeys(plan.page.paths)
        let reader = try plan.page.reader(of: source, range)
        return try plan.page.output(reader, store.rows, named: plan.table)
    }
}

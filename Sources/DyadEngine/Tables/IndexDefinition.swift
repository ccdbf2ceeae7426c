import DyadModel
import DyadStore

/// An index as a request defines it, found legal.
struct IndexDefinition: Sendable {
    let name: String
    let key: KeySchema
    let projection: IndexRecord.Projection
    var units: TableRecord.Units?
    var limits: TableRecord.OnDemandLimits?
    var warm: TableRecord.Units?

    static let localMax = 5
    static let globalMax = 20
    /// Of all indexes of a table together.
    static let nonKeyAttributesMax = 100

    init(_ index: LocalSecondaryIndex, _ definitions: KeyDefinitions, table: KeySchema) throws(DynamoError) {
        name = index.indexName
        key = try definitions.key(index.keySchema)
        guard !key.sort.isEmpty else {
            throw .invalid("Index KeySchema does not have a range key for index: \(name)")
        }
        guard key.partition == table.partition else {
            throw .invalid(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: \(name). "
                    + "index hash key: \(listed(key.partition)), table hash key: \(listed(table.partition))")
        }
        projection = try index.projection.legal()
    }

    /// A global index of a table that is made, or of one that is there.
    ///
    /// - Parameter mode: the table's billing mode, checked by `checkThroughput`, whose words differ.
    init(_ index: GlobalSecondaryIndex, _ definitions: KeyDefinitions, _ mode: TableRecord.BillingMode)
        throws(DynamoError)
    {
        name = index.indexName
        key = try definitions.globalKey(index.keySchema)
        projection = try index.projection.legal()
        units = index.provisionedThroughput?.units
        try CapacityRules.checkBounds(units, index: name)
        limits = try CapacityRules.initialLimits(index.onDemandThroughput, mode, index: name)
        warm = try CapacityRules.initialWarm(
            index.warmThroughput, over: mode == .provisioned ? units : nil, index: name)
    }

    func checkQuota(_ call: Call) throws(DynamoError) {
        try CapacityRules.checkQuota(units, index: name, call)
        try CapacityRules.checkQuota(limits, index: name, call)
        try CapacityRules.checkQuota(warm: warm, index: name, call)
    }

    /// The index, its rows in a space of their own.
    func record(isGlobal: Bool, table: KeySchema, in space: SpaceID) -> IndexRecord {
        var record = IndexRecord(
            name: name, isGlobal: isGlobal, space: space, key: key, tableKey: table, projection: projection)
        if let units { record.throughput = TableRecord.Throughput(readUnits: units.read, writeUnits: units.write) }
        record.onDemandLimits = limits
        record.warmUnits = warm
        return record
    }

    /// - Throws: when all indexes together project more attributes than a table's may.
    static func checkProjected(_ projections: [IndexRecord.Projection]) throws(DynamoError) {
        let count = projections.reduce(0) { count, projection in
            if case .include(let names) = projection { return count + names.count }
            return count
        }
        guard count <= nonKeyAttributesMax else {
            throw .invalid(
                "Number of NonKeyAttributes in all indexes exceeds per-table limit of \(nonKeyAttributesMax)")
        }
    }
}

private func listed(_ attributes: [KeySchema.Attribute]) -> String { attributes.first?.name.string ?? "" }

extension Projection {
    /// The projection, if its members fit each other.
    func legal() throws(DynamoError) -> IndexRecord.Projection {
        guard let projectionType else { throw .invalid("Unknown ProjectionType: null") }
        guard projectionType == .include else {
            guard nonKeyAttributes == nil else {
                throw .invalid("ProjectionType is \(projectionType.rawValue), but NonKeyAttributes is specified")
            }
            return projectionType == .all ? .all : .keysOnly
        }
        guard let nonKeyAttributes else {
            throw .invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
        }
        var names: [Text] = []
        for name in nonKeyAttributes.map(\.name) {
            guard !names.contains(name) else { throw .invalid("Duplicate element in NonKeyAttributes: \(name)") }
            names.append(name)
        }
        return .include(names)
    }
}

import DyadModel
import DyadStore

// Indexes that come to a table with rows in it, and that leave it. Chores fill and clear them.

extension TableRecord {
    static let oneIndexAtATime = DynamoError(
        .limitExceeded,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")

    mutating func create(
        _ wish: GlobalSecondaryIndex, definedBy definitions: KeyDefinitions?, in space: SpaceID, _ call: Call
    ) throws(DynamoError) {
        try checkIndexesFree()
        guard index(named: wish.indexName) == nil else {
            throw .validation("Attempting to create an index which already exists")
        }
        guard let definitions else {
            throw .invalid("AttributeDefinitions is not specified for index: \(wish.indexName)")
        }
        try definitions.checkUnique()
        let definition = try IndexDefinition(wish, definitions, billingMode)
        try checkNotRedefined(by: definition.key)
        if billingMode == .provisioned, definition.units == nil {
            throw .invalid(
                "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: \(wish.indexName)")
        }
        if billingMode == .payPerRequest, definition.units != nil {
            throw .invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \(wish.indexName) "
                    + "when BillingMode is PAY_PER_REQUEST")
        }
        try checkOneAtATime(besides: nil)
        guard globalIndexes.count < IndexDefinition.globalMax else {
            throw DynamoError(
                .limitExceeded,
                "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
                    + "\(IndexDefinition.globalMax)")
        }
        try definition.checkQuota(call)
        try IndexDefinition.checkProjected(indexes.map(\.projection) + [definition.projection])

        var record = definition.record(isGlobal: true, table: key, in: space)
        record.status = .creating
        record.dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
        globalIndexes.append(record)
        for attribute in record.key.attributes where !attributes.contains(where: { $0.name == attribute.name }) {
            attributes.append(attribute)
        }
        beginUpdate(.indexes, call)
    }

    mutating func delete(indexNamed indexName: String, _ call: Call) throws(DynamoError) {
        try checkIndexesFree()
        var index = try globalIndex(named: indexName, to: "delete")
        let place = "Table: \(name) Index: \(index.name)"
        switch index.status {
        case .creating where index.backfilledUpTo == nil:
            throw .stillInUse(
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the "
                    + "index is active. \(place)")
        case .updating: throw .stillInUse("Index is being updated. \(place)")
        case .deleting: throw .stillInUse("Index is being deleted. \(place)")
        case .creating, .active: break
        }
        try checkOneAtATime(besides: index.name)
        index.status = .deleting
        index.backfilledUpTo = nil
        index.dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
        replace(index)
        beginUpdate(.indexes, call)
    }

    private func checkIndexesFree() throws(DynamoError) {
        switch updating {
        case .throughput:
            throw .stillInUse("Can't create or delete indexes while table IOPS are being updated. Table: \(name)")
        case .stream: throw .stillInUse("Can't create or delete an index when stream status is being updated.")
        case .options:
            throw .stillInUse("Can't create or delete an index when a table class update is in progress.")
        case .indexes, nil: break
        }
    }

    private func checkOneAtATime(besides name: String?) throws(DynamoError) {
        let isBusy = globalIndexes.contains {
            $0.name != name && ($0.status == .creating || $0.status == .deleting)
        }
        guard !isBusy else { throw Self.oneIndexAtATime }
    }

    /// An attribute that is in a key already keeps its type.
    private func checkNotRedefined(by new: KeySchema) throws(DynamoError) {
        for attribute in new.attributes {
            guard let known = attributes.first(where: { $0.name == attribute.name }), known.type != attribute.type
            else { continue }
            let existing =
                ([key] + (globalIndexes + localIndexes).map(\.key)).first {
                    $0.attributes.contains { $0.name == attribute.name }
                } ?? key
            throw .invalid(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously "
                    + "defined. Existing schema: \(existing.schemaText) New schema: \(new.schemaText)")
        }
    }
}

extension KeySchema {
    /// `Schema:[SchemaElement: key{xyz:S:HASH}]`
    fileprivate var schemaText: String {
        let hashes = partition.map { "SchemaElement: key{\($0.name):\($0.type.rawValue):HASH}" }
        let ranges = sort.map { "SchemaElement: key{\($0.name):\($0.type.rawValue):RANGE}" }
        return "Schema:[\((hashes + ranges).joined(separator: ", "))]"
    }
}

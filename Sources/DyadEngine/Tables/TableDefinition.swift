import DyadModel
import DyadStore

/// A table as CreateTable defines it, found legal in AWS's order.
package struct TableDefinition: Sendable {
    let name: String
    let attributes: [KeySchema.Attribute]
    let key: KeySchema
    let billingMode: TableRecord.BillingMode
    let units: TableRecord.Units?
    let limits: TableRecord.OnDemandLimits?
    let warm: TableRecord.Units?
    let localIndexes: [IndexDefinition]
    let globalIndexes: [IndexDefinition]
    let stream: TableRecord.StreamView?
    let encryption: TableRecord.Encryption?
    let tags: [TableRecord.Tag]
    let tableClass: String?
    let isDeletionProtected: Bool

    init(_ input: CreateTable.Input, _ call: Call) throws(DynamoError) {
        name = input.tableName
        billingMode = input.billingMode == .payPerRequest ? .payPerRequest : .provisioned
        units = input.provisionedThroughput?.units
        try Self.checkBilling(billingMode, units)
        limits = try CapacityRules.initialLimits(input.onDemandThroughput, billingMode)

        let definitions = KeyDefinitions(input.attributeDefinitions)
        try definitions.checkUnique()
        attributes = definitions.attributes
        key = try definitions.tableKey(input.keySchema)
        try Self.checkUse(of: definitions, input)
        localIndexes = try Self.localIndexes(input, definitions, key)
        globalIndexes = try Self.globalIndexes(input, definitions, billingMode, besides: localIndexes)
        try IndexDefinition.checkProjected((localIndexes + globalIndexes).map(\.projection))

        stream = try Self.stream(input.streamSpecification)
        encryption = try input.sseSpecification?.legal(call)
        tags = try TagRules.legal(input.tags)
        try TableClass.check(input.tableClass)
        tableClass = input.tableClass
        isDeletionProtected = input.deletionProtectionEnabled ?? false
        warm = try CapacityRules.initialWarm(input.warmThroughput, over: units)
        try CapacityRules.checkQuota(units, call)
        try CapacityRules.checkQuota(limits, call)
        try CapacityRules.checkQuota(warm: warm, call)
        for index in globalIndexes { try index.checkQuota(call) }
    }

    private static func checkBilling(_ mode: TableRecord.BillingMode, _ units: TableRecord.Units?) throws(DynamoError) {
        switch mode {
        case .provisioned:
            guard let units else {
                throw .invalid(
                    "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
            }
            try CapacityRules.checkBounds(units)
        case .payPerRequest:
            guard units == nil else {
                throw .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
                )
            }
        }
    }

    /// Definitions that no key uses: told of before any rule of an index.
    private static func checkUse(of definitions: KeyDefinitions, _ input: CreateTable.Input) throws(DynamoError) {
        if let indexes = input.localSecondaryIndexes, indexes.isEmpty {
            throw .invalid("List of LocalSecondaryIndexes is empty")
        }
        if let indexes = input.globalSecondaryIndexes, indexes.isEmpty {
            throw .invalid("List of GlobalSecondaryIndexes is empty")
        }
        let locals = input.localSecondaryIndexes ?? []
        let globals = input.globalSecondaryIndexes ?? []
        guard !(locals.isEmpty && globals.isEmpty) else {
            guard definitions.attributes.count == input.keySchema.count else {
                throw .invalid(
                    "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                        + "AttributeDefinitions")
            }
            return
        }
        let elements = input.keySchema + locals.flatMap(\.keySchema) + globals.flatMap(\.keySchema)
        try definitions.checkUsed(by: elements.map(\.attributeName))
    }

    private static func localIndexes(
        _ input: CreateTable.Input, _ definitions: KeyDefinitions, _ table: KeySchema
    ) throws(DynamoError) -> [IndexDefinition] {
        let indexes = input.localSecondaryIndexes ?? []
        guard indexes.isEmpty || !table.sort.isEmpty else {
            throw .invalid(
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
        }
        var legal: [IndexDefinition] = []
        for index in indexes {
            let definition = try IndexDefinition(index, definitions, table: table)
            try checkName(definition.name, among: legal)
            legal.append(definition)
        }
        guard legal.count <= IndexDefinition.localMax else {
            throw .invalid("Number of LocalSecondaryIndexes exceeds per-table limit of \(IndexDefinition.localMax)")
        }
        return legal
    }

    private static func globalIndexes(
        _ input: CreateTable.Input, _ definitions: KeyDefinitions, _ mode: TableRecord.BillingMode,
        besides locals: [IndexDefinition]
    ) throws(DynamoError) -> [IndexDefinition] {
        var legal: [IndexDefinition] = []
        for index in input.globalSecondaryIndexes ?? [] {
            let definition = try IndexDefinition(index, definitions, mode)
            if mode == .provisioned, definition.units == nil {
                throw .invalid("ProvisionedThroughput is not specified for index: \(definition.name)")
            }
            if mode == .payPerRequest, definition.units != nil {
                throw .invalid(
                    "ProvisionedThroughput should not be specified for index: \(definition.name) "
                        + "when BillingMode is PAY_PER_REQUEST")
            }
            try checkName(definition.name, among: locals + legal)
            legal.append(definition)
        }
        guard legal.count <= IndexDefinition.globalMax else {
            throw .invalid("GlobalSecondaryIndex count exceeds the per-table limit of \(IndexDefinition.globalMax)")
        }
        return legal
    }

    private static func checkName(_ name: String, among indexes: [IndexDefinition]) throws(DynamoError) {
        guard !indexes.contains(where: { $0.name == name }) else { throw .invalid("Duplicate index name: \(name)") }
    }

    private static func stream(_ wish: StreamSpecification?) throws(DynamoError) -> TableRecord.StreamView? {
        guard let wish else { return nil }
        switch (wish.streamEnabled, wish.streamViewType) {
        case (true, nil):
            throw .invalid("Table is being created with a stream enabled, UpdateViewType is required")
        case (false, .some):
            throw .invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
        case (true, let type?): return type.view
        case (false, nil): return nil
        }
    }

    /// The table without its indexes and stream, which need numbers of the store's.
    func record(in space: SpaceID, _ call: Call) -> TableRecord {
        var table = TableRecord(
            name: name, id: call.identity.uuid(), space: space, createdAt: call.now, attributes: attributes, key: key)
        table.dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
        table.billingMode = billingMode
        if billingMode == .payPerRequest { table.payPerRequestAt = call.now }
        if let units { table.throughput = TableRecord.Throughput(readUnits: units.read, writeUnits: units.write) }
        table.onDemandLimits = limits
        table.warmUnits = warm
        table.isDeletionProtected = isDeletionProtected
        table.tableClass = tableClass
        table.encryption = encryption
        table.tags = tags
        return table
    }
}

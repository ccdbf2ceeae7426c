package import DyadModel
package import DyadStore

/// Makes a table. It answers at once, CREATING; chores make it ACTIVE.
package enum CreateTable: WriteOperation {
    package static let startsTransition = true

    package struct Input: WireStructure {
        var attributeDefinitions: [AttributeDefinition] = []
        var tableName = ""
        var billingMode: BillingMode?
        var provisionedThroughput: ProvisionedThroughput?
        var keySchema: [KeySchemaElement] = []
        var localSecondaryIndexes: [LocalSecondaryIndex]?
        var globalSecondaryIndexes: [GlobalSecondaryIndex]?
        var streamSpecification: StreamSpecification?
        var sseSpecification: SSESpecification?
        var tags: [Tag]?
        var tableClass: String?
        var deletionProtectionEnabled: Bool?
        var onDemandThroughput: OnDemandThroughput?
        var warmThroughput: WarmThroughput?

        package init() {}

        package static let shape = Shape<Self>(
            .required("AttributeDefinitions", \.attributeDefinitions),
            .parameter("TableName", \.tableName, .namePattern, .length(3...255)),
            .optional("BillingMode", \.billingMode),
            .optional("ProvisionedThroughput", \.provisionedThroughput),
            .required("KeySchema", \.keySchema, .count(1...2)),
            .optional("GlobalSecondaryIndexes", \.globalSecondaryIndexes),
            .optional("LocalSecondaryIndexes", \.localSecondaryIndexes),
            .optional("StreamSpecification", \.streamSpecification),
            .optional("SSESpecification", \.sseSpecification),
            .optional("Tags", \.tags),
            .optional("TableClass", \.tableClass),
            .optional("DeletionProtectionEnabled", \.deletionProtectionEnabled),
            .optional("OnDemandThroughput", \.onDemandThroughput),
            .optional("WarmThroughput", \.warmThroughput))
    }

    package typealias Plan = TableDefinition
    package typealias Output = TableDescription

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> TableDefinition {
        try TableDefinition(input, call)
    }

    /// AWS's quota of tables in a region.
    static let tablesMax = 2500

    package static func run(
        _ plan: TableDefinition, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> TableDescription {
        if let present = store.catalog.tables[plan.name] { throw refusal(of: present) }
        guard store.catalog.tables.count < tablesMax else {
            throw DynamoError(
                .limitExceeded, "Subscriber limit exceeded: There is a limit of \(tablesMax) tables per subscriber")
        }
        var table = plan.record(in: store.newSpace(), call)
        for index in plan.localIndexes {
            table.localIndexes.append(index.record(isGlobal: false, table: plan.key, in: store.newSpace()))
        }
        for index in plan.globalIndexes {
            var record = index.record(isGlobal: true, table: plan.key, in: store.newSpace())
            record.status = .creating
            table.globalIndexes.append(record)
        }
        if let view = plan.stream { try store.openStream(on: &table, view, call) }
        try store.save(table)
        let isWarmAsked = plan.warm != nil || plan.globalIndexes.contains { $0.warm != nil }
        return try TableDescription("TableDescription", table, .created(isWarmAsked: isWarmAsked), store.rows, call)
    }

    private static func refusal(of present: TableRecord) -> DynamoError {
        switch present.status {
        case .creating, .deleting: .inUse(present)
        case .active, .updating: .resourceInUse("Table already exists: \(present.name)")
        }
    }
}

extension DynamoError {
    /// A table that is CREATING or DELETING.
    static func inUse(_ table: TableRecord) -> DynamoError {
        .stillInUse("Table is being \(table.status == .creating ? "created" : "deleted"): \(table.name)")
    }

    static func stillInUse(_ reason: String) -> DynamoError {
        .resourceInUse("Attempt to change a resource which is still in use: \(reason)")
    }
}

package import DyadModel
package import DyadStore

/// Changes a table, one thing a call. It answers at once, mostly UPDATING; chores make it ACTIVE.
package enum UpdateTable: WriteOperation {
    package static let startsTransition = true

    package struct Input: WireStructure {
        var tableName = ""
        var attributeDefinitions: [AttributeDefinition]?
        var billingMode: BillingMode?
        var provisionedThroughput: ProvisionedThroughput?
        var globalSecondaryIndexUpdates: [GlobalSecondaryIndexUpdate]?
        var streamSpecification: StreamSpecification?
        var sseSpecification: SSESpecification?
        var tableClass: String?
        var deletionProtectionEnabled: Bool?
        var onDemandThroughput: OnDemandThroughput?
        var warmThroughput: WarmThroughput?

        package init() {}

        package static let shape = Shape<Self>(
            .optional("AttributeDefinitions", \.attributeDefinitions),
            .parameter("TableName", \.tableName, .managedTable),
            .optional("BillingMode", \.billingMode),
            .optional("ProvisionedThroughput", \.provisionedThroughput),
            .optional("GlobalSecondaryIndexUpdates", \.globalSecondaryIndexUpdates),
            .optional("StreamSpecification", \.streamSpecification),
            .optional("SSESpecification", \.sseSpecification),
            .optional("TableClass", \.tableClass),
            .optional("DeletionProtectionEnabled", \.deletionProtectionEnabled),
            .optional("OnDemandThroughput", \.onDemandThroughput),
            .optional("WarmThroughput", \.warmThroughput))
    }

    package typealias Plan = TableUpdate
    package typealias Output = TableDescription

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> TableUpdate {
        try TableUpdate(input, call)
    }

    package static func run(
        _ plan: TableUpdate, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> TableDescription {
        var table = try store.catalog.table(plan.reference, call)
        if table.status == .creating || table.status == .deleting { throw .inUse(table) }
        let repeats = plan.repeats(table)
        if let isProtected = plan.isDeletionProtected {
            table.isDeletionProtected = isProtected
        } else {
            try apply(plan, to: &table, in: &store, call)
        }
        try store.save(table)
        // What changes nothing is answered as if it did; AWS's next description shows the table ACTIVE.
        if repeats { table.status = .updating }
        return try TableDescription("TableDescription", table, .updated, store.rows, call)
    }

    private static func apply(
        _ plan: TableUpdate, to table: inout TableRecord, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) {
        if let stream = plan.stream { try table.checkStream(isOn: stream == .disable) }
        try table.change(plan.capacity, indexes: plan.indexUpdates, call)
        for change in plan.indexChanges {
            switch change {
            case .create(let index):
                let space = store.newSpace()
                try table.create(index, definedBy: plan.definitions, in: space, call)
            case .delete(let name): try table.delete(indexNamed: name, call)
            }
        }
        switch plan.stream {
        case .enable(let view):
            try store.openStream(on: &table, view, call)
            table.beginUpdate(.stream, call)
        case .disable:
            try store.closeStream(of: &table, call)
            table.beginUpdate(.stream, call)
        case nil: break
        }
        try table.changeOptions(plan, call)
    }
}

extension TableRecord {
    /// Becomes UPDATING until chores find that it is due.
    mutating func beginUpdate(_ kind: UpdateKind, _ call: Call) {
        status = .updating
        updating = kind
        dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
    }

    fileprivate func checkStream(isOn wanted: Bool) throws(DynamoError) {
        if updating == .stream {
            throw .stillInUse("Stream status is currently being updated. Table: \(name)")
        }
        try checkNotUpdating()
        switch (wanted, stream != nil) {
        case (false, true): throw .validation("Table already has an enabled stream: TableName: \(name)")
        case (true, false): throw .validation("Table has no stream to disable: TableName: \(name)")
        default: break
        }
    }

    fileprivate func checkNotUpdating() throws(DynamoError) {
        guard status == .updating else { return }
        throw .stillInUse("Table is being updated: \(name)")
    }

    fileprivate mutating func changeOptions(_ plan: TableUpdate, _ call: Call) throws(DynamoError) {
        if let name = plan.tableClass, name != tableClass ?? TableClass.standard {
            try checkNotUpdating()
            tableClass = name
            tableClassAt = call.now
            beginUpdate(.options, call)
        }
        if let wish = plan.encryption {
            try checkNotUpdating()
            try checkEncryption(wish, isKeyARN: plan.isKeyARN)
            let dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
            pendingEncryption = Pending(wish, dueAt: dueAt)
        }
        if let wish = plan.warm {
            try checkNotUpdating()
            pendingWarm = try wish.pending(over: warm, call) ?? pendingWarm
        }
    }

    /// Asking for the key that is there encrypts anew, unless it is named by its ARN.
    private func checkEncryption(_ wish: Encryption?, isKeyARN: Bool) throws(DynamoError) {
        if let pendingEncryption {
            guard pendingEncryption.value == wish else {
                throw .stillInUse("Server-Side Encryption is still being updated")
            }
            return
        }
        if wish == nil, encryption == nil { throw .invalid("Table is already encrypted by default") }
        if wish != nil, wish == encryption, isKeyARN {
            throw .invalid(
                "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to "
                    + "change Master Key")
        }
    }
}

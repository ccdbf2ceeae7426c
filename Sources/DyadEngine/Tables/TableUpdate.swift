import DyadModel
import DyadStore

/// What UpdateTable is to change, found legal as far as that can be told without the table.
package struct TableUpdate: Sendable {
    enum StreamChange: Sendable, Equatable {
        case enable(TableRecord.StreamView)
        case disable
    }

    enum IndexChange: Sendable {
        case create(GlobalSecondaryIndex)
        case delete(String)
    }

    struct Capacity: Sendable {
        var mode: TableRecord.BillingMode?
        var units: TableRecord.Units?
        var limits: OnDemandThroughput?
    }

    let reference: String
    let definitions: KeyDefinitions?
    let capacity: Capacity
    let indexUpdates: [UpdateGlobalSecondaryIndexAction]
    let indexChanges: [IndexChange]
    let stream: StreamChange?
    /// Nil: not to change. Nil inside: AWS's own key.
    let encryption: TableRecord.Encryption??
    /// Whether the key to encrypt with is named by its ARN.
    let isKeyARN: Bool
    let tableClass: String?
    let isDeletionProtected: Bool?
    let warm: WarmThroughput?

    init(_ input: UpdateTable.Input, _ call: Call) throws(DynamoError) {
        try Self.checkAny(input)
        let updates = input.globalSecondaryIndexUpdates ?? []
        try Self.checkWarm(updates)
        try Self.checkTogether(input)
        reference = input.tableName
        definitions = input.attributeDefinitions.map { KeyDefinitions($0) }
        stream = try Self.stream(input.streamSpecification)
        capacity = Capacity(
            mode: input.billingMode.map { $0 == .payPerRequest ? .payPerRequest : .provisioned },
            units: input.provisionedThroughput?.units,
            limits: input.onDemandThroughput.flatMap { $0.isEmpty ? nil : $0 })
        try Self.check(capacity, call)
        (indexUpdates, indexChanges) = try Self.indexes(updates)
        encryption = try Self.encryption(input.sseSpecification, call)
        isKeyARN = input.sseSpecification?.kmsMasterKeyID?.hasPrefix("arn:") == true
        try TableClass.check(input.tableClass)
        tableClass = input.tableClass
        isDeletionProtected = input.deletionProtectionEnabled
        warm = input.warmThroughput.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether it asks for what the table is already, which AWS takes.
    func repeats(_ table: TableRecord) -> Bool {
        (capacity.mode == .payPerRequest && table.billingMode == .payPerRequest)
            || tableClass.map { $0 == table.tableClass ?? TableClass.standard } == true
    }

    private static func encryption(
        _ wish: SSESpecification?, _ call: Call
    ) throws(DynamoError) -> TableRecord.Encryption?? {
        guard let wish else { return nil }
        return .some(try wish.legal(call))
    }

    private static func checkAny(_ input: UpdateTable.Input) throws(DynamoError) {
        let isAny =
            input.provisionedThroughput != nil || input.billingMode != nil || input.streamSpecification != nil
            || input.globalSecondaryIndexUpdates?.isEmpty == false || input.sseSpecification != nil
            || input.deletionProtectionEnabled != nil || input.onDemandThroughput != nil
            || input.warmThroughput != nil || input.tableClass != nil
        guard !isAny else { return }
        throw .validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
                + "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
                + "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass "
                + "is required")
    }

    /// Told before anything else of the request, even before the table is looked for.
    private static func checkWarm(_ updates: [GlobalSecondaryIndexUpdate]) throws(DynamoError) {
        for update in updates {
            guard let index = update.update, index.warmThroughput?.isEmpty == true else { continue }
            throw .invalid(
                "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: "
                    + index.indexName)
        }
    }

    /// One change a call; the order of the rules is AWS's. Empty throughput counts for nothing.
    private static func checkTogether(_ input: UpdateTable.Input) throws(DynamoError) {
        let updates = input.globalSecondaryIndexUpdates ?? []
        let changesIndexes = updates.contains { $0.create != nil || $0.delete != nil }
        let limits = input.onDemandThroughput?.isEmpty == false
        let warm = input.warmThroughput?.isEmpty == false
        if input.globalSecondaryIndexUpdates?.isEmpty == true {
            throw .invalid("List of GlobalSecondaryIndexUpdates is empty")
        }
        let present = [
            input.provisionedThroughput != nil || input.billingMode != nil, !updates.isEmpty,
            input.streamSpecification != nil, input.sseSpecification != nil, input.tableClass != nil,
            input.deletionProtectionEnabled != nil, limits, warm,
        ]
        let isAlone = present.count { $0 } == 1
        for (name, isPresent) in [
            ("Server-Side Encryption", input.sseSpecification != nil), ("TableClass", input.tableClass != nil),
            ("DeletionProtection", input.deletionProtectionEnabled != nil),
        ] where isPresent && !isAlone {
            throw .invalid("\(name) modification must be the only operation in the request")
        }
        if warm, updates.contains(where: { $0.create != nil }) {
            throw .invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        }
        if warm, !isAlone {
            throw .invalid("WarmThroughput must be the only operation in the request")
        }
        if limits,
            !updates.isEmpty || input.streamSpecification != nil || input.provisionedThroughput != nil
        {
            throw .invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
        }
        let changesUnits = input.provisionedThroughput != nil
        if changesUnits, input.streamSpecification != nil {
            throw .invalid("You cannot modify stream status while updating table IOPS")
        }
        if changesUnits, changesIndexes {
            throw .invalid("You cannot create or delete index while updating table IOPS")
        }
        if input.streamSpecification != nil, changesIndexes {
            throw .invalid("You cannot create or delete index while changing stream status")
        }
    }

    private static func stream(_ wish: StreamSpecification?) throws(DynamoError) -> StreamChange? {
        guard let wish else { return nil }
        switch (wish.streamEnabled, wish.streamViewType) {
        case (true, nil): throw .invalid("If stream is being enabled then UpdateViewType is required")
        case (false, .some): throw .invalid("If stream is being disabled, then UpdateViewType must not be specified")
        case (true, let type?): return .enable(type.view)
        case (false, nil): return .disable
        }
    }

    private static func check(_ capacity: Capacity, _ call: Call) throws(DynamoError) {
        switch (capacity.mode, capacity.units) {
        case (.payPerRequest, .some):
            throw .invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
        case (.provisioned, nil):
            throw .invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        default: break
        }
        try CapacityRules.checkBounds(capacity.units)
        try CapacityRules.checkQuota(capacity.units, call)
    }

    private static func indexes(
        _ updates: [GlobalSecondaryIndexUpdate]
    ) throws(DynamoError) -> ([UpdateGlobalSecondaryIndexAction], [IndexChange]) {
        var changed: [UpdateGlobalSecondaryIndexAction] = []
        var changes: [IndexChange] = []
        var names: Set<String> = []
        for update in updates {
            let actions = [update.create?.index.indexName, update.update?.indexName, update.delete?.indexName]
            guard let name = actions.compactMap({ $0 }).first else {
                throw .invalid(
                    "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                        + "GlobalSecondaryIndexUpdate.Delete must not be null")
            }
            guard actions.count(where: { $0 != nil }) == 1 else {
                throw .invalid(
                    "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
            }
            guard names.insert(name).inserted else {
                throw .invalid(
                    "Only one global secondary index update per index is allowed simultaneously. Index: \(name)")
            }
            if let index = update.update {
                try CapacityRules.checkBounds(index.provisionedThroughput?.units, index: name)
                changed.append(index)
            }
            if let create = update.create { changes.append(.create(create.index)) }
            if let delete = update.delete { changes.append(.delete(delete.indexName)) }
        }
        guard changes.count <= 1 else { throw TableRecord.oneIndexAtATime }
        return (changed, changes)
    }
}

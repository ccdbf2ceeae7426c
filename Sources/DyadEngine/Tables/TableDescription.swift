package import DyadModel
import DyadStore

/// A table as AWS describes it: the same structure in five operations, which leave out different members.
package struct TableDescription: WireOutput {
    package enum Moment: Sendable {
        /// CreateTable's answer: no warm throughput unless it was asked for.
        case created(isWarmAsked: Bool)
        case described
        case updated
        /// DeleteTable's answer: neither keys nor indexes nor the time of creation.
        case deleted
    }

    let member: StaticString
    let table: TableRecord
    let moment: Moment
    let scope: Scope
    let now: Timestamp
    let statistics: [SpaceID: Statistics]

    /// - Parameter member: the answer's only member, `Table` or `TableDescription`.
    init(
        _ member: StaticString, _ table: TableRecord, _ moment: Moment, _ rows: Rows, _ call: Call
    ) throws(DynamoError) {
        self.member = member
        self.table = table
        self.moment = moment
        scope = call.scope
        now = call.now
        var statistics: [SpaceID: Statistics] = [:]
        for space in [table.space] + table.indexes.map(\.space) { statistics[space] = try rows.statistics(of: space) }
        self.statistics = statistics
    }

    package func write(to json: inout JSONWriter) {
        json.object { $0.member(member) { $0.object { write(members: &$0) } } }
    }

    private var isDeleted: Bool { if case .deleted = moment { true } else { false } }

    private func write(members json: inout JSONWriter) {
        if !isDeleted {
            json.member("AttributeDefinitions") {
                $0.array { json in
                    for attribute in table.attributes.sorted(by: { $0.name < $1.name }) {
                        json.object {
                            $0.member("AttributeName", attribute.name.string)
                            $0.member("AttributeType", attribute.type.rawValue)
                        }
                    }
                }
            }
            json.member("KeySchema") { $0.keySchema(table.key) }
            json.time("CreationDateTime", table.createdAt)
        }
        json.member("TableName", table.name)
        json.member("TableStatus", table.status.rawValue)
        json.member("TableArn", scope.tableARN(table.name))
        json.member("TableId", table.id)
        write(statisticsOf: table.space, "TableSizeBytes", to: &json)
        json.member("DeletionProtectionEnabled", table.isDeletionProtected)
        writeCapacity(to: &json)
        guard !isDeleted else { return }
        writeOptions(to: &json)
        if !table.localIndexes.isEmpty {
            json.member("LocalSecondaryIndexes") {
                $0.array { json in for index in table.localIndexes { write(index, to: &json) } }
            }
        }
        if !table.globalIndexes.isEmpty {
            json.member("GlobalSecondaryIndexes") {
                $0.array { json in for index in table.globalIndexes { write(index, to: &json) } }
            }
        }
    }

    private func write(statisticsOf space: SpaceID, _ sizeName: StaticString, to json: inout JSONWriter) {
        let statistics = statistics[space] ?? Statistics()
        json.member("ItemCount", Int(statistics.items))
        json.member(sizeName, Int(statistics.bytes))
    }

    private func writeCapacity(to json: inout JSONWriter) {
        // A table that was always provisioned has no summary.
        if table.billingMode == .payPerRequest || table.payPerRequestAt != nil {
            json.member("BillingModeSummary") {
                $0.object {
                    $0.member("BillingMode", table.billingMode.rawValue)
                    if case .created = moment { return }
                    if let at = table.payPerRequestAt { $0.time("LastUpdateToPayPerRequestDateTime", at) }
                }
            }
        }
        json.member("ProvisionedThroughput") { $0.throughput(table.throughput, now) }
        if let limits = table.onDemandLimits { json.member("OnDemandThroughput") { $0.limits(limits) } }
        if showsWarm(table.warmUnits) {
            json.member("WarmThroughput") { $0.warm(table.warm, warmStatus) }
        }
    }

    private var warmStatus: String {
        switch table.status {
        case .updating: "UPDATING"
        case .active where table.pendingWarm != nil: "UPDATING"
        // What was asked for is yet to come, what a table has of itself is there.
        case .creating where table.warmUnits != nil: "UPDATING"
        default: "ACTIVE"
        }
    }

    private func showsWarm(_ units: TableRecord.Units?) -> Bool {
        switch moment {
        case .created(let isAsked): isAsked && units != nil
        case .described, .updated: true
        case .deleted: false
        }
    }

    private func writeOptions(to json: inout JSONWriter) {
        if let stream = table.stream {
            json.member("StreamSpecification") {
                $0.object {
                    $0.member("StreamEnabled", true)
                    $0.member("StreamViewType", stream.view.rawValue)
                }
            }
        }
        if let label = table.latestStreamLabel {
            json.member("LatestStreamLabel", label)
            json.member("LatestStreamArn", scope.streamARN(label, of: table.name))
        }
        let isEncryptionUpdating = table.pendingEncryption != nil
        if table.encryption != nil || isEncryptionUpdating {
            json.member("SSEDescription") {
                $0.object {
                    $0.member("Status", isEncryptionUpdating ? "UPDATING" : "ENABLED")
                    guard let encryption = table.encryption else { return }
                    $0.member("SSEType", "KMS")
                    $0.member("KMSMasterKeyArn", encryption.keyARN)
                }
            }
        }
        if let name = table.tableClass {
            json.member("TableClassSummary") {
                $0.object {
                    $0.member("TableClass", name)
                    if let at = table.tableClassAt { $0.time("LastUpdateDateTime", at) }
                }
            }
        }
    }

    private func write(_ index: IndexRecord, to json: inout JSONWriter) {
        json.object { json in
            json.member("IndexName", index.name)
            json.member("KeySchema") { $0.keySchema(index.key) }
            json.member("Projection") { $0.projection(index.projection) }
            write(statisticsOf: index.space, "IndexSizeBytes", to: &json)
            json.member("IndexArn", scope.indexARN(index.name, of: table.name))
            guard index.isGlobal else { return }
            json.member("IndexStatus", index.status.rawValue)
            // An index that was made with its table has nothing to fill.
            if index.status == .creating, index.dueAt != nil { json.member("Backfilling", index.backfilledUpTo != nil) }
            json.member("ProvisionedThroughput") { $0.throughput(index.throughput, now) }
            if let limits = index.onDemandLimits { json.member("OnDemandThroughput") { $0.limits(limits) } }
            if showsWarm(index.warmUnits) {
                let isUpdating = index.status == .creating || index.status == .updating || index.pendingWarm != nil
                let status = isUpdating ? "UPDATING" : "ACTIVE"
                json.member("WarmThroughput") { $0.warm(index.warm(table.billingMode), status) }
            }
        }
    }
}

extension TableRecord {
    /// What the table is warm for: its billing mode's own, or what it once had.
    var warm: Units { Self.warm(billingMode, throughput, warmUnits) }

    static func warm(_ mode: BillingMode, _ throughput: Throughput, _ once: Units?) -> Units {
        let base =
            mode == .payPerRequest
            ? CapacityRules.onDemandWarm : Units(read: throughput.readUnits, write: throughput.writeUnits)
        return Units(read: max(base.read, once?.read ?? 0), write: max(base.write, once?.write ?? 0))
    }
}

extension IndexRecord {
    func warm(_ mode: TableRecord.BillingMode) -> TableRecord.Units { TableRecord.warm(mode, throughput, warmUnits) }
}

extension TableRecord.Throughput {
    /// Decreases are counted by the day, UTC.
    func decreases(on now: Timestamp) -> Int {
        guard let decreasedAt, decreasedAt.milliseconds / 86_400_000 == now.milliseconds / 86_400_000 else { return 0 }
        return decreasesToday
    }
}

extension JSONWriter {
    /// Seconds, with milliseconds behind the point.
    mutating func time(_ name: StaticString, _ time: Timestamp) {
        member(name) { $0.seconds(milliseconds: time.milliseconds) }
    }

    mutating func keySchema(_ key: KeySchema) {
        array { json in
            for (attributes, type) in [(key.partition, "HASH"), (key.sort, "RANGE")] {
                for attribute in attributes {
                    json.object {
                        $0.member("AttributeName", attribute.name.string)
                        $0.member("KeyType", type)
                    }
                }
            }
        }
    }

    fileprivate mutating func projection(_ projection: IndexRecord.Projection) {
        object {
            switch projection {
            case .all: $0.member("ProjectionType", "ALL")
            case .keysOnly: $0.member("ProjectionType", "KEYS_ONLY")
            case .include(let names):
                $0.member("ProjectionType", "INCLUDE")
                $0.member("NonKeyAttributes") {
                    $0.array { json in for name in names.sorted() { json.string(name.string) } }
                }
            }
        }
    }

    fileprivate mutating func throughput(_ throughput: TableRecord.Throughput, _ now: Timestamp) {
        object {
            if let at = throughput.increasedAt { $0.time("LastIncreaseDateTime", at) }
            if let at = throughput.decreasedAt { $0.time("LastDecreaseDateTime", at) }
            $0.member("NumberOfDecreasesToday", throughput.decreases(on: now))
            $0.member("ReadCapacityUnits", throughput.readUnits)
            $0.member("WriteCapacityUnits", throughput.writeUnits)
        }
    }

    fileprivate mutating func limits(_ limits: TableRecord.OnDemandLimits) {
        object {
            $0.member("MaxReadRequestUnits", limits.readUnits)
            $0.member("MaxWriteRequestUnits", limits.writeUnits)
        }
    }

    fileprivate mutating func warm(_ units: TableRecord.Units, _ status: String) {
        object {
            $0.member("ReadUnitsPerSecond", units.read)
            $0.member("WriteUnitsPerSecond", units.write)
            $0.member("Status", status)
        }
    }
}

import DyadModel
import DyadStore

// Changes of throughput and billing. What is asked for is noted with its time; the units change when the table or the
// index becomes ACTIVE again, what it is warm for later without its being UPDATING. A table's limits change at once.

extension TableRecord {
    /// Source: the words of LimitExceededException, ack-api-quirks 058.
    private static let freeDecreasesADay = 4
    private static let pauseBetweenDecreasesSeconds: Int64 = 3600

    mutating func change(
        _ capacity: TableUpdate.Capacity, indexes updates: [UpdateGlobalSecondaryIndexAction], _ call: Call
    ) throws(DynamoError) {
        let wasOnDemand = billingMode == .payPerRequest
        let mode = capacity.mode ?? billingMode
        let isSwitched = mode != billingMode
        for update in updates { try checkNotDeleting(indexNamed: update.indexName) }
        if let units = capacity.units {
            guard mode == .provisioned else {
                throw .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
                )
            }
            try checkThroughputFree()
            if !isSwitched { try checkChange(to: units, call) }
            if isSwitched { try checkIndexesProvisioned(by: updates) }
            throughput.note(units, at: call.now)
            pendingUnits = units
            beginUpdate(.throughput, call)
        } else if isSwitched {
            try checkThroughputFree()
            toOnDemand(call)
        }
        billingMode = mode
        if mode == .provisioned { onDemandLimits = nil }
        if let wish = capacity.limits {
            let limits = try CapacityRules.changedLimits(wish, mode)
            try CapacityRules.checkQuota(limits, call)
            guard deletingIndexes.isEmpty else {
                throw .stillInUse(
                    "OnDemandThroughput cannot be updated while index deletion is in progress for indexes: "
                        + "[\(deletingIndexes.joined(separator: ", "))]")
            }
            onDemandLimits = (onDemandLimits ?? OnDemandLimits(readUnits: nil, writeUnits: nil)).merged(with: limits)
        }
        for update in updates { try change(update, switched: isSwitched && wasOnDemand, call) }
    }

    private mutating func toOnDemand(_ call: Call) {
        payPerRequestAt = call.now
        pendingUnits = Units(read: 0, write: 0)
        for at in globalIndexes.indices {
            globalIndexes[at].pendingUnits = Units(read: 0, write: 0)
            if globalIndexes[at].status == .active { globalIndexes[at].beginUpdate(call) }
        }
        beginUpdate(.throughput, call)
    }

    private var deletingIndexes: [String] { globalIndexes.filter { $0.status == .deleting }.map(\.name) }

    private func checkNotDeleting(indexNamed indexName: String) throws(DynamoError) {
        guard deletingIndexes.contains(indexName) else { return }
        throw .stillInUse("Index is being deleted. Table: \(name) Index: \(indexName)")
    }

    private func checkThroughputFree() throws(DynamoError) {
        guard deletingIndexes.isEmpty else {
            throw .stillInUse(
                "Can't change table IOPS when an index is being deleted. Table: \(name) "
                    + "Indexes: [\(deletingIndexes.joined(separator: ", "))]")
        }
        switch updating {
        case .throughput: throw .stillInUse("Table IOPS are currently being updated. Table: \(name)")
        case .some: throw .stillInUse("Table is being updated: \(name)")
        case nil: break
        }
    }

    private func checkIndexesProvisioned(by updates: [UpdateGlobalSecondaryIndexAction]) throws(DynamoError) {
        for index in globalIndexes
        where !updates.contains(where: { $0.indexName == index.name && $0.provisionedThroughput != nil }) {
            throw .invalid("ProvisionedThroughput must be specified for index: \(index.name)")
        }
    }

    private func checkChange(to units: Units, _ call: Call) throws(DynamoError) {
        try throughput.checkDifference(from: units, table: "table", described: "table")
        guard units.read < throughput.readUnits || units.write < throughput.writeUnits else { return }
        let today = throughput.decreases(on: call.now)
        guard today >= Self.freeDecreasesADay, let last = throughput.decreasedAt else { return }
        let next = last.advanced(by: Self.pauseBetweenDecreasesSeconds * 1000)
        guard call.now < next else { return }
        throw DynamoError(
            .limitExceeded,
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
                + "first \(Self.freeDecreasesADay) decreases, each subsequent decrease in the same UTC day can be "
                + "performed at most once every \(Self.pauseBetweenDecreasesSeconds) seconds. Number of decreases today: "
                + "\(today). Last decrease at \(last.label). Next decrease can be made at \(next.label)")
    }

    // MARK: Indexes

    private mutating func change(
        _ update: UpdateGlobalSecondaryIndexAction, switched: Bool, _ call: Call
    ) throws(DynamoError) {
        var index = try globalIndex(named: update.indexName, to: "update")
        switch index.status {
        case .active: break
        case .creating: throw .stillInUse("Index is being created. Table: \(name) Index: \(index.name)")
        case .deleting: throw .stillInUse("Index is being deleted. Table: \(name) Index: \(index.name)")
        case .updating: throw .stillInUse("Index is being updated. Table: \(name) Index: \(index.name)")
        }
        if let units = update.provisionedThroughput?.units {
            guard billingMode == .provisioned else {
                throw .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \(index.name) "
                        + "when BillingMode is PAY_PER_REQUEST")
            }
            if !switched {
                try index.throughput.checkDifference(from: units, table: "index \(index.name)", described: "index")
            }
            try CapacityRules.checkQuota(units, index: index.name, call)
            index.throughput.note(units, at: call.now)
            index.pendingUnits = units
            index.beginUpdate(call)
        } else if update.onDemandThroughput?.isEmpty != false, update.warmThroughput == nil {
            guard billingMode == .provisioned else {
                throw .invalid(
                    "The only Updates for index: \(index.name) when TableThroughputMode is PAY_PER_REQUEST can be to "
                        + "OnDemandThroughput, WarmThroughput")
            }
            throw .invalid("ProvisionedThroughput must be specified for index: \(index.name)")
        }
        if let wish = update.onDemandThroughput, !wish.isEmpty {
            let limits = try CapacityRules.changedLimits(wish, billingMode, index: index.name)
            try CapacityRules.checkQuota(limits, index: index.name, call)
            index.onDemandLimits =
                (index.onDemandLimits ?? OnDemandLimits(readUnits: nil, writeUnits: nil)).merged(with: limits)
            index.beginUpdate(call)
        }
        if let wish = update.warmThroughput {
            let warm = index.warm(billingMode)
            index.pendingWarm = try wish.pending(over: warm, index: index.name, call) ?? index.pendingWarm
        }
        replace(index)
    }

    /// - Parameter verb: what AWS says cannot be done to a local index.
    func globalIndex(named name: String, to verb: String) throws(DynamoError) -> IndexRecord {
        if let index = globalIndexes.first(where: { $0.name == name }) { return index }
        guard !localIndexes.contains(where: { $0.name == name }) else {
            throw .validation("Cannot \(verb) an index that is not a GlobalSecondaryIndex: \(name)")
        }
        throw .resourceNotFound("Requested resource not found: Index \(name) for table \(self.name)")
    }
}

extension IndexRecord {
    fileprivate mutating func beginUpdate(_ call: Call) {
        status = .updating
        dueAt = call.now.advanced(by: call.settings.transitionMilliseconds)
    }
}

extension WarmThroughput {
    /// - Parameter index: the index that is to be warm; nil for the table.
    /// - Returns: what there is to come; nil when that is there.
    func pending(
        over warm: TableRecord.Units, index: String? = nil, _ call: Call
    ) throws(DynamoError) -> TableRecord.Pending<TableRecord.Units>? {
        guard let units = try CapacityRules.warm(self, over: warm, .current, index: index), units != warm else {
            return nil
        }
        try CapacityRules.checkQuota(warm: units, index: index, call)
        return TableRecord.Pending(units, dueAt: call.now.advanced(by: call.settings.transitionMilliseconds))
    }
}

extension TableRecord.OnDemandLimits {
    /// What was not said stays; -1 takes a limit away.
    fileprivate func merged(with change: Self?) -> Self? {
        func merge(_ old: Int?, _ new: Int?) -> Int? { new == -1 ? nil : new ?? old }
        let read = merge(readUnits, change?.readUnits)
        let write = merge(writeUnits, change?.writeUnits)
        return read == nil && write == nil ? nil : Self(readUnits: read, writeUnits: write)
    }
}

extension TableRecord.Throughput {
    /// The times of a change show at once, its units later.
    fileprivate mutating func note(_ units: TableRecord.Units, at now: Timestamp) {
        decreasesToday = decreases(on: now)
        if units.read > readUnits || units.write > writeUnits { increasedAt = now }
        if units.read < readUnits || units.write < writeUnits { decreasedAt = now }
    }

    fileprivate func checkDifference(
        from units: TableRecord.Units, table: String, described: String
    ) throws(DynamoError) {
        guard units.read == readUnits, units.write == writeUnits else { return }
        throw .validation(
            "The provisioned throughput for the \(table) will not change. The requested value equals the current value. "
                + "Current ReadCapacityUnits provisioned for the \(described): \(readUnits). Requested "
                + "ReadCapacityUnits: \(units.read). Current WriteCapacityUnits provisioned for the \(described): "
                + "\(writeUnits). Requested WriteCapacityUnits: \(units.write). Refer to the Amazon DynamoDB Developer "
                + "Guide for current limits and how to request higher limits.")
    }
}

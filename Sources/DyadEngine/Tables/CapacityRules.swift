import DyadModel
import DyadStore

/// What may be asked of throughput, whatever the table's state.
enum CapacityRules {
    /// More cannot be provisioned by any account.
    static let unitsMax = 1_000_000_000_000
    /// DescribeLimits' figures: what one table may have, in an account that asked for no more.
    static let tableUnitsMax = 40_000
    static let accountUnitsMax = 80_000
    /// What a table on demand is warm for from its first moment.
    static let onDemandWarm = TableRecord.Units(read: 12_000, write: 4_000)

    /// - Parameter index: the index whose throughput it is; nil for the table's.
    static func checkBounds(_ units: TableRecord.Units?, index: String? = nil) throws(DynamoError) {
        guard let units else { return }
        let place = index.map { " for index \($0)" } ?? ""
        for (name, value) in [("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)]
        where value > unitsMax {
            throw .validation("Given value \(value) for \(name) is out of bounds\(place)")
        }
    }

    /// That what is provisioned is within the account's quota, for a table or an index alike.
    ///
    /// Source of the words: ack-api-quirks 171 and 443; those of an index are recorded in part.
    static func checkQuota(
        _ units: TableRecord.Units?, index: String? = nil, _ call: Call
    ) throws(DynamoError) {
        guard let units else { return }
        let kind = index == nil ? "table" : "index"
        let place = index.map { " for index \($0)" } ?? ""
        for (name, value) in [("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)]
        where value > tableUnitsMax {
            throw DynamoError(
                .limitExceeded,
                "The requested \(name)\(place), \(value), is above the per \(kind) maximum for the account in "
                    + "\(call.scope.region.rawValue). Per \(kind) maximum: \(tableUnitsMax). Refer to the Amazon DynamoDB "
                    + "Developer Guide for current limits and how to request higher limits.")
        }
    }

    static func checkQuota(
        _ limits: TableRecord.OnDemandLimits?, index: String? = nil, _ call: Call
    ) throws(DynamoError) {
        let place = index.map { "index : \($0)" } ?? "table"
        try checkQuota("MaxReadRequestUnits for OnDemandThroughput for \(place)", limits?.readUnits, "Read", call)
        try checkQuota("MaxWriteRequestUnits for OnDemandThroughput for \(place)", limits?.writeUnits, "Write", call)
    }

    static func checkQuota(
        warm units: TableRecord.Units?, index: String? = nil, _ call: Call
    ) throws(DynamoError) {
        let place = index.map { "index \($0)" } ?? "table"
        try checkQuota("ReadUnitsPerSecond for WarmThroughput for \(place)", units?.read, "Read", call)
        try checkQuota("WriteUnitsPerSecond for WarmThroughput for \(place)", units?.write, "Write", call)
    }

    private static func checkQuota(
        _ subject: String, _ value: Int?, _ side: String, _ call: Call
    ) throws(DynamoError) {
        guard let value, value > tableUnitsMax else { return }
        throw DynamoError(
            .limitExceeded,
            "Subscriber limit exceeded: Requested \(subject) exceeds TableMax\(side)CapacityUnits of the account in region "
                + call.scope.region.rawValue)
    }

    /// Of a table or an index that is made.
    static func initialLimits(
        _ wish: OnDemandThroughput?, _ mode: TableRecord.BillingMode, index: String? = nil
    ) throws(DynamoError) -> TableRecord.OnDemandLimits? {
        let refusal = "cannot be specified when table BillingMode is PROVISIONED."
        return try limits(wish, mode, refusal, lowest: 1, index.map { "index: \($0)" }, index)
    }

    /// Of a table or an index that is there: -1 takes a limit away.
    static func changedLimits(
        _ wish: OnDemandThroughput?, _ mode: TableRecord.BillingMode, index: String? = nil
    ) throws(DynamoError) -> TableRecord.OnDemandLimits? {
        let refusal = "cannot be specified when the table BillingMode is PROVISIONED"
        return try limits(wish, mode, refusal, lowest: -1, index.map { "index : \($0)" }, index)
    }

    private static func limits(
        _ wish: OnDemandThroughput?, _ mode: TableRecord.BillingMode, _ refusal: String, lowest: Int,
        _ refused: String?, _ index: String?
    ) throws(DynamoError) -> TableRecord.OnDemandLimits? {
        guard let wish else { return nil }
        let members = [
            ("MaxReadRequestUnits", wish.maxReadRequestUnits?.value),
            ("MaxWriteRequestUnits", wish.maxWriteRequestUnits?.value),
        ]
        if mode == .provisioned, let name = members.first(where: { $0.1 != nil })?.0 {
            throw .invalid("\(name) for OnDemandThroughput \(refused.map { "for \($0) " } ?? "")\(refusal)")
        }
        for (name, value) in members {
            guard let value, value < lowest || value == 0 else { continue }
            let place = index.map { "index : \($0)" } ?? "table"
            throw .invalid("Requested \(name) for OnDemandThroughput for \(place) is outside of valid range")
        }
        return TableRecord.OnDemandLimits(readUnits: members[0].1, writeUnits: members[1].1)
    }

    /// What warm throughput must not undercut, in AWS's words.
    enum WarmFloor {
        case initialOnDemand, provisioned, current

        fileprivate func text(_ provisioned: String) -> String {
            switch self {
            case .initialOnDemand:
                "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                    + "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
            case .provisioned: "\(provisioned) of ProvisionedThroughput"
            case .current: "current WarmThroughput, decreasing WarmThroughput is not supported"
            }
        }
    }

    /// - Parameter base: what must not be undercut, and stands for what was not said.
    static func warm(
        _ wish: WarmThroughput?, over base: TableRecord.Units, _ floor: WarmFloor, index: String?
    ) throws(DynamoError) -> TableRecord.Units? {
        guard let wish else { return nil }
        let warm = TableRecord.Units(
            read: wish.readUnitsPerSecond?.value ?? base.read, write: wish.writeUnitsPerSecond?.value ?? base.write)
        for (name, provisioned, value, bound) in [
            ("ReadUnitsPerSecond", "ReadCapacityUnits", warm.read, base.read),
            ("WriteUnitsPerSecond", "WriteCapacityUnits", warm.write, base.write),
        ] where value < bound {
            let place = index.map { "index \($0)" } ?? "table"
            throw .invalid("Requested \(name) for WarmThroughput for \(place) is lower than \(floor.text(provisioned))")
        }
        return warm
    }

    /// Of a table or an index that is made.
    ///
    /// - Parameter units: what is provisioned; nil on demand.
    static func initialWarm(
        _ wish: WarmThroughput?, over units: TableRecord.Units?, index: String? = nil
    ) throws(DynamoError) -> TableRecord.Units? {
        try warm(wish, over: units ?? onDemandWarm, units == nil ? .initialOnDemand : .provisioned, index: index)
    }
}

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

    static func checkLimits(_ units: TableRecord.Units?, _ call: Call) throws(DynamoError) {
        guard let units else { return }
        for (name, value) in [("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)]
        where value > tableUnitsMax {
            throw DynamoError(
                .limitExceeded,
                "The requested \(name), \(value), is above the per table maximum for the account in "
                    + "\(call.scope.region.rawValue). Per table maximum: \(tableUnitsMax).")
        }
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

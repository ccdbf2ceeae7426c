package import DyadModel
package import DyadStore

package struct TimeToLiveSpecification: WireStructure {
    var enabled = false
    var attributeName = ""
    package init() {}
    package static let shape = Shape<Self>(
        .required("Enabled", \.enabled),
        .required("AttributeName", \.attributeName, .length(1...255)))
}

/// Switches the expiry of items on or off. AWS was never seen to show ENABLING or DISABLING.
package enum UpdateTimeToLive: WriteOperation {
    package struct Input: WireStructure {
        var tableName = ""
        var timeToLiveSpecification = TimeToLiveSpecification()
        package init() {}
        package static let shape = Shape<Self>(
            .required("TableName", \.tableName, .tableReference),
            .required("TimeToLiveSpecification", \.timeToLiveSpecification))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let specification: TimeToLiveSpecification

        package func write(to json: inout JSONWriter) {
            json.object {
                $0.member("TimeToLiveSpecification") {
                    $0.object {
                        $0.member("Enabled", specification.enabled)
                        $0.member("AttributeName", specification.attributeName)
                    }
                }
            }
        }
    }

    package static func run(
        _ plan: Input, in store: inout WriteTransaction, _ call: Call
    ) throws(DynamoError) -> Output {
        var table = try store.catalog.table(plan.tableName, call)
        if table.status == .creating || table.status == .deleting { throw .inUse(table) }
        let wish = plan.timeToLiveSpecification
        try check(wish, against: table.timeToLive, call)
        var timeToLive = table.timeToLive ?? TableRecord.TimeToLive(changedAt: call.now)
        timeToLive.changedAt = call.now
        timeToLive.dueAt = call.now
        if wish.enabled {
            timeToLive.index = .init(
                attribute: Text(wish.attributeName), space: store.newSpace(), backfilledUpTo: [])
        } else {
            timeToLive.retired += timeToLive.index.map { [$0.space] } ?? []
            timeToLive.index = nil
        }
        table.timeToLive = timeToLive
        try store.save(table)
        return Output(specification: wish)
    }

    /// What is asked for is judged before how soon it is asked (observed on AWS, October 2026).
    private static func check(
        _ wish: TimeToLiveSpecification, against present: TableRecord.TimeToLive?, _ call: Call
    ) throws(DynamoError) {
        if let attribute = present?.index?.attribute {
            guard attribute == Text(wish.attributeName) else {
                throw .validation(
                    "TimeToLive is active on a different AttributeName: current AttributeName is \(attribute)")
            }
            if wish.enabled { throw .validation("TimeToLive is already enabled") }
        } else if !wish.enabled {
            throw .validation("TimeToLive is already disabled")
        }
        guard let changedAt = present?.changedAt else { return }
        guard changedAt.advanced(by: call.settings.timeToLivePauseMilliseconds) <= call.now else {
            throw .validation("Time to live has been modified multiple times within a fixed interval")
        }
    }
}

import DyadEngine
import DyadModel

/// What `POST /_dyad/streams` asks for: `{"region": "cn-north-1", "tableName": "tlog", "split": "shardId-…"}`.
///
/// A stream is named by `streamArn`, which may do without `region`, or by its table; then comes one of `split`, `roll`,
/// `splitAll` and `rollAll`.
struct StreamControlOrder: Equatable {
    var order: StreamOrder
    var region: RegionName
    /// Nil for the server's own.
    var account: AccountID?

    private static let names = "region, account, streamArn, tableName, split, roll, splitAll and rollAll"

    init(parsing body: [UInt8]) throws(OrderMistake) {
        guard let document = try? JSONDocument(parsing: body), document.root.kind == .object else {
            throw OrderMistake(message: "the body is not a JSON object")
        }
        var texts: [String: String] = [:]
        var doings: [(Resharding, StreamOrder.Shards)] = []
        for (name, value) in document.root.members {
            switch name {
            case "region", "account", "streamArn", "tableName": texts[name] = try value.orderText(name)
            case "split": doings.append((.split, .one(try value.orderText(name))))
            case "roll": doings.append((.roll, .one(try value.orderText(name))))
            case "splitAll", "rollAll":
                guard value.kind == .true else { throw OrderMistake(message: "\(name) is true, or left out") }
                doings.append((name == "splitAll" ? .split : .roll, .allOpen))
            default: throw OrderMistake(message: "there is no '\(name)', only \(Self.names)")
            }
        }
        guard doings.count == 1 else { throw OrderMistake(message: "give one of split, roll, splitAll and rollAll") }
        let target: StreamOrder.Target
        switch (texts["streamArn"], texts["tableName"]) {
        case (let arn?, nil): target = .arn(arn)
        case (nil, let name?): target = .table(name)
        default: throw OrderMistake(message: "give one of streamArn and tableName")
        }
        let named = texts["streamArn"].flatMap { TableARN($0) }
        guard let region = texts["region"] ?? named?.region.rawValue else {
            throw OrderMistake(message: "give the region")
        }
        self.region = try JSONNode.region(region)
        account = try (texts["account"] ?? named?.account).map { text throws(OrderMistake) in try JSONNode.account(text)
        }
        order = StreamOrder(doings[0].0, doings[0].1, of: target)
    }
}

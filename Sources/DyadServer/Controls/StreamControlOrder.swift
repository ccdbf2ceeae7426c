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
            case "region", "account", "streamArn", "tableName": texts[name] = try Self.text(value, name)
            case "split": doings.append((.split, .one(try Self.text(value, name))))
            case "roll": doings.append((.roll, .one(try Self.text(value, name))))
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
        region = try Self.region(texts["region"] ?? named?.region.rawValue)
        account = try Self.account(texts["account"] ?? named?.account)
        order = StreamOrder(doings[0].0, doings[0].1, of: target)
    }

    private static func text(_ value: JSONNode, _ name: String) throws(OrderMistake) -> String {
        guard let text = value.string, !text.isEmpty else { throw OrderMistake(message: "\(name) is a string") }
        return text
    }

    private static func region(_ text: String?) throws(OrderMistake) -> RegionName {
        guard let text else { throw OrderMistake(message: "give the region") }
        guard RegionName.isName(text) else { throw OrderMistake(message: "'\(text)' is no region") }
        return RegionName(text)
    }

    private static func account(_ text: String?) throws(OrderMistake) -> AccountID? {
        guard let text else { return nil }
        guard let account = AccountID(text) else { throw OrderMistake(message: "an account is twelve digits") }
        return account
    }
}

import DyadEngine
import DyadModel

/// What `POST /_dyad/transactions` asks for:
/// `{"heldItems": [{"region": "cn-north-1", "tableName": "tlog", "key": {"requestid": {"N": "7"}}}]}`, or
/// `tokensInProgress` with a list of ClientRequestTokens, or both. What is left out stays as it was.
struct TransactionOrder: Equatable {
    /// A test holds a handful; each is compared with every write.
    static let heldItemsMax = 1000
    static let tokensMax = 1000

    var heldItems: [TransactionHook.HeldItem]?
    var tokensInProgress: [String]?

    /// - Parameter account: the one that is meant where none is named.
    init(parsing body: [UInt8], account: AccountID) throws(OrderMistake) {
        guard let document = try? JSONDocument(parsing: body), document.root.kind == .object else {
            throw OrderMistake(message: "the body is not a JSON object")
        }
        for (name, value) in document.root.members {
            switch name {
            case "heldItems":
                var items: [TransactionHook.HeldItem] = []
                for element in try Self.list(value, name, max: Self.heldItemsMax) {
                    items.append(try Self.item(element, account))
                }
                heldItems = items
            case "tokensInProgress":
                var tokens: [String] = []
                for element in try Self.list(value, name, max: Self.tokensMax) {
                    tokens.append(try element.orderText("a token"))
                }
                tokensInProgress = tokens
            default: throw OrderMistake(message: "there is no '\(name)', only heldItems and tokensInProgress")
            }
        }
        guard heldItems != nil || tokensInProgress != nil else {
            throw OrderMistake(message: "give heldItems, tokensInProgress or both")
        }
    }

    private static func list(_ value: JSONNode, _ name: String, max: Int) throws(OrderMistake) -> [JSONNode] {
        guard value.kind == .array else { throw OrderMistake(message: "\(name) is a list") }
        let elements = Array(value.elements)
        guard elements.count <= max else { throw OrderMistake(message: "\(name) has \(max) elements at most") }
        return elements
    }

    private static func item(_ value: JSONNode, _ account: AccountID) throws(OrderMistake) -> TransactionHook.HeldItem {
        guard value.kind == .object else { throw OrderMistake(message: "a held item is an object") }
        var account = account
        var region: RegionName?
        var table: String?
        var key: ItemBytes?
        for (name, value) in value.members {
            switch name {
            case "region": region = try value.orderRegion(name)
            case "account": account = try value.orderAccount(name)
            case "tableName": table = try value.orderText(name)
            case "key":
                do throws(DynamoError) { key = try ItemBytes(parsing: value) } catch {
                    throw OrderMistake(message: "key is no item: \(error.message ?? error.code.rawValue)")
                }
            default:
                throw OrderMistake(message: "a held item has no '\(name)', only region, account, tableName and key")
            }
        }
        guard let region, let table, let key else {
            throw OrderMistake(message: "a held item has region, tableName and key")
        }
        return TransactionHook.HeldItem(scope: Scope(account: account, region: region), table: table, key: key)
    }
}

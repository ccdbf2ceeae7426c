import DyadEngine
import DyadModel
import NIOHTTP1

/// `/_dyad/transactions` says which items and tokens transactions hold that never end, so that others collide with them.
struct TransactionControl: Control {
    static let path = "/_dyad/transactions"

    private let hook: TransactionHook
    private let account: AccountID

    init(_ hook: TransactionHook, account: AccountID) {
        self.hook = hook
        self.account = account
    }

    var state: Reply? { Self.reply(hook.collisions) }

    /// Takes the place of what was held before, as far as the order names it.
    func perform(_ body: [UInt8], through slot: ReplySlot) throws(OrderMistake) {
        let order = try TransactionOrder(parsing: body, account: account)
        let collisions = hook.change { collisions in
            if let items = order.heldItems { collisions.heldItems = items }
            if let tokens = order.tokensInProgress { collisions.tokensInProgress = tokens }
        }
        slot.send(Self.reply(collisions))
    }

    private static func reply(_ collisions: TransactionHook.Collisions) -> Reply {
        var json = JSONWriter()
        json.object { json in
            json.member("heldItems") { json in
                json.array { json in for item in collisions.heldItems { write(item, to: &json) } }
            }
            json.member("tokensInProgress") { json in
                json.array { json in for token in collisions.tokensInProgress { json.string(token) } }
            }
        }
        return Reply(.ok, contentType: Front.json, body: json.bytes)
    }

    private static func write(_ item: TransactionHook.HeldItem, to json: inout JSONWriter) {
        json.object { json in
            json.member("region", item.scope?.region.rawValue)
            json.member("account", item.scope?.account.rawValue)
            json.member("tableName", item.table)
            json.member("key") { $0.splice(item.key.utf8) }
        }
    }
}

package import DyadModel
import DyadStore

/// A read of a transaction, and where it looks.
struct LocatedRead: Sendable {
    /// The table as the request calls it.
    let tableName: String
    let table: TableRecord
    let key: StorageKey
    let projection: ItemProjection
}

/// The reads of a transaction, all of one moment.
enum TransactionReads {
    /// - Parameter members: where each looks, or the reason why it looks nowhere.
    static func run(
        _ members: [Result<LocatedRead, DynamoError>], _ detail: ReturnConsumedCapacity?, in store: ReadTransaction,
        _ call: Call
    ) throws(DynamoError) -> TransactionReadOutput {
        let found = try TransactionRules.outcomes(
            members.map { member in
                Result { () throws(DynamoError) in
                    let member = try member.get()
                    try call.settings.transactions?.checkFree(member.key, of: member.table, call)
                    try member.table.key.checkScalar(member.projection.paths, "Key")
                    return (member: member, item: try store.rows.item(at: member.key))
                }
            })
        try TransactionRules.checkSize(found.reduce(0) { $0 + ($1.item?.size ?? 0) })
        var totals = TableTotals(detail, nil)
        for (member, item) in found {
            totals.capacity(of: member.tableName, side: .read) { $0.addTransactionalRead(of: item?.size ?? 0) }
        }
        return TransactionReadOutput(
            items: found.map { member, item in item.map { member.projection.apply(to: $0.bytes) } }, totals: totals)
    }
}

package struct TransactionReadOutput: WireOutput {
    /// Nil for an item that is not there: its response is empty.
    let items: [ItemBytes?]
    let totals: TableTotals

    package func write(to json: inout JSONWriter) {
        json.object { json in
            totals.write(to: &json)
            json.member("Responses") {
                $0.array { json in
                    for item in items {
                        json.object { json in
                            if let item { json.member("Item") { $0.splice(item.utf8) } }
                        }
                    }
                }
            }
        }
    }
}

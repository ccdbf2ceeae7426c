import DyadModel
import DyadStore

/// A write of a transaction, and where it goes.
struct LocatedWrite: Sendable {
    /// The table as the request calls it.
    let tableName: String
    let table: TableRecord
    /// The item that is put, or the key of the one that is changed.
    let target: SizedItem
    let write: ItemWrite
    let key: StorageKey

    /// That it may change something: a condition alone never does.
    var isWrite: Bool {
        if case .check = write.action { return false }
        return true
    }
}

/// The writes of a transaction: all are done, or none.
enum TransactionWrites {
    /// - Parameters:
    ///   - members: where each goes, or the reason why it goes nowhere.
    ///   - window: of the request's token.
    /// - Returns: what it consumed.
    static func run(
        _ members: [Result<LocatedWrite, DynamoError>], _ window: IdempotencyWindow?,
        _ detail: ReturnConsumedCapacity?, _ metrics: ReturnItemCollectionMetrics?, in store: inout WriteTransaction,
        _ call: Call
    ) throws(DynamoError) -> TableTotals {
        var totals = TableTotals(detail, metrics)
        if let sizes = try window?.chargedSizes(in: store.rows, call) {
            try repeated(members, charged: sizes, on: store.rows, &totals)
            return totals
        }
        // All is decided before anything is written: every member has its say, and they share no item.
        let decisions = try decide(members, on: store.rows, call)
        try TransactionRules.checkSize(
            decisions.reduce(0) { $0 + ($1.member.isWrite ? $1.decision.new?.size ?? 0 : 0) })
        for (member, decision) in decisions {
            let outcome = try decision.carryOut(in: &store, table: member.table, key: member.key, call)
            totals.capacity(of: member.tableName, side: .write) {
                $0.addTransactionalWrite(outcome)
            }
            try totals.addCollection(of: member, on: store.rows)
        }
        try window?.keep(
            charging: decisions.map { max($0.decision.old?.size ?? 0, $0.decision.new?.size ?? 0) }, in: &store, call)
        return totals
    }

    private static func decide(
        _ members: [Result<LocatedWrite, DynamoError>], on rows: Rows, _ call: Call
    ) throws(DynamoError) -> [(member: LocatedWrite, decision: ItemWrite.Decision)] {
        var collections = CollectionSizes()
        return try TransactionRules.outcomes(
            members.map { member in
                Result { () throws(DynamoError) in
                    let member = try member.get()
                    let decision = try member.write.decide(
                        on: rows, &collections, table: member.table, key: member.key, call)
                    return (member, decision)
                }
            })
    }

    /// The same success again: nothing is written, and what is charged is a read of what the first was charged for.
    ///
    /// Source: nubo-db/dynoxide pull request 188, captured from AWS.
    private static func repeated(
        _ members: [Result<LocatedWrite, DynamoError>], charged sizes: [Int], on rows: Rows, _ totals: inout TableTotals
    ) throws(DynamoError) {
        for (index, member) in members.enumerated() {
            let member = try member.get()
            let size = index < sizes.count ? sizes[index] : try rows.item(at: member.key)?.size ?? 0
            totals.capacity(of: member.tableName, side: .read) { $0.addTransactionalRead(of: size) }
            try totals.addCollection(of: member, on: rows)
        }
    }
}

extension TableTotals {
    fileprivate mutating func addCollection(of member: LocatedWrite, on rows: Rows) throws(DynamoError) {
        guard member.isWrite else { return }
        try addCollection(
            of: member.target.bytes, at: member.key, in: member.table, named: member.tableName, on: rows)
    }
}

import DyadModel
import DyadStore

/// What both kinds of transactions keep to. Source: docs, "Amazon DynamoDB transactions: how it works".
enum TransactionRules {
    static let membersMax = 100
    static let bytesMax = 4 << 20

    /// No two members may name the same item. Members whose key could not be read have a reason of their own.
    static func checkDistinct(_ keys: [Result<StorageKey, DynamoError>]) throws(DynamoError) {
        var seen: Set<StorageKey> = []
        for case .success(let key) in keys where !seen.insert(key).inserted {
            throw .validation("Transaction request cannot include multiple operations on one item")
        }
    }

    /// The words are the documentation's; what AWS says is not recorded anywhere we know.
    static func checkSize(_ bytes: Int) throws(DynamoError) {
        guard bytes <= bytesMax else {
            throw .validation("The aggregate size of the items in the transaction exceeds 4 MB")
        }
    }

    /// A member that no items can make legal cancels the transaction before any condition is looked at; only the first
    /// such has a reason.
    ///
    /// Source: ScyllaDB's test/alternator/test_transact.py, run against AWS.
    static func checkFirst<Value>(_ results: [Result<Value, DynamoError>]) throws(DynamoError) {
        for (number, result) in results.enumerated() {
            guard case .failure(let error) = result else { continue }
            guard let reason = CancellationReason(error) else { throw error }
            var reasons = [CancellationReason](repeating: .none, count: results.count)
            reasons[number] = reason
            throw .transactionCanceled(reasons)
        }
    }

    /// What the members come to, if none has a reason against it.
    ///
    /// - Throws: TransactionCanceledException with every member's reason in order; at once what is nobody's reason, such as
    ///   a broken disk.
    static func outcomes<Outcome>(
        _ results: [Result<Outcome, DynamoError>]
    ) throws(DynamoError) -> [Outcome] {
        var outcomes: [Outcome] = []
        var reasons: [CancellationReason] = []
        for result in results {
            switch result {
            case .success(let outcome):
                outcomes.append(outcome)
                reasons.append(.none)
            case .failure(let error):
                guard let reason = CancellationReason(error) else { throw error }
                reasons.append(reason)
            }
        }
        guard outcomes.count == results.count else { throw .transactionCanceled(reasons) }
        return outcomes
    }
}

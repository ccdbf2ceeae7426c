package import DyadModel
import DyadStore

/// Makes transactions collide on purpose, for tests: a region has one writer, so here they never do by chance.
///
/// An application's retries can be tried out with it: whatever is held answers as AWS does while another transaction is
/// under way, TransactionConflictException for a single write and the reason TransactionConflict in a transaction.
/// Both closures are asked anew at every request and must not wait for one.
package struct TransactionHook: Sendable {
    package struct HeldItem: Sendable {
        /// The table's name.
        package var table: String
        /// The item's whole primary key.
        package var key: ItemBytes

        package init(table: String, key: ItemBytes) {
            self.table = table
            self.key = key
        }
    }

    /// The items that another transaction is said to hold.
    package var heldItems: @Sendable () -> [HeldItem]
    /// The ClientRequestTokens of requests that are said to be under way: TransactionInProgressException.
    package var tokensInProgress: @Sendable () -> [String]

    package init(
        heldItems: @escaping @Sendable () -> [HeldItem] = { [] },
        tokensInProgress: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.heldItems = heldItems
        self.tokensInProgress = tokensInProgress
    }

    /// - Throws: TransactionConflictException when the item at `key` is held.
    func checkFree(_ key: StorageKey, of table: TableRecord) throws(DynamoError) {
        for item in heldItems() where item.table == table.name {
            guard try table.key(named: item.key) != key else { throw .transactionConflict }
        }
    }

    /// Words seen from AWS: aws-sdk-java-v2 issue 2518.
    func checkNotInProgress(_ token: String) throws(DynamoError) {
        guard !tokensInProgress().contains(token) else {
            throw DynamoError(.transactionInProgress, "Transaction from previous request is still in progress")
        }
    }
}

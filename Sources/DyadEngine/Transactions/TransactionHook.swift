package import DyadModel
import DyadStore
import Synchronization

/// Makes transactions collide on purpose, for tests: a region has one writer, so here they never do by chance.
///
/// An application's retries can be tried out with it: whatever is held answers as AWS does while another transaction is
/// under way, TransactionConflictException for a single write and the reason TransactionConflict in a transaction.
package final class TransactionHook: Sendable {
    package struct HeldItem: Sendable, Equatable {
        /// Whose item it is; nil: everybody's of that table and key.
        package var scope: Scope?
        /// The table's name.
        package var table: String
        /// The item's whole primary key. One that does not fit the table's schema holds nothing.
        package var key: ItemBytes

        package init(scope: Scope? = nil, table: String, key: ItemBytes) {
            self.scope = scope
            self.table = table
            self.key = key
        }
    }

    package struct Collisions: Sendable, Equatable {
        /// The items that another transaction is said to hold.
        package var heldItems: [HeldItem]
        /// The ClientRequestTokens of requests that are said to be under way: TransactionInProgressException.
        package var tokensInProgress: [String]

        package init(heldItems: [HeldItem] = [], tokensInProgress: [String] = []) {
            self.heldItems = heldItems
            self.tokensInProgress = tokensInProgress
        }
    }

    private let current: Mutex<Collisions>
    /// Spares every write the lock while nothing is held.
    private let isIdle: Atomic<Bool>

    package init(_ collisions: Collisions = Collisions()) {
        current = Mutex(collisions)
        isIdle = Atomic(collisions == Collisions())
    }

    package var collisions: Collisions { current.withLock { $0 } }

    /// Counts for requests that are carried out from now on.
    ///
    /// - Returns: the collisions as they are then.
    @discardableResult
    package func change(_ change: (inout Collisions) -> Void) -> Collisions {
        current.withLock { collisions in
            change(&collisions)
            isIdle.store(collisions == Collisions(), ordering: .releasing)
            return collisions
        }
    }

    /// - Throws: TransactionConflictException when the item at `key` is held.
    func checkFree(_ key: StorageKey, of table: TableRecord, _ call: Call) throws(DynamoError) {
        guard !isIdle.load(ordering: .acquiring) else { return }
        for item in collisions.heldItems where item.table == table.name && (item.scope ?? call.scope) == call.scope {
            guard (try? table.key(named: item.key)) != key else { throw .transactionConflict }
        }
    }

    /// Words seen from AWS: aws-sdk-java-v2 issue 2518.
    func checkNotInProgress(_ token: String) throws(DynamoError) {
        guard !isIdle.load(ordering: .acquiring) else { return }
        guard !collisions.tokensInProgress.contains(token) else {
            throw DynamoError(.transactionInProgress, "Transaction from previous request is still in progress")
        }
    }
}

import DyadEngine
import DyadModel

extension LocalDynamoDB {
    /// Has an item be held by a transaction that never ends, until `releaseItems()`: who writes it alone is answered
    /// TransactionConflictException, a transaction that names it is cancelled for TransactionConflict, and a batch leaves
    /// it unprocessed. So a client's retries can be tried out.
    ///
    /// - Parameters:
    ///   - key: the item's whole primary key in DynamoDB's JSON, `{"requestid":{"N":"7"}}`.
    ///   - account: twelve digits; nil: the server's own.
    /// - Throws: `LocalDynamoDBError` when the region is no name of one, the account no account, or the key no item.
    public func holdItem(
        _ key: String, ofTable table: String, in region: String, account: String? = nil
    ) throws(LocalDynamoDBError) {
        let scope = try scope(region: region, account: account)
        let bytes: ItemBytes
        do {
            bytes = try ItemBytes(parsing: JSONDocument(parsing: Array(key.utf8)).root)
        } catch {
            throw LocalDynamoDBError(description: "'\(key)' is no item")
        }
        let item = TransactionHook.HeldItem(scope: scope, table: table, key: bytes)
        hook.change { $0.heldItems.append(item) }
    }

    /// Ends all holds.
    public func releaseItems() { hook.change { $0.heldItems = [] } }

    /// Has requests with these ClientRequestTokens be under way for ever: whoever sends one again is answered
    /// TransactionInProgressException. An empty list ends that.
    public func setTokensInProgress(_ tokens: [String]) { hook.change { $0.tokensInProgress = tokens } }

    func scope(region: String, account: String?) throws(LocalDynamoDBError) -> Scope {
        guard RegionName.isName(region) else { throw LocalDynamoDBError(description: "'\(region)' is no region") }
        guard let account else { return Scope(account: self.account, region: RegionName(region)) }
        guard let named = AccountID(account) else {
            throw LocalDynamoDBError(description: "an account is twelve digits, not '\(account)'")
        }
        return Scope(account: named, region: RegionName(region))
    }
}

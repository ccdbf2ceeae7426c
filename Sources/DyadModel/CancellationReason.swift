/// Why a member of a transaction could not be done, or that it could.
package struct CancellationReason: Equatable, Sendable {
    /// Source: docs, "TransactWriteItems", cancellation reason codes; ResourceNotFound and DuplicateItem are
    /// ExecuteTransaction's.
    package enum Code: String, Sendable {
        case none = "None"
        case conditionalCheckFailed = "ConditionalCheckFailed"
        case duplicateItem = "DuplicateItem"
        case itemCollectionSizeLimitExceeded = "ItemCollectionSizeLimitExceeded"
        case resourceNotFound = "ResourceNotFound"
        case transactionConflict = "TransactionConflict"
        case validationError = "ValidationError"
    }

    package let code: Code
    package let message: String?
    /// The item that failed its condition, when it was asked for.
    package let item: ItemBytes?

    package static let none = CancellationReason(code: .none, message: nil, item: nil)

    /// The reason that a member's own error becomes; nil for errors that are not the member's, such as a broken disk.
    package init?(_ error: DynamoError) {
        switch error.code {
        case .conditionalCheckFailed: code = .conditionalCheckFailed
        case .duplicateItem: code = .duplicateItem
        case .resourceNotFound: code = .resourceNotFound
        case .itemCollectionSizeLimitExceeded: code = .itemCollectionSizeLimitExceeded
        case .transactionConflict: code = .transactionConflict
        case .validation: code = .validationError
        default: return nil
        }
        message = error.message
        item = error.item
    }

    private init(code: Code, message: String?, item: ItemBytes?) {
        self.code = code
        self.message = message
        self.item = item
    }

    /// A member without a reason shows its code alone (bodies seen from AWS: boto3 issue 2657).
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("Code", code.rawValue)
            if let item { json.member("Item") { $0.splice(item.utf8) } }
            json.member("Message", message)
        }
    }
}

extension DynamoError {
    /// The end of a transaction of which at least one member has a reason.
    package static func transactionCanceled(_ reasons: [CancellationReason]) -> DynamoError {
        let codes = reasons.map(\.code.rawValue).joined(separator: ", ")
        var error = DynamoError(
            .transactionCanceled,
            "Transaction cancelled, please refer cancellation reasons for specific reasons [\(codes)]")
        error.cancellationReasons = reasons
        return error
    }

    /// What meets a request for an item that a transaction under way holds.
    package static let transactionConflict = DynamoError(.transactionConflict, "Transaction is ongoing for the item")
}

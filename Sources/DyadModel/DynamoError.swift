/// The error that leaves on the wire: one type from the store up.
///
/// Everything a client can cause is one of these; a broken invariant of our own traps instead.
package struct DynamoError: Error, Equatable, Sendable {
    package let code: Code
    /// AWS's words. Nil where AWS sends a code alone (UnknownOperationException).
    package let message: String?
    /// The item that failed its condition, when ReturnValuesOnConditionCheckFailure asked for it.
    package var item: ItemBytes?
    /// Why a transaction was cancelled: a reason for each of its members, in their order.
    package var cancellationReasons: [CancellationReason]?

    package init(_ code: Code, _ message: String?, item: ItemBytes? = nil) {
        self.code = code
        self.message = message
        self.item = item
    }

    /// The exception types of the DynamoDB and DynamoDB Streams service models, and the ones of the HTTP front.
    package enum Code: String, Sendable {
        case conditionalCheckFailed = "ConditionalCheckFailedException"
        case duplicateItem = "DuplicateItemException"
        case idempotentParameterMismatch = "IdempotentParameterMismatchException"
        case transactionCanceled = "TransactionCanceledException"
        case transactionConflict = "TransactionConflictException"
        case transactionInProgress = "TransactionInProgressException"
        case expiredIterator = "ExpiredIteratorException"
        case internalServerError = "InternalServerError"
        case itemCollectionSizeLimitExceeded = "ItemCollectionSizeLimitExceededException"
        case limitExceeded = "LimitExceededException"
        case provisionedThroughputExceeded = "ProvisionedThroughputExceededException"
        case resourceInUse = "ResourceInUseException"
        case resourceNotFound = "ResourceNotFoundException"
        case tableNotFound = "TableNotFoundException"
        case trimmedDataAccess = "TrimmedDataAccessException"
        case accessDenied = "AccessDeniedException"
        case incompleteSignature = "IncompleteSignatureException"
        case invalidSignature = "InvalidSignatureException"
        case missingAuthenticationToken = "MissingAuthenticationTokenException"
        case serialization = "SerializationException"
        case unknownOperation = "UnknownOperationException"
        case unrecognizedClient = "UnrecognizedClientException"
        case validation = "ValidationException"

        /// The namespace that qualifies the code in `__type`.
        ///
        /// Source: dynalite's recordings of AWS's bodies and their checksums.
        fileprivate var namespace: String {
            switch self {
            case .validation: "com.amazon.coral.validate"
            case .incompleteSignature, .invalidSignature, .missingAuthenticationToken, .serialization,
                .unknownOperation,
                .unrecognizedClient, .accessDenied:
                "com.amazon.coral.service"
            default: "com.amazonaws.dynamodb.v20120810"
            }
        }

        /// Two of Coral's exceptions spell `Message` with a capital, and those of transactions (the service model).
        fileprivate var spellsMessageWithCapital: Bool {
            switch self {
            case .serialization, .accessDenied, .idempotentParameterMismatch, .transactionCanceled,
                .transactionInProgress:
                true
            default: false
            }
        }
    }

    package var httpStatus: Int { code == .internalServerError ? 500 : 400 }

    /// The answer's body.
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("__type", "\(code.namespace)#\(code.rawValue)")
            if let cancellationReasons {
                $0.member("CancellationReasons") {
                    $0.array { for reason in cancellationReasons { reason.write(to: &$0) } }
                }
            }
            if let message {
                if code.spellsMessageWithCapital {
                    $0.member("Message", message)
                } else {
                    $0.member("message", message)
                }
            }
            if let item { $0.member("Item") { $0.splice(item.utf8) } }
        }
        return json.bytes
    }

    package static func validation(_ message: String) -> DynamoError { DynamoError(.validation, message) }
    package static func serialization(_ message: String) -> DynamoError { DynamoError(.serialization, message) }
    package static func resourceNotFound(_ message: String) -> DynamoError { DynamoError(.resourceNotFound, message) }
    package static func resourceInUse(_ message: String) -> DynamoError { DynamoError(.resourceInUse, message) }
}

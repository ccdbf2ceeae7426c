package import DyadModel

/// An error in the form of Lambda's REST API: the type in a header, the words in the body.
package struct LambdaError: Error, Equatable, Sendable {
    package let type: String
    package let status: Int
    package let message: String
    /// Coral's own, which come before Lambda sees a request: without `Type`, and `message` in small letters.
    var isCoral = false

    static func invalidParameter(_ message: String) -> LambdaError {
        LambdaError(type: "InvalidParameterValueException", status: 400, message: message)
    }

    static func conflict(_ message: String) -> LambdaError {
        LambdaError(type: "ResourceConflictException", status: 409, message: message)
    }

    static func notFound(_ message: String) -> LambdaError {
        LambdaError(type: "ResourceNotFoundException", status: 404, message: message)
    }

    static func functionNotFound(_ arn: String) -> LambdaError { .notFound("Function not found: \(arn)") }

    /// What many reads of things that were never made answer.
    static let noResource = notFound("The resource you requested does not exist.")

    static func validation(_ message: String) -> LambdaError {
        LambdaError(type: "ValidationException", status: 400, message: message, isCoral: true)
    }

    static func serialization(_ message: String) -> LambdaError {
        LambdaError(type: "SerializationException", status: 400, message: message, isCoral: true)
    }

    static func tooLarge(_ limit: Int, _ operation: String) -> LambdaError {
        LambdaError(
            type: "RequestTooLargeException", status: 413,
            message: "Request must be smaller than \(limit) bytes for the \(operation) operation")
    }

    static func accessDenied(_ message: String) -> LambdaError {
        LambdaError(type: "AccessDeniedException", status: 403, message: message, isCoral: true)
    }

    static let throttled = LambdaError(
        type: "TooManyRequestsException", status: 429, message: "Rate Exceeded.",
        reason: "ConcurrentInvocationLimitExceeded")

    static let preconditionFailed = LambdaError(
        type: "PreconditionFailedException", status: 412,
        message: "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API "
            + "to retrieve the latest RevisionId")

    static func service(_ message: String) -> LambdaError {
        LambdaError(type: "ServiceException", status: 500, message: message)
    }

    /// A member that TooManyRequestsException has beside the words.
    var reason: String?

    init(type: String, status: Int, message: String, isCoral: Bool = false, reason: String? = nil) {
        self.type = type
        self.status = status
        self.message = message
        self.isCoral = isCoral
        self.reason = reason
    }

    /// What the store could not do.
    init(_ error: DynamoError) {
        self = .service(error.message ?? error.code.rawValue)
    }

    package var reply: ServiceReply {
        var json = JSONWriter()
        json.object {
            if isCoral {
                $0.member("message", message)
            } else {
                $0.member("Reason", reason)
                $0.member("Type", "User")
                $0.member("Message", message)
                // Both spellings stand in the service model, each for some of the errors; SDKs read either.
                $0.member("message", message)
            }
        }
        return ServiceReply(
            status: status,
            headers: [("Content-Type", "application/json"), ("x-amzn-ErrorType", type)], body: json.bytes)
    }
}

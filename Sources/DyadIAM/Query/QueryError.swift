import DyadModel

/// A refusal as services of the Query protocol word it.
struct QueryError: Error, Equatable, Sendable {
    let code: String
    let message: String
    let status: Int

    init(_ code: String, _ message: String, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }

    /// What went wrong in the store is never the client's fault.
    init(_ error: DynamoError) {
        self.init("ServiceFailure", error.message ?? "The request processing has failed.", status: 500)
    }

    static func validation(_ message: String) -> QueryError { QueryError("ValidationError", message) }

    static func noSuchEntity(_ message: String) -> QueryError { QueryError("NoSuchEntity", message, status: 404) }

    static func alreadyExists(_ message: String) -> QueryError {
        QueryError("EntityAlreadyExists", message, status: 409)
    }

    static func deleteConflict(_ message: String) -> QueryError { QueryError("DeleteConflict", message, status: 409) }

    static func limitExceeded(_ message: String) -> QueryError { QueryError("LimitExceeded", message, status: 409) }

    static func malformedPolicy(_ message: String) -> QueryError { QueryError("MalformedPolicyDocument", message) }
}

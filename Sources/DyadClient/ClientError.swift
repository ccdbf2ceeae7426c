package import DyadModel

/// Why a call has no answer that could be used.
package enum ClientError: Error, Sendable {
    /// The service refused.
    case service(ServiceError)
    /// The answer did not arrive. Where the request was sent, the service may have done what it asked for.
    case transport(description: String, wasSent: Bool, isTimeout: Bool)
    /// An answer arrived that is none: wrong checksum, no JSON, too long.
    case malformedAnswer(String)
    /// No request was made: credentials are missing, or the task was cancelled.
    case notAttempted(String)
    /// No request was made, for credentials could not be fetched; `cause` says whether they may be later.
    indirect case credentials(String, cause: ClientError)

    /// The refusal's code, `ProvisionedThroughputExceededException`; nil for other failures.
    package var code: String? {
        if case .service(let error) = self { error.code } else { nil }
    }
}

/// A refusal by the service.
package struct ServiceError: Error, Sendable {
    /// Without its namespace: `ValidationException`. `Unknown` where the answer names none.
    package let code: String
    /// Empty where there is none.
    package let message: String
    package let httpStatus: Int
    package let requestID: String?
    /// The whole answer, with what belongs to some codes alone: `Item`, `CancellationReasons`.
    package let document: JSONDocument?

    package init(
        code: String, message: String, httpStatus: Int, requestID: String? = nil, document: JSONDocument? = nil
    ) {
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.requestID = requestID
        self.document = document
    }
}

extension ClientError {
    /// The codes by which AWS's SDKs know that they were too fast ("standard" retry mode,
    /// docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; the list is botocore's).
    static let throttlingCodes: Set<String> = [
        "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
        "TooManyRequestsException", "TransactionInProgressException",
    ]

    static let transientCodes: Set<String> = [
        "PriorRequestNotComplete", "RequestTimeout", "RequestTimeoutException",
        // Of AssumeRoleWithWebIdentity alone.
        "IDPCommunicationError",
    ]

    static let transientStatuses: Set<Int> = [500, 502, 503, 504]

    package var isThrottling: Bool { code.map(Self.throttlingCodes.contains) ?? false }

    package var isTimeout: Bool {
        switch self {
        case .transport(_, _, let isTimeout): isTimeout
        case .credentials(_, let cause): cause.isTimeout
        default: false
        }
    }

    /// The same request may succeed later. Says nothing about whether it has been carried out already.
    package var isRetryable: Bool {
        switch self {
        case .service(let error):
            isThrottling || Self.transientCodes.contains(error.code)
                || Self.transientStatuses.contains(error.httpStatus)
        case .transport, .malformedAnswer: true
        case .notAttempted: false
        case .credentials(_, let cause): cause.isRetryable
        }
    }

    /// The refusal came of a wrong clock; worth one more try with the server's.
    var isClockSkew: Bool {
        guard case .service(let error) = self else { return false }
        return switch error.code {
        case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture": true
        case "InvalidSignatureException":
            error.message.hasPrefix("Signature expired") || error.message.hasPrefix("Signature not yet current")
        default: false
        }
    }
}

extension ClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .service(let error): error.description
        case .transport(let description, _, _): description
        case .malformedAnswer(let why): "the answer cannot be used: \(why)"
        case .notAttempted(let why): why
        case .credentials(let failing, let cause): "\(failing): \(cause)"
        }
    }
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        message.isEmpty ? "\(code) (HTTP \(httpStatus))" : "\(code): \(message)"
    }
}

import DyadClient
import DyadReplicator

extension PortError {
    /// What a client's failure means for a replication.
    init(_ error: ClientError) {
        let kind: Kind =
            switch error.code {
            case "TrimmedDataAccessException": .trimmed
            case "ExpiredIteratorException": .expiredIterator
            case "ValidationException", "ItemCollectionSizeLimitExceededException", "SerializationException": .refused
            default:
                if error.isThrottling {
                    .throttled
                } else if error.isRetryable || Task.isCancelled {
                    .unavailable
                } else {
                    .fatal
                }
            }
        self.init(kind, error.description)
    }
}

/// Calls the client and sorts its failure.
func sorted<R>(_ body: () async throws(ClientError) -> R) async throws(PortError) -> R {
    do throws(ClientError) { return try await body() } catch { throw PortError(error) }
}

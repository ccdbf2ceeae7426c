/// Why a port could not do what it was asked, sorted by what can be done about it.
package struct PortError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The same request may succeed later: connection refused, a timeout, a 5xx answer.
        case unavailable
        /// As `unavailable`, because of too many requests.
        case throttled
        /// The iterator is too old; a new one for the same place serves.
        case expiredIterator
        /// What was asked for is no longer kept by the stream.
        case trimmed
        /// This request's content is refused and would be for ever: a validation error.
        case refused
        /// Every request would be refused: access denied, no such table.
        case fatal
    }

    package var kind: Kind
    /// In the words of whoever refused.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var isRetryable: Bool { kind == .unavailable || kind == .throttled }
}

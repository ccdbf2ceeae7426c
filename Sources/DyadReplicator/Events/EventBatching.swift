/// How a lane hands its records on where each of them counts: as events, every record for itself and in their order,
/// and not as the writes that they come down to.
package struct EventBatching: Sendable, Equatable {
    /// Records of a batch.
    package var recordsMax = 100
    /// Bytes of a batch's events, unless one event alone has more. Lambda's payloads: 6 MB, around which stand a few bytes.
    package var bytesMax = (6 << 20) - 64
    /// How long the first record of a batch waits for others, in milliseconds.
    package var window: Int64 = 0
    /// A batch that failed comes again in halves, until the record is alone that is to blame.
    package var bisects = false

    package init() {}
}

/// A record as its receiver gets it.
package struct StreamEvent: Sendable, Equatable {
    /// JSON; empty where it is not wanted.
    package var bytes: [UInt8]
    /// A filter lets it through. One that is not wanted counts as handled when it is read.
    package var isWanted: Bool

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        isWanted = true
    }

    private init() {
        bytes = []
        isWanted = false
    }

    package static let unwanted = StreamEvent()
}

/// Why a batch of events was not handled.
package struct EventFailure: Sendable, Equatable {
    package enum Condition: String, Sendable {
        case retryAttemptsExhausted = "RetryAttemptsExhausted"
        case recordAgeExceeded = "RecordAgeExceeded"
    }

    /// Of the invocation; nil when there was none.
    package var requestID: String?
    /// `Unhandled`; nil when the function itself named what it did not handle.
    package var functionError: String?
    /// For people.
    package var message: String
    /// What made the batch be given up; nil as long as it is not.
    package var condition: Condition?
    /// Times that the batch was handed over.
    package var attempts = 0

    package init(requestID: String?, functionError: String?, message: String) {
        self.requestID = requestID
        self.functionError = functionError
        self.message = message
    }

    /// Too old before it was ever handed over.
    static let neverTried = EventFailure(requestID: nil, functionError: nil, message: "too old to be handed over")
}

/// What became of a batch of events.
package enum EventOutcome: Sendable, Equatable {
    case handled
    /// All before this record is handled; it and what follows is not.
    case stopped(at: SequenceNumber, EventFailure)
    /// Any part of it may have been handled.
    case failed(EventFailure)
    /// So many of the first records are older than wanted. Nothing was handed over.
    case tooOld(Int)
}

package import DyadModel

/// What became of an invocation.
package struct InvocationResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// What the handler returned, as JSON.
        case succeeded([UInt8])
        /// The handler raised, or its process ended under it: AWS's words for that, as JSON.
        case failed([UInt8])
        case timedOut([UInt8])
        /// The handler could not be loaded, or the runtime not be started.
        case startFailed([UInt8])
        /// All of the function's environments are busy.
        case throttled
        /// The function was deleted meanwhile, or the server stops.
        case closed
    }

    package let requestID: String
    package let outcome: Outcome
    /// When the invocation was asked for.
    package let startedAt: Timestamp
    /// The last bytes of its log, `InvocationLog.tailBytesMax` at most.
    package let logTail: [UInt8]

    /// What leaves as the answer's body; nil when there was no invocation.
    package var payload: [UInt8]? {
        switch outcome {
        case .succeeded(let payload), .failed(let payload), .timedOut(let payload), .startFailed(let payload): payload
        case .throttled, .closed: nil
        }
    }

    package var isSuccess: Bool {
        if case .succeeded = outcome { return true }
        return false
    }
}

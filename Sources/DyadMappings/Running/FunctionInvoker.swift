package import DyadModel

/// What became of one invocation.
package struct FunctionAnswer: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// What the handler returned, JSON.
        case returned([UInt8])
        /// The handler raised, ended its process, took too long, or could not be loaded: in words, for people.
        case failed(String)
        /// It never ran: all is busy, the function is being made anew, the server stops. It may run later.
        case notInvoked(String)
        /// There is no such function.
        case missing
    }

    package var requestID: String
    package var outcome: Outcome
    /// `$LATEST`
    package var executedVersion: String

    package init(requestID: String, _ outcome: Outcome, executedVersion: String = "$LATEST") {
        self.requestID = requestID
        self.outcome = outcome
        self.executedVersion = executedVersion
    }
}

/// Whoever has the functions.
package protocol FunctionInvoker: Sendable {
    /// Whether there is that function: an ARN, with a qualifier or without.
    func exists(_ functionARN: String, in scope: Scope) async -> Bool
    /// Invokes it and waits for its answer.
    ///
    /// - Parameter payload: JSON, 6 MB at most.
    func invoke(_ functionARN: String, payload: [UInt8], in scope: Scope) async -> FunctionAnswer
}

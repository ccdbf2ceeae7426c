import DyadModel

/// The words in which AWS tells of invocations that no handler answered.
///
/// Recorded from AWS by localstack's tests/aws/services/lambda_/test_lambda.snapshot.json (November 2025).
enum Payloads {
    static func outcome(
        of conclusion: EnvironmentPool.Conclusion, requestID: String, _ timeoutSeconds: Int
    ) -> InvocationResult.Outcome {
        switch conclusion {
        case .answered(.response(let payload)): .succeeded(payload)
        case .answered(.error(let payload)): .failed(payload)
        case .timedOut:
            .timedOut(error("Sandbox.Timedout", "RequestId: \(requestID) Error: \(timeoutWords(timeoutSeconds))"))
        case .startFailed(let payload): .startFailed(payload)
        case .ended(let ending, let isStarted):
            isStarted
                ? .failed(error(type(of: ending), "RequestId: \(requestID) Error: \(words(for: ending))"))
                : .startFailed(error(type(of: ending), "RequestId: \(requestID) Error: \(words(for: ending))"))
        case .throttled: .throttled
        case .closed: .closed
        }
    }

    /// What the log says of it; nil when the handler answered.
    static func logWords(
        of conclusion: EnvironmentPool.Conclusion, requestID: String, _ timeoutSeconds: Int, at now: Timestamp
    ) -> String? {
        switch conclusion {
        case .timedOut: "\(now.label)Z \(requestID) \(timeoutWords(timeoutSeconds))"
        case .ended(let ending, _): "RequestId: \(requestID) Error: \(words(for: ending))\n\(type(of: ending))"
        case .closed: "RequestId: \(requestID) Error: the function was deleted, or the server stops"
        case .answered, .startFailed, .throttled: nil
        }
    }

    static let responseTooLarge = error(
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (\(LambdaLimits.responseBytesMax) bytes).")

    private static func timeoutWords(_ seconds: Int) -> String { "Task timed out after \(seconds).00 seconds" }

    private static func type(of ending: EnvironmentPool.Ending) -> String {
        if case .notStarted = ending { return "Runtime.InvalidEntrypoint" }
        return "Runtime.ExitError"
    }

    private static func words(for ending: EnvironmentPool.Ending) -> String {
        switch ending {
        case .exited(0): "Runtime exited without providing a reason"
        case .exited(let code): "Runtime exited with error: exit status \(code)"
        case .signaled(let signal): "Runtime exited with error: signal: \(name(ofSignal: signal))"
        case .notStarted(let reason): reason
        }
    }

    /// As Go's runtime, which AWS's supervisor is written in, names them on Linux.
    private static func name(ofSignal signal: Int32) -> String {
        switch signal {
        case 1: "hangup"
        case 2: "interrupt"
        case 4: "illegal instruction"
        case 6: "aborted"
        case 8: "floating point exception"
        case 9: "killed"
        case 11: "segmentation fault"
        case 13: "broken pipe"
        case 15: "terminated"
        default: "signal \(signal)"
        }
    }

    private static func error(_ type: String, _ message: String) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("errorType", type)
            $0.member("errorMessage", message)
        }
        return json.bytes
    }
}

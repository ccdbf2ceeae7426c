import DyadEngine
import DyadLambda
import DyadMappings
import DyadModel
import DyadServer
import Logging

/// Functions and the mappings of streams to them, while a server runs.
final class RunningFunctions: Sendable {
    let mappings: EventSourceMappings
    private let lambda: LambdaService

    init(
        _ lambda: LambdaService, beside emulator: Emulator, _ clock: MovableClock, _ storage: LocalDynamoDB.Storage
    ) {
        self.lambda = lambda
        var folder: String?
        if case .folder(let path) = storage { folder = path }
        let logger = Logger(label: "mappings") { StreamLogHandler.standardError(label: $0) }
        mappings = EventSourceMappings(
            .emulated(
                emulator, clock, keptIn: emulator, invoking: LambdaInvoker(lambda: lambda), folder: folder,
                logger: logger))
    }

    /// Goes on with the mappings that a former server left; returns at once.
    func takeUpMappings(of emulator: Emulator) {
        let mappings = mappings
        let scopes = emulator.storedScopes
        guard !scopes.isEmpty else { return }
        Task { await mappings.start(scopes) }
    }

    /// Mappings first: what they wait for is being run.
    func stop() async {
        await mappings.stop()
        await lambda.stop()
    }
}

/// Lambda as mappings see it.
private struct LambdaInvoker: FunctionInvoker {
    let lambda: LambdaService

    func exists(_ functionARN: String, in scope: Scope) async -> Bool { await lambda.exists(functionARN, in: scope) }

    func invoke(_ functionARN: String, payload: [UInt8], in scope: Scope) async -> FunctionAnswer {
        let result: InvocationResult
        do throws(LambdaError) { result = try await lambda.invoke(functionARN, payload: payload, in: scope) } catch {
            let isMissing = error.status == 404
            return FunctionAnswer(requestID: "", isMissing ? .missing : .notInvoked(error.message))
        }
        func words(_ payload: [UInt8]) -> String { String(decoding: payload, as: UTF8.self) }
        let outcome: FunctionAnswer.Outcome =
            switch result.outcome {
            case .succeeded(let payload): .returned(payload)
            case .failed(let payload), .timedOut(let payload), .startFailed(let payload): .failed(words(payload))
            case .throttled: .notInvoked("all of the function's environments are busy")
            case .closed: .notInvoked("the function is made anew, or the server stops")
            }
        return FunctionAnswer(requestID: result.requestID, outcome)
    }
}

import DyadModel
package import DyadSigV4
import Synchronization

/// Keeps what a source yields and renews it in time; however many ask, the source is asked once.
package final class CachedCredentials: CredentialProvider {
    private let source: any CredentialSource
    private let clock: any WallClock
    /// Names the source in errors: `cannot assume arn:…`.
    private let failing: String
    private let state = Mutex(State())

    private struct State {
        var machine = RefreshMachine()
        var running: Task<Credentials, any Error>?
    }

    private enum Step {
        case use(Credentials)
        case wait(Task<Credentials, any Error>, keeping: Credentials?)
    }

    init(_ source: any CredentialSource, failing: String, clock: any WallClock) {
        self.source = source
        self.failing = failing
        self.clock = clock
    }

    /// - Throws: `ClientError.credentials`, retryable when the source may yet answer; `.notAttempted` when it will not.
    package func credentials() async throws -> Credentials {
        let now = seconds
        let step = state.withLock { state -> Step in
            switch (state.machine.decision(at: now), state.running) {
            case (.use(let known), _), (.renew(let known), _?): return .use(known)
            case (.need, let task?): return .wait(task, keeping: nil)
            case (.need, nil): return .wait(Self.start(&state, self), keeping: nil)
            case (.renew(let known), nil): return .wait(Self.start(&state, self), keeping: known)
            }
        }
        switch step {
        case .use(let credentials): return credentials
        case .wait(let task, let kept):
            do { return try await task.value } catch {
                if let kept { return kept }
                throw error
            }
        }
    }

    private var seconds: Int64 { clock.now.milliseconds / 1000 }

    /// A task of its own: who asked first may be cancelled, and the others go on waiting.
    private static func start(_ state: inout State, _ owner: CachedCredentials) -> Task<Credentials, any Error> {
        let task = Task { try await owner.renew() }
        state.running = task
        return task
    }

    private func renew() async throws -> Credentials {
        do throws(ClientError) {
            let fetched = try await source.fetch(at: seconds)
            let now = seconds
            if let expiration = fetched.expiration, expiration <= now {
                throw .malformedAnswer("credentials that have expired already")
            }
            state.withLock { state in
                state.machine.fetched(fetched, at: now)
                state.running = nil
            }
            return fetched.credentials
        } catch {
            let now = seconds
            let hadSome = state.withLock { state in
                state.machine.failed(at: now)
                state.running = nil
                return state.machine.known != nil
            }
            switch error {
            case .credentials: throw error
            case .notAttempted(let why):
                guard hadSome else { throw error }
                // It worked before: a file that is just being replaced, or a process without its network.
                let passing = ClientError.transport(description: why, wasSent: false, isTimeout: false)
                throw ClientError.credentials(failing, cause: passing)
            default: throw ClientError.credentials(failing, cause: error)
            }
        }
    }
}

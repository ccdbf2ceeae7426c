import DyadEngine
import DyadIAM
import DyadLambda
import DyadMappings
import DyadModel
import DyadServer

/// A server that answers as Amazon DynamoDB does, inside this process.
///
/// Every region is served on one port: a client's signature says which region, and so whose data, it means. Any access
/// key and any secret will do. IAM and STS are answered on the same port, Lambda if it is asked for. Start as many
/// servers as needed; each has its own port and its own data.
///
/// ```swift
/// let dynamoDB = try await LocalDynamoDB.start()
/// // … point a client at dynamoDB.endpoint …
/// await dynamoDB.stop()
/// ```
public final class LocalDynamoDB: Sendable {
    /// Where a server's data lies.
    public enum Storage: Sendable, Equatable {
        /// Nothing is left when the server stops.
        case memory
        /// In this folder, made if it is not there: a write that was answered is there after a crash too. One server at a
        /// time may use a folder.
        case folder(String)
    }

    /// What a server takes for the time of day.
    public enum Clock: Sendable, Equatable {
        /// The machine's.
        case system
        /// One that stands still, from the moment the server starts, until `advance(by:)` moves it.
        case manual
    }

    /// `http://127.0.0.1:8000`.
    public var endpoint: String { server.address.url }
    /// As a number: `127.0.0.1`, `::1`.
    public var host: String { server.address.host }
    /// The port that clients connect to, never 0.
    public var port: Int { server.address.port }

    private let server: Server
    let emulator: Emulator
    let account: AccountID
    let clock: MovableClock
    let hook: TransactionHook
    private let functions: RunningFunctions?

    private init(
        server: Server, emulator: Emulator, account: AccountID, clock: MovableClock, hook: TransactionHook,
        functions: RunningFunctions?
    ) {
        self.server = server
        self.emulator = emulator
        self.account = account
        self.clock = clock
        self.hook = hook
        self.functions = functions
    }

    /// Starts a server; it answers requests when this returns.
    ///
    /// - Parameters:
    ///   - host: a name or a number of this machine. Who can reach it may read and write everything: the default is this
    ///     machine alone.
    ///   - port: 0 for any that is free.
    ///   - account: the twelve digits of the account that clients' access keys belong to. An access key that is itself
    ///     twelve digits is its own account.
    ///   - functions: how Lambda functions are run; nil: they are not. With them the host must be this machine alone.
    /// - Throws: `LocalDynamoDBError` when the port is taken, or when the folder cannot be written, is in use, or was
    ///   written by a newer version.
    public static func start(
        storage: Storage = .memory, host: String = "127.0.0.1", port: Int = 0, account: String = "123456789012",
        clock kind: Clock = .system, functions: Functions? = nil
    ) async throws(LocalDynamoDBError) -> LocalDynamoDB {
        do throws(StartupError) {
            guard let account = AccountID(account) else {
                throw StartupError("an account is twelve digits, not '\(account)'")
            }
            let listener = try await Listener.bind(host: host, port: port)
            let clock = MovableClock(isRunning: kind == .system)
            let hook = TransactionHook()
            let emulator: Emulator
            do throws(StartupError) {
                emulator = try Emulator(storage, clock: clock, hook: hook, at: listener.address.authority)
            } catch {
                await listener.close()
                throw error
            }
            let (services, running) = try await Self.services(
                beside: emulator, clock, functions, storage, behind: listener)
            let server = await listener.serve { eventLoop in
                Controls(
                    clock, hook, of: emulator, account: account,
                    before: ServiceFront(
                        services, account: account, before: Front(emulator, account: account, on: eventLoop)))
            }
            // Taking mappings up opens the regions that have some, and the first answer need not wait for that.
            running?.takeUpMappings(of: emulator)
            return LocalDynamoDB(
                server: server, emulator: emulator, account: account, clock: clock, hook: hook, functions: running)
        } catch {
            throw LocalDynamoDBError(description: error.description)
        }
    }

    /// What is answered on the same port beside DynamoDB, its records kept where tables are.
    private static func services(
        beside emulator: Emulator, _ clock: MovableClock, _ functions: Functions?, _ storage: Storage,
        behind listener: Listener
    ) async throws(StartupError) -> ([any EmulatedService], RunningFunctions?) {
        let random: @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
        let iam = IAM(emulator, clock: clock, random: random)
        let sts = STS(emulator, clock: clock, random: random)
        guard let functions else { return ([iam, sts, LambdaIsOff()], nil) }
        do throws(StartupError) {
            let lambda = try Self.lambda(functions, storage, at: listener.address, store: emulator, clock: clock) {
                await iam.canPass($0, to: "lambda.amazonaws.com", in: $1) == .passed
            }
            let running = RunningFunctions(lambda, beside: emulator, clock, storage)
            return ([iam, sts, MappedFunctions(mappings: running.mappings, functions: lambda)], running)
        } catch {
            await listener.close()
            emulator.stop()
            throw error
        }
    }

    /// Moves the clock forward: what is due by then is done soon after this returns, and when `settle()` returns.
    ///
    /// A running clock stays ahead of the machine's by as much. Items expire, streams are trimmed and iterators run out
    /// as if the time had passed. Clients do the same at `/_dyad/clock`.
    ///
    /// - Precondition: `duration` is not negative; a server's time never runs back, and ends with the year 9999.
    public func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        do throws(MovableClock.Refusal) {
            try clock.change(.by(milliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
        } catch {
            preconditionFailure("the clock only moves forward, and not beyond the year 9999")
        }
        emulator.clockMoved()
    }

    /// Returns when what is due by now is done: tables became ACTIVE, items expired, streams were trimmed.
    public func settle() async {
        await withCheckedContinuation { continuation in emulator.settle { continuation.resume() } }
    }

    /// Accepts no more requests, answers and commits those in flight, and lets port and data go.
    ///
    /// Connections that are idle are closed at once, others after their answer, at the latest after ten seconds.
    /// Mappings wait two seconds for what their functions were given, then functions are killed. A second call does nothing and does not wait.
    public func stop() async {
        await functions?.stop()
        let emulator = emulator
        await server.stop { emulator.stop() }
    }
}

/// Why a server could not be started, or could not do what it was told to.
public struct LocalDynamoDBError: Error, Sendable, CustomStringConvertible {
    /// One line for a person to read.
    public let description: String
}

extension Emulator {
    fileprivate convenience init(
        _ storage: LocalDynamoDB.Storage, clock: MovableClock, hook: TransactionHook, at authority: String
    ) throws(StartupError) {
        var settings = EngineSettings()
        settings.transactions = hook
        settings.advertisedEndpoint = authority
        let place: DyadEngine.Storage =
            switch storage {
            case .memory: .memory
            case .folder(let path): .folder(path)
            }
        try self.init(place, clock: clock, settings: settings)
    }
}

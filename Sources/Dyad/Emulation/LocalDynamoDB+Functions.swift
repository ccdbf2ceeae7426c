import DyadEngine
import DyadLambda
import DyadModel
import DyadServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension LocalDynamoDB {
    /// How a server runs Lambda functions: with this user's rights, on this machine.
    ///
    /// Whoever can reach the server's port can have any code run, so it must listen on this machine alone.
    public struct Functions: Sendable {
        /// The interpreter of Python handlers: a path, or a name to be looked up.
        public var python: String
        /// That of Node.js handlers.
        public var node: String
        /// Gets each line of functions' logs: `cn-north-1/name START RequestId: …`. May block.
        public var log: @Sendable (String) -> Void

        public init(
            python: String = "python3", node: String = "node", log: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            self.python = python
            self.node = node
            self.log = log
        }
    }

    /// Lambda for a server that listens at `address`.
    static func lambda(
        _ functions: Functions, _ storage: Storage, at address: BoundAddress, store: any DocumentStore,
        clock: any WallClock, role: @escaping LambdaService.RoleCheck
    ) throws(StartupError) -> LambdaService {
        guard address.host.hasPrefix("127.") || address.host == "::1" else {
            throw StartupError(
                "functions run their users' code: the server must listen on 127.0.0.1, not on \(address.host)")
        }
        var settings = LambdaService.Settings(endpoint: address.url, folder: workFolder(storage))
        settings.logFolder = functionLogs(storage)
        settings.python = functions.python
        settings.node = functions.node
        let log = functions.log
        settings.print = { name, line in log("\(name) \(String(decoding: line, as: UTF8.self))") }
        do throws(LambdaService.StartFailure) {
            return try LambdaService(settings, store: store, clock: clock, role: role)
        } catch {
            throw StartupError(error.description)
        }
    }

    /// Where the logs of functions are kept, a file for each; nil when nothing is kept.
    public static func functionLogs(_ storage: Storage) -> String? {
        guard case .folder(let path) = storage else { return nil }
        return "\(path)/functions/logs"
    }

    private static func workFolder(_ storage: Storage) -> String {
        switch storage {
        case .folder(let path): return "\(absolute(path))/functions/work"
        case .memory:
            let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            let number = UInt64.random(in: .min ... .max)
            return "\(absolute(temporary))/dyad-functions-\(getpid())-\(String(number, radix: 36))"
        }
    }

    /// Functions run in folders of their own, where a relative path would mean something else.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }
}

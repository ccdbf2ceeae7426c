package import DyadModel

/// Lambda, as far as it is emulated: functions of zip files, run in processes of this machine.
package final class LambdaService: EmulatedService {
    package static let signingNames = ["lambda"]

    /// Whether a role may be assumed by Lambda.
    package typealias RoleCheck = @Sendable (_ roleARN: String, _ scope: Scope) async -> Bool

    package struct Settings: Sendable {
        /// The server's own address: `http://127.0.0.1:8000`.
        package var endpoint: String
        /// Where code is unpacked and the bootstraps lie; made when it is not there, and removed by `stop`.
        package var folder: String
        /// Where functions' logs are kept; nil for nowhere.
        package var logFolder: String?
        package var python = "python3"
        package var node = "node"
        package var pool = EnvironmentPool.Settings()
        /// Gets each line of each function's log: `cn-north-1/name` and the line.
        package var print: @Sendable (String, [UInt8]) -> Void = { _, _ in }

        package init(endpoint: String, folder: String) {
            self.endpoint = endpoint
            self.folder = folder
        }
    }

    /// Why it cannot run: one line for a person to read.
    package struct StartFailure: Error, Equatable { package let description: String }

    let settings: Settings
    let store: any DocumentStore
    let clock: any WallClock
    let role: RoleCheck
    let interpreters: Interpreters
    let hosts: FunctionHosts
    let events: EventInvoker

    /// - Parameters:
    ///   - clock: the emulator's; what limits processes follows the machine's own.
    /// - Throws: `StartFailure` when the folder cannot be written.
    package init(
        _ settings: Settings, store: any DocumentStore, clock: any WallClock, role: @escaping RoleCheck
    ) throws(StartFailure) {
        self.settings = settings
        self.store = store
        self.clock = clock
        self.role = role
        let bootstraps = "\(settings.folder)/runtime"
        // What a server that was killed left.
        removeFolder(settings.folder)
        if let reason = makePrivateFolder(bootstraps) {
            throw StartFailure(description: "cannot make the folder '\(settings.folder)': \(reason)")
        }
        for (name, source) in [
            (PythonBootstrap.fileName, PythonBootstrap.source), (NodeBootstrap.fileName, NodeBootstrap.source),
        ] where !writeFile(Array(source.utf8), to: "\(bootstraps)/\(name)") {
            throw StartFailure(description: "cannot write to '\(bootstraps)'")
        }
        interpreters = Interpreters(python: settings.python, node: settings.node)
        let logs = FunctionLogs(folder: settings.logFolder, print: settings.print)
        let surroundings = Surroundings(
            interpreters: interpreters, logs: logs, clock: SteadyClock(), pool: settings.pool,
            endpoint: settings.endpoint, bootstraps: bootstraps)
        let hosts = FunctionHosts(surroundings, folder: "\(settings.folder)/code") { identity in
            await store.code(of: identity)
        }
        self.hosts = hosts
        events = EventInvoker(clock: clock) { requestID, work in
            guard let record = try? await store.function(work.identity) else { return nil }
            return await hosts.invoke(
                work.identity, record, requestID, work.payload, clientContext: work.clientContext)
        } say: { identity, line in
            logs.write(Array(line.utf8), of: identity.name, in: identity.scope)
        }
    }

    /// Kills all functions' processes, and returns when they are gone and their code with them.
    package func stop() async {
        await events.stop()
        await hosts.stop()
        removeFolder(settings.folder)
    }

    /// Whether there is that function.
    ///
    /// - Parameter function: a name, an ARN or a part of one.
    package func exists(_ function: String, in scope: Scope) async -> Bool {
        guard let identity = try? await identity(function, nil, in: scope) else { return false }
        return (try? await store.function(identity)) != nil
    }

    /// Runs a function for another service: a mapping of a stream to it, for one.
    ///
    /// - Parameter function: a name, an ARN or a part of one.
    /// - Throws: AWS's error where there is no such function.
    package func invoke(
        _ function: String, payload: [UInt8], in scope: Scope
    ) async throws(LambdaError) -> InvocationResult {
        let identity = try await identity(function, nil, in: scope)
        let record = try await store.function(identity)
        return await hosts.invoke(identity, record, Identifiers.uuid(), payload, clientContext: nil)
    }

    package func respond(to request: ServiceRequest) async -> ServiceReply {
        do throws(LambdaError) {
            try Self.refuseBrowsers(request)
            guard let path = LambdaPath(request.target), let route = LambdaRoute(request.method, path) else {
                throw LambdaError(
                    type: "UnknownOperationException", status: 404, message: "There is no such operation.")
            }
            return try await answer(route, path, request)
        } catch {
            return error.reply
        }
    }

    /// A page that somebody visits must not run code here: browsers name the page's origin with every request that could.
    private static func refuseBrowsers(_ request: ServiceRequest) throws(LambdaError) {
        let site = request.header("Sec-Fetch-Site")
        guard request.header("Origin") == nil, site == nil || site == "none" else {
            throw .accessDenied("Pages of a browser cannot use functions.")
        }
    }

    private func answer(
        _ route: LambdaRoute, _ path: LambdaPath, _ request: ServiceRequest
    ) async throws(LambdaError) -> ServiceReply {
        switch route {
        case .createFunction: return try await createFunction(request)
        case .listFunctions: return try await listFunctions(path, in: request.scope)
        case .accountSettings: return try await accountSettings(in: request.scope)
        case .missing(let name):
            throw LambdaError(
                type: "UnknownOperationException", status: 404, message: "\(name) is not emulated by dyad.")
        case .listTags(let arn): return try await listTags(arn, in: request.scope)
        case .tag(let arn): return try await tag(arn, request)
        case .untag(let arn): return try await untag(arn, path.values("tagKeys"), in: request.scope)
        case .getFunction(let name), .deleteFunction(let name), .getConfiguration(let name),
            .updateConfiguration(let name), .updateCode(let name), .downloadCode(let name), .invoke(let name),
            .listVersions(let name), .listAliases(let name), .read(_, let name):
            return try await answer(route, of: name, path, request)
        }
    }

    private func answer(
        _ route: LambdaRoute, of name: String, _ path: LambdaPath, _ request: ServiceRequest
    ) async throws(LambdaError) -> ServiceReply {
        let identity = try await identity(name, path.value("Qualifier"), in: request.scope)
        switch route {
        case .getFunction: return try await getFunction(identity)
        case .deleteFunction: return try await deleteFunction(identity)
        case .getConfiguration: return try await getConfiguration(identity)
        case .updateConfiguration: return try await updateConfiguration(identity, request)
        case .updateCode: return try await updateCode(identity, request)
        case .downloadCode: return try await downloadCode(identity)
        case .invoke: return try await invoke(identity, request)
        case .listVersions: return try await listVersions(identity)
        case .listAliases: return try await listAliases(identity)
        case .read(let what, _): return try await read(what, of: identity)
        default: throw .service("no answer")
        }
    }

    /// - Throws: AWS's error for a name that is none, and for a version that is not there: there is `$LATEST` alone.
    func identity(
        _ name: String, _ qualifier: String?, in scope: Scope
    ) async throws(LambdaError) -> FunctionIdentity {
        var constraints = Constraints()
        constraints.check(functionName: name, lengthMax: 170)
        try constraints.verify()
        guard let reference = FunctionReference(parsing: name) else { throw .validation("no function's name") }
        let identity = try reference.resolved(in: scope, qualifier: qualifier)
        if let version = qualifier ?? reference.qualifier, version != "$LATEST" {
            throw .functionNotFound("\(identity.arn):\(version)")
        }
        return identity
    }
}

/// Lambda on a server that runs no functions: it says so.
package struct LambdaIsOff: EmulatedService {
    package static let signingNames = LambdaService.signingNames

    package init() {}

    package func respond(to request: ServiceRequest) async -> ServiceReply {
        LambdaError.accessDenied(
            "Functions are off, since they run their users' code on this machine. "
                + "'dyad serve --functions' turns them on."
        ).reply
    }
}

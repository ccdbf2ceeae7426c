import DyadModel

/// The functions that run, or ran a while ago, each with its host.
actor FunctionHosts {
    private struct Entry {
        let host: FunctionHost
        var serial: Int64
        var code: CodeFolder
        var codeSHA256: String
    }

    private let surroundings: Surroundings
    /// Where code is unpacked, a folder of its own for each.
    private let folder: String
    private let load: @Sendable (FunctionIdentity) async -> [UInt8]?
    private var entries: [FunctionIdentity: Entry] = [:]
    private var isStopped = false

    /// - Parameter load: finds a function's zip file.
    init(
        _ surroundings: Surroundings, folder: String,
        load: @escaping @Sendable (FunctionIdentity) async -> [UInt8]?
    ) {
        self.surroundings = surroundings
        self.folder = folder
        self.load = load
    }

    /// Runs the function as `record` has it, or as a later change has it that was told before.
    func invoke(
        _ identity: FunctionIdentity, _ record: FunctionRecord, _ requestID: String, _ payload: [UInt8],
        clientContext: String?
    ) async -> InvocationResult {
        guard !isStopped else {
            return InvocationResult(
                requestID: requestID, outcome: .closed, startedAt: surroundings.clock.now, logTail: [])
        }
        let host: FunctionHost
        if let entry = entries[identity] {
            host = entry.host
            await change(identity, to: record)
        } else {
            let code = newFolder(of: identity)
            host = FunctionHost(identity, record.launch(with: code), surroundings)
            entries[identity] = Entry(
                host: host, serial: record.serial, code: code, codeSHA256: record.codeSHA256)
        }
        return await host.invoke(requestID, payload, clientContext: clientContext)
    }

    /// Takes over a change; a function that never ran needs none.
    func change(_ identity: FunctionIdentity, to record: FunctionRecord) async {
        guard var entry = entries[identity], record.serial > entry.serial else { return }
        entry.serial = record.serial
        if entry.codeSHA256 != record.codeSHA256 {
            entry.code = newFolder(of: identity)
            entry.codeSHA256 = record.codeSHA256
        }
        entries[identity] = entry
        await entry.host.change(to: record.launch(with: entry.code))
    }

    private func newFolder(of identity: FunctionIdentity) -> CodeFolder {
        let load = load
        return CodeFolder("\(folder)/\(identity.name)-\(Identifiers.hex(8))") { await load(identity) }
    }

    /// Ends a function that was deleted.
    func close(_ identity: FunctionIdentity) async {
        guard let entry = entries.removeValue(forKey: identity) else { return }
        await entry.host.close()
        surroundings.logs.close(identity.name, in: identity.scope)
    }

    /// Ends all processes, and returns when they are gone.
    func stop() async {
        isStopped = true
        let hosts = entries.values.map(\.host)
        entries = [:]
        await withTaskGroup { group in
            for host in hosts { group.addTask { await host.close() } }
        }
    }
}

extension FunctionRecord {
    fileprivate func launch(with code: CodeFolder) -> Launch {
        Launch(
            runtime: runtime, handler: handler, timeoutSeconds: timeoutSeconds, memoryMegabytes: memoryMegabytes,
            variables: variables ?? [:], code: code)
    }
}

import DyadModel
import NIOCore
import NIOPosix

extension LambdaService {
    // MARK: Create

    func createFunction(_ request: ServiceRequest) async throws(LambdaError) -> ServiceReply {
        let root = try Self.parsed(request, "CreateFunction", limit: LambdaLimits.codeRequestBytesMax)
        let input = try FunctionInput(root)
        let identity = try newIdentity(root, input, in: request.scope)
        guard let runtime = input.runtime, let handler = input.handler else {
            throw .invalidParameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.")
        }
        try input.verify()
        guard let known = LambdaRuntime(runtime), let roleARN = input.role else { throw .service("unreachable") }
        let zip = try await Self.code(root["Code"])
        guard await role(roleARN, request.scope) else { throw Self.badRole }
        var record = FunctionRecord(
            name: identity.name, runtime: known, handler: handler, role: roleARN, at: clock.now)
        input.apply(to: &record)
        record.tags = input.tags ?? [:]
        record.setCode(zip)
        try await keepNew(record, zip, identity)
        return await reply(201, identity, record, .created)
    }

    private func newIdentity(
        _ root: JSONNode, _ input: FunctionInput, in scope: Scope
    ) throws(LambdaError) -> FunctionIdentity {
        var constraints = Constraints()
        let name = try root.text("FunctionName")
        if let name { constraints.check(functionName: name) }
        if name == nil { constraints.note(nil, "functionName", "Member must not be null") }
        if try root.structure("Code") == nil { constraints.note(nil, "code", "Member must not be null") }
        if input.role == nil { constraints.note(nil, "role", "Member must not be null") }
        input.note(to: &constraints)
        try constraints.verify()
        guard let reference = name.flatMap({ FunctionReference(parsing: $0) }) else {
            throw .validation("no function's name")
        }
        let identity = try reference.resolved(in: scope, qualifier: nil)
        // The name alone may have 64 characters; the longer limit is for ARNs.
        guard identity.name.utf8.count <= 64 else {
            constraints.note(name, "functionName", "Member must have length less than or equal to 64")
            try constraints.verify()
            return identity
        }
        return identity
    }

    private func keepNew(
        _ record: FunctionRecord, _ zip: [UInt8], _ identity: FunctionIdentity
    ) async throws(LambdaError) {
        let isNew = try await store.transacting(in: identity.scope) { (documents) throws(DynamoError) in
            guard try documents.document(FunctionRecord.kind, identity.name) == nil else { return false }
            try documents.put(FunctionRecord.kind, identity.name, record.document)
            try documents.put(FunctionRecord.codeKind, identity.name, zip)
            return true
        }
        guard isNew else { throw .conflict("Function already exist: \(identity.name)") }
    }

    private static let badRole = LambdaError.invalidParameter(
        "The role defined for the function cannot be assumed by Lambda.")

    // MARK: Update

    func updateCode(
        _ identity: FunctionIdentity, _ request: ServiceRequest
    ) async throws(LambdaError) -> ServiceReply {
        let root = try Self.parsed(request, "UpdateFunctionCode", limit: LambdaLimits.codeRequestBytesMax)
        let input = try FunctionInput(root)
        var constraints = Constraints()
        constraints.check(architectures: input.architectures)
        try constraints.verify()
        let old = try await store.function(identity)
        let zip = try await Self.code(root)
        let now = clock.now
        if try root.flag("DryRun") {
            var record = old
            record.setCode(zip)
            return await reply(200, identity, record, .updated)
        }
        let record = try await store.change(identity, revisionID: input.revisionID, zip: zip) { record in
            record.setCode(zip)
            record.architecture = input.architectures?.first ?? record.architecture
            record.touch(at: now)
        }
        await hosts.change(identity, to: record)
        return await reply(200, identity, record, .updated)
    }

    func updateConfiguration(
        _ identity: FunctionIdentity, _ request: ServiceRequest
    ) async throws(LambdaError) -> ServiceReply {
        let root = try Self.parsed(request, "UpdateFunctionConfiguration", limit: Limits.plainRequestBytesMax)
        let input = try FunctionInput(root)
        var constraints = Constraints()
        input.note(to: &constraints)
        try constraints.verify()
        try input.verify()
        _ = try await store.function(identity)
        if let roleARN = input.role {
            guard await role(roleARN, request.scope) else { throw Self.badRole }
        }
        let now = clock.now
        let record = try await store.change(identity, revisionID: input.revisionID) { record in
            input.apply(to: &record)
            record.touch(at: now)
        }
        await hosts.change(identity, to: record)
        return await reply(200, identity, record, .updated)
    }

    private enum Limits {
        /// Bytes of a request without code.
        static let plainRequestBytesMax = 1 << 20
    }

    // MARK: Read and delete

    func getFunction(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        let record = try await store.function(identity)
        let answer = FunctionAnswer(identity: identity, record: record, note: await note(record.runtime))
        let location = codeLocation(identity)
        return Self.json(200) {
            $0.object {
                $0.member("Configuration") { answer.write(to: &$0) }
                $0.member("Code") {
                    $0.object {
                        $0.member("RepositoryType", "S3")
                        $0.member("Location", location)
                    }
                }
                if !record.tags.isEmpty { $0.member("Tags") { $0.texts(record.tags) } }
            }
        }
    }

    func getConfiguration(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        await reply(200, identity, try await store.function(identity), .done)
    }

    func listFunctions(_ path: LambdaPath, in scope: Scope) async throws(LambdaError) -> ServiceReply {
        var constraints = Constraints()
        let asked = path.value("MaxItems").map { Int($0) ?? 0 }
        constraints.check(asked, "maxItems", 1...10_000)
        try constraints.verify()
        let count = min(asked ?? LambdaLimits.pageMax, LambdaLimits.pageMax)
        let marker = path.value("Marker") ?? ""
        let rest = try await store.functions(in: scope).filter { marker.utf8.lexicographicallyPrecedes($0.name.utf8) }
        let page = rest.prefix(count)
        let isVersion = path.value("FunctionVersion") == "ALL"
        return Self.json(200) {
            $0.object {
                $0.member("Functions") {
                    $0.array {
                        for record in page {
                            FunctionAnswer(identity: FunctionIdentity(scope: scope, name: record.name), record: record)
                                .write(to: &$0, isVersion: isVersion)
                        }
                    }
                }
                if rest.count > page.count { $0.member("NextMarker", page.last?.name) }
            }
        }
    }

    func deleteFunction(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        let wasThere = try await store.transacting(in: identity.scope) { (documents) throws(DynamoError) in
            try documents.remove(FunctionRecord.codeKind, identity.name)
            return try documents.remove(FunctionRecord.kind, identity.name)
        }
        guard wasThere else { throw .functionNotFound(identity.arn) }
        await hosts.close(identity)
        return ServiceReply(status: 204, body: [])
    }

    func downloadCode(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        guard let zip = await store.code(of: identity) else { throw .functionNotFound(identity.arn) }
        return ServiceReply(status: 200, headers: [("Content-Type", "application/zip")], body: zip)
    }

    // MARK: Parts of them

    /// An address that needs no signing: what a signature would say stands in it, as in those that AWS gives out.
    private func codeLocation(_ identity: FunctionIdentity) -> String {
        let time = clock.now.label.filter { $0 != "-" && $0 != ":" }
        let (account, region) = (identity.scope.account.rawValue, identity.scope.region.rawValue)
        return settings.endpoint + "/2015-03-31/functions/\(identity.name)/code?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=\(account)%2F\(time.prefix(8))%2F\(region)%2Flambda%2Faws4_request"
            + "&X-Amz-Date=\(time.prefix(15))Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host"
            + "&X-Amz-Signature=\(Identifiers.hex(32))"
    }

    static func parsed(
        _ request: ServiceRequest, _ operation: String, limit: Int
    ) throws(LambdaError) -> JSONNode {
        guard request.body.count <= limit else { throw .tooLarge(limit, operation) }
        guard let document = try? JSONDocument(parsing: request.body), document.root.kind == .object else {
            throw .serialization("The request's body is not a JSON object.")
        }
        return document.root
    }

    /// The zip file of a request, checked.
    private static func code(_ node: JSONNode?) async throws(LambdaError) -> [UInt8] {
        if node?["S3Bucket"] != nil || node?["ImageUri"] != nil {
            throw .invalidParameter("Not emulated by dyad: code that is not in the request itself; send ZipFile.")
        }
        guard let node = node?["ZipFile"], node.kind == .string else {
            throw .invalidParameter("Please provide a source for function code.")
        }
        guard let zip = Base64.decode(node.stringBytes) else { throw .serialization("'ZipFile' must be base64") }
        guard !zip.isEmpty else { throw .invalidParameter("Uploaded file must be a non-empty zip") }
        guard zip.count <= ZipArchive.packedBytesMax else {
            throw .tooLarge(LambdaLimits.codeRequestBytesMax, "CreateFunction")
        }
        let checked = try? await NIOSingletons.posixBlockingThreadPool.runIfActive {
            Result { () throws(ZipArchive.Fault) in try ZipArchive(zip).check() }
        }
        switch checked {
        case .success: return zip
        case .failure(.tooLarge):
            throw .invalidParameter("Unzipped size must be smaller than \(ZipArchive.unpackedBytesMax) bytes")
        case .failure, nil:
            throw .invalidParameter(
                "Could not unzip uploaded file. Please check your file, then try to upload again.")
        }
    }

    /// What runs it: whichever version its name has, it is the one of this machine.
    func note(_ runtime: LambdaRuntime) async -> String? {
        do throws(Interpreters.Missing) {
            guard let interpreter = try await interpreters.interpreter(for: runtime.kind) else { return nil }
            return "\(runtime.name) is run by \(interpreter.version) of \(interpreter.path)."
        } catch {
            guard case .missing(let reason) = error else { return nil }
            return "\(runtime.name) cannot be run on this machine: \(reason)."
        }
    }

    private func reply(
        _ status: Int, _ identity: FunctionIdentity, _ record: FunctionRecord, _ progress: FunctionAnswer.Progress
    ) async -> ServiceReply {
        let answer = FunctionAnswer(
            identity: identity, record: record, progress: progress, note: await note(record.runtime))
        return Self.json(status) { answer.write(to: &$0) }
    }

    static func json(_ status: Int, _ write: (inout JSONWriter) -> Void) -> ServiceReply {
        var json = JSONWriter()
        write(&json)
        return ServiceReply(status: status, headers: [("Content-Type", "application/json")], body: json.bytes)
    }
}

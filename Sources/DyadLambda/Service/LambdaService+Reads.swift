import DyadModel

/// Tags, and what clients read of a function that is never set here: the answers say so as AWS's do.
extension LambdaService {
    // MARK: Tags

    func listTags(_ arn: String, in scope: Scope) async throws(LambdaError) -> ServiceReply {
        let record = try await store.function(try await identity(arn, nil, in: scope))
        return Self.json(200) { $0.object { $0.member("Tags") { $0.texts(record.tags) } } }
    }

    func tag(_ arn: String, _ request: ServiceRequest) async throws(LambdaError) -> ServiceReply {
        let identity = try await identity(arn, nil, in: request.scope)
        let root = try Self.parsed(request, "TagResource", limit: 1 << 20)
        guard let tags = try root.map("Tags"), !tags.isEmpty else {
            throw .invalidParameter("An error occurred and the request cannot be processed.")
        }
        let count = try await store.function(identity).tags.merging(tags) { $1 }.count
        guard count <= LambdaLimits.tagsMax else {
            throw .invalidParameter("Number of tags exceeds resource tag limit.")
        }
        _ = try await store.change(identity) { $0.tags.merge(tags) { $1 } }
        return ServiceReply(status: 204, body: [])
    }

    func untag(_ arn: String, _ names: [String], in scope: Scope) async throws(LambdaError) -> ServiceReply {
        let identity = try await identity(arn, nil, in: scope)
        var constraints = Constraints()
        if names.isEmpty { constraints.note(nil, "tagKeys", "Member must not be null") }
        try constraints.verify()
        _ = try await store.change(identity) { record in for name in names { record.tags[name] = nil } }
        return ServiceReply(status: 204, body: [])
    }

    // MARK: Reads

    func listVersions(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        let record = try await store.function(identity)
        return Self.json(200) {
            $0.object {
                $0.member("Versions") {
                    $0.array { FunctionAnswer(identity: identity, record: record).write(to: &$0, isVersion: true) }
                }
            }
        }
    }

    func listAliases(_ identity: FunctionIdentity) async throws(LambdaError) -> ServiceReply {
        _ = try await store.function(identity)
        return Self.json(200) { $0.object { $0.member("Aliases") { $0.array { _ in } } } }
    }

    func accountSettings(in scope: Scope) async throws(LambdaError) -> ServiceReply {
        let functions = try await store.functions(in: scope)
        return Self.json(200) {
            $0.object {
                $0.member("AccountLimit") {
                    $0.object {
                        $0.member("TotalCodeSize", 80_530_636_800)
                        $0.member("CodeSizeUnzipped", ZipArchive.unpackedBytesMax)
                        $0.member("CodeSizeZipped", ZipArchive.packedBytesMax)
                        $0.member("ConcurrentExecutions", 1000)
                        $0.member("UnreservedConcurrentExecutions", 1000)
                    }
                }
                $0.member("AccountUsage") {
                    $0.object {
                        $0.member("TotalCodeSize", functions.reduce(0) { $0 + $1.codeSize })
                        $0.member("FunctionCount", functions.count)
                    }
                }
            }
        }
    }

    func read(
        _ what: LambdaRoute.FunctionRead, of identity: FunctionIdentity
    ) async throws(LambdaError) -> ServiceReply {
        switch what {
        case .policy, .url: throw .noResource
        case .eventInvoke:
            throw .notFound("The function \(identity.arn):$LATEST doesn't have an EventInvokeConfig")
        case .codeSigning, .concurrency, .recursion, .runtimeManagement, .provisionedConcurrency, .urls: break
        }
        _ = try await store.function(identity)
        return Self.json(200) {
            $0.object {
                switch what {
                case .codeSigning: $0.member("FunctionName", identity.name)
                case .recursion: $0.member("RecursiveLoop", "Terminate")
                case .runtimeManagement:
                    $0.member("UpdateRuntimeOn", "Auto")
                    $0.member("FunctionArn", identity.arn)
                case .provisionedConcurrency: $0.member("ProvisionedConcurrencyConfigs") { $0.array { _ in } }
                case .urls: $0.member("FunctionUrlConfigs") { $0.array { _ in } }
                case .policy, .url, .eventInvoke, .concurrency: break
                }
            }
        }
    }
}

import DyadModel

/// What CreateFunction and UpdateFunctionConfiguration say of a function; nil for what they leave out.
struct FunctionInput {
    var runtime: String?
    var handler: String?
    var role: String?
    var description: String?
    var timeoutSeconds: Int?
    var memoryMegabytes: Int?
    var storageMegabytes: Int?
    var variables: [String: String]?
    var architectures: [String]?
    var tracing: String?
    var logGroup: String?
    var revisionID: String?
    var tags: [String: String]?

    private static let reserved: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    ]

    /// Types first: a member of another type is told alone.
    init(_ root: JSONNode) throws(LambdaError) {
        runtime = try root.text("Runtime")
        handler = try root.text("Handler")
        role = try root.text("Role")
        description = try root.text("Description")
        timeoutSeconds = try root.number("Timeout")
        memoryMegabytes = try root.number("MemorySize")
        storageMegabytes = try root.structure("EphemeralStorage")?.number("Size")
        variables = try root.structure("Environment")?.map("Variables")
        if try root.structure("Environment") != nil, variables == nil { variables = [:] }
        tracing = try root.structure("TracingConfig")?.text("Mode")
        logGroup = try root.structure("LoggingConfig")?.text("LogGroup")
        revisionID = try root.text("RevisionId")
        tags = try root.map("Tags")
        architectures = try root.list("Architectures")
        try Self.refuseWhatIsMissing(root)
    }

    /// Of these AWS would make something that nothing here does.
    private static func refuseWhatIsMissing(_ root: JSONNode) throws(LambdaError) {
        var missing: [String] = []
        for name in ["Layers", "FileSystemConfigs"] where root[name]?.isEmpty == false { missing.append(name) }
        for name in ["ImageConfig", "CapacityProviderConfig", "DurableConfig", "TenancyConfig"]
        where root[name]?.isEmpty == false { missing.append(name) }
        for name in ["KMSKeyArn", "CodeSigningConfigArn"] where root[name]?.string?.isEmpty == false {
            missing.append(name)
        }
        if root["DeadLetterConfig"]?["TargetArn"]?.string?.isEmpty == false { missing.append("DeadLetterConfig") }
        if root["VpcConfig"]?["SubnetIds"]?.isEmpty == false { missing.append("VpcConfig") }
        if root["SnapStart"]?["ApplyOn"]?.string == "PublishedVersions" { missing.append("SnapStart") }
        if root["PackageType"]?.string == "Image" { missing.append("PackageType Image") }
        if root["LoggingConfig"]?["LogFormat"]?.string == "JSON" { missing.append("LogFormat JSON") }
        if root["Publish"]?.kind == .true { missing.append("Publish") }
        guard !missing.isEmpty else { return }
        throw .invalidParameter("Not emulated by dyad: \(missing.joined(separator: ", ")).")
    }

    func note(to constraints: inout Constraints) {
        constraints.check(role: role)
        constraints.check(handler: handler)
        constraints.check(description, "description", lengthMax: 256)
        constraints.check(timeoutSeconds, "timeout", LambdaLimits.timeoutSeconds)
        constraints.check(memoryMegabytes, "memorySize", LambdaLimits.memoryMegabytes)
        constraints.check(storageMegabytes, "ephemeralStorage.size", LambdaLimits.storageMegabytes)
        constraints.check(tracing, "tracingConfig.mode", oneOf: ["Active", "PassThrough"])
        constraints.check(architectures: architectures)
        constraints.check(variables: variables)
    }

    /// What Lambda itself refuses, behind the constraints.
    func verify() throws(LambdaError) {
        if let runtime {
            guard let known = LambdaRuntime(runtime) else {
                throw .invalidParameter(
                    "Value \(runtime) at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                        + "[\(LambdaRuntime.names.joined(separator: ", "))] or be a valid ARN")
            }
            guard known.kind != .other else {
                throw .invalidParameter(
                    "The runtime \(runtime) is not emulated by dyad: it runs python, nodejs and provided runtimes.")
            }
        }
        if let variables { try Self.verify(variables) }
        if let tags, tags.count > LambdaLimits.tagsMax {
            throw .invalidParameter("Number of tags exceeds function tag limit.")
        }
    }

    private static func verify(_ variables: [String: String]) throws(LambdaError) {
        let prefix =
            "Lambda was unable to configure your environment variables because the environment variables you have "
            + "provided "
        let taken = variables.keys.filter { reserved.contains($0) }.sorted()
        guard taken.isEmpty else {
            throw .invalidParameter(
                prefix + "contains reserved keys that are currently not supported for modification. "
                    + "Reserved keys used in this request: \(taken.joined(separator: ", "))")
        }
        var json = JSONWriter()
        json.texts(variables)
        guard json.bytes.count <= LambdaLimits.variablesBytesMax else {
            throw .invalidParameter(
                prefix + "exceeded the 4KB limit. String measured: \(String(decoding: json.bytes, as: UTF8.self))")
        }
    }

    func apply(to record: inout FunctionRecord) {
        if let runtime = runtime.flatMap({ LambdaRuntime($0) }) { record.runtime = runtime }
        record.handler = handler ?? record.handler
        record.role = role ?? record.role
        record.description = description ?? record.description
        record.timeoutSeconds = timeoutSeconds ?? record.timeoutSeconds
        record.memoryMegabytes = memoryMegabytes ?? record.memoryMegabytes
        record.storageMegabytes = storageMegabytes ?? record.storageMegabytes
        record.variables = variables ?? record.variables
        record.architecture = architectures?.first ?? record.architecture
        record.tracing = tracing ?? record.tracing
        record.logGroup = logGroup ?? record.logGroup
    }
}

extension JSONNode {
    /// A member of that type; nil when it is not there or null.
    func text(_ name: String) throws(LambdaError) -> String? {
        guard let node = self[name], node.kind != .null else { return nil }
        guard let text = node.string else { throw .serialization("'\(name)' must be a string") }
        return text
    }

    func number(_ name: String) throws(LambdaError) -> Int? {
        guard let node = self[name], node.kind != .null else { return nil }
        guard let number = node.integer else { throw .serialization("'\(name)' must be an integer") }
        return number
    }

    func flag(_ name: String) throws(LambdaError) -> Bool {
        guard let node = self[name], node.kind != .null else { return false }
        guard node.kind == .true || node.kind == .false else { throw .serialization("'\(name)' must be a boolean") }
        return node.kind == .true
    }

    func structure(_ name: String) throws(LambdaError) -> JSONNode? {
        guard let node = self[name], node.kind != .null else { return nil }
        guard node.kind == .object else { throw .serialization("'\(name)' must be an object") }
        return node
    }

    func map(_ name: String) throws(LambdaError) -> [String: String]? {
        guard let node = self[name], node.kind != .null else { return nil }
        guard let texts = node.texts else { throw .serialization("'\(name)' must be an object of strings") }
        return texts
    }

    func list(_ name: String) throws(LambdaError) -> [String]? {
        guard let node = self[name], node.kind != .null else { return nil }
        let texts = node.elements.compactMap(\.string)
        guard node.kind == .array, texts.count == node.elements.reduce(0, { count, _ in count + 1 }) else {
            throw .serialization("'\(name)' must be an array of strings")
        }
        return texts
    }
}

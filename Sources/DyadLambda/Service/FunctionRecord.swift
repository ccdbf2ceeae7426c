import DyadModel

/// A function as it is kept: its settings and what its code is known by. The code is a document of its own.
struct FunctionRecord: Sendable, Equatable {
    static let kind = "lambda.function"
    /// The zip file, under the function's name.
    static let codeKind = "lambda.code"

    var name: String
    var runtime: LambdaRuntime
    var handler: String
    var role: String
    var description = ""
    var timeoutSeconds = 3
    var memoryMegabytes = 128
    var storageMegabytes = 512
    /// Nil when none were ever set: AWS then leaves them out of its answers.
    var variables: [String: String]?
    var architecture = "x86_64"
    var tracing = "PassThrough"
    var logGroup: String?
    var tags: [String: String] = [:]
    /// Base64.
    var codeSHA256 = ""
    var codeSize = 0
    var modifiedAt: Timestamp
    var revisionID: String
    /// Grows with each change. One that was deleted and made again does not begin where another did.
    var serial: Int64

    init(name: String, runtime: LambdaRuntime, handler: String, role: String, at now: Timestamp) {
        self.name = name
        self.runtime = runtime
        self.handler = handler
        self.role = role
        modifiedAt = now
        revisionID = Identifiers.uuid()
        serial = now.milliseconds * 1000 + Int64.random(in: 0..<1000)
    }

    mutating func touch(at now: Timestamp) {
        modifiedAt = now
        revisionID = Identifiers.uuid()
        serial += 1
    }

    mutating func setCode(_ zip: [UInt8]) {
        var digest: [UInt8] = []
        Base64.encode(sha256(zip), into: &digest)
        codeSHA256 = String(decoding: digest, as: UTF8.self)
        codeSize = zip.count
    }

    // MARK: As it is kept

    var document: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("name", name)
            $0.member("runtime", runtime.name)
            $0.member("handler", handler)
            $0.member("role", role)
            $0.member("description", description)
            $0.member("timeoutSeconds", timeoutSeconds)
            $0.member("memoryMegabytes", memoryMegabytes)
            $0.member("storageMegabytes", storageMegabytes)
            if let variables { $0.member("variables") { $0.texts(variables) } }
            $0.member("architecture", architecture)
            $0.member("tracing", tracing)
            $0.member("logGroup", logGroup)
            $0.member("tags") { $0.texts(tags) }
            $0.member("codeSHA256", codeSHA256)
            $0.member("codeSize", codeSize)
            $0.member("modifiedAt", Int(modifiedAt.milliseconds))
            $0.member("revisionID", revisionID)
            $0.member("serial", Int(serial))
        }
        return json.bytes
    }

    /// Nil for a document of a form that this version does not know.
    init?(document: [UInt8]) {
        guard let root = try? JSONDocument(parsing: document).root, let name = root["name"]?.string,
            let runtime = root["runtime"]?.string.flatMap({ LambdaRuntime($0) }),
            let handler = root["handler"]?.string, let role = root["role"]?.string,
            let modifiedAt = root["modifiedAt"]?.integer, let serial = root["serial"]?.integer,
            let revisionID = root["revisionID"]?.string
        else { return nil }
        self.init(
            name: name, runtime: runtime, handler: handler, role: role,
            at: Timestamp(milliseconds: Int64(modifiedAt)))
        self.revisionID = revisionID
        self.serial = Int64(serial)
        description = root["description"]?.string ?? ""
        timeoutSeconds = root["timeoutSeconds"]?.integer ?? timeoutSeconds
        memoryMegabytes = root["memoryMegabytes"]?.integer ?? memoryMegabytes
        storageMegabytes = root["storageMegabytes"]?.integer ?? storageMegabytes
        variables = root["variables"]?.texts
        architecture = root["architecture"]?.string ?? architecture
        tracing = root["tracing"]?.string ?? tracing
        logGroup = root["logGroup"]?.string
        tags = root["tags"]?.texts ?? [:]
        codeSHA256 = root["codeSHA256"]?.string ?? ""
        codeSize = root["codeSize"]?.integer ?? 0
    }
}

extension JSONWriter {
    /// An object of texts, in the order of their names.
    mutating func texts(_ texts: [String: String]) {
        object {
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
                $0.key(name)
                $0.string(text)
            }
        }
    }
}

extension JSONNode {
    /// An object whose members are all texts; nil for anything else.
    var texts: [String: String]? {
        guard kind == .object else { return nil }
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.string else { return nil }
            texts[name] = text
        }
        return texts
    }
}

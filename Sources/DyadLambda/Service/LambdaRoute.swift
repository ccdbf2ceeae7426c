import DyadModel

/// A request's path and query, taken apart.
struct LambdaPath {
    /// Decoded, without the API's date that stands first.
    let parts: [String]
    /// `2015-03-31`
    let version: String
    private let query: [(name: String, value: String)]

    /// Nil for what is no path of Lambda's.
    init?(_ target: String) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var parts = halves[0].split(separator: "/").map { Self.decoded($0) }
        guard let version = parts.first else { return nil }
        self.version = version
        parts.removeFirst()
        self.parts = parts
        query = (halves.count == 2 ? halves[1] : "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(sides[0]), sides.count == 2 ? Self.decoded(sides[1]) : "")
        }
    }

    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    /// `%41` is A. What is no escape stays as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Which operation a request is. The numbers in paths are the versions of the API that each came with.
enum LambdaRoute: Equatable {
    case createFunction, listFunctions, accountSettings
    case getFunction(String)
    case deleteFunction(String)
    case getConfiguration(String)
    case updateConfiguration(String)
    case updateCode(String)
    /// Ours: the address that GetFunction gives out.
    case downloadCode(String)
    case invoke(String)
    case listVersions(String)
    case listAliases(String)
    case listTags(String)
    case tag(String)
    case untag(String)
    case read(FunctionRead, String)
    /// One of AWS's that is not built.
    case missing(String)

    /// What is read of functions and never set here: clients like Terraform ask for it.
    enum FunctionRead: Equatable {
        case policy, codeSigning, concurrency, eventInvoke, url, urls, recursion, runtimeManagement
        case provisionedConcurrency
    }

    init?(_ method: String, _ path: LambdaPath) {
        let parts = path.parts
        let first = parts.first
        let name = parts.count > 1 ? parts[1] : ""
        switch (method, first, parts.count) {
        case ("GET", "account-settings", 1): self = .accountSettings
        case ("POST", "functions", 1): self = .createFunction
        case ("GET", "functions", 1): self = .listFunctions
        case ("GET", "functions", 2): self = .getFunction(name)
        case ("DELETE", "functions", 2): self = .deleteFunction(name)
        case ("GET", "tags", 2): self = .listTags(name)
        case ("POST", "tags", 2): self = .tag(name)
        case ("DELETE", "tags", 2): self = .untag(name)
        case (_, "functions", 3...):
            guard let route = Self.part(method, parts[2], of: name, parts.count) else { return nil }
            self = route
        case (_, let collection?, _) where Self.collections.contains(collection): self = .missing(collection)
        default: return nil
        }
    }

    private static let collections: Set<String> = [
        "event-source-mappings", "layers", "layers-by-arn", "code-signing-configs", "capacity-providers",
        "durable-executions", "durable-execution-callbacks", "resource-policy",
    ]

    private static func part(_ method: String, _ part: String, of name: String, _ count: Int) -> LambdaRoute? {
        switch (method, part) {
        case ("GET", "configuration"): .getConfiguration(name)
        case ("PUT", "configuration"): .updateConfiguration(name)
        case ("GET", "code"): .downloadCode(name)
        case ("PUT", "code"): .updateCode(name)
        case ("POST", "invocations"): .invoke(name)
        case ("GET", "versions"): .listVersions(name)
        case ("POST", "versions"): .missing("PublishVersion")
        case ("GET", "aliases") where count == 3: .listAliases(name)
        case ("GET", _): read(part).map { .read($0, name) } ?? .missing(part)
        default: .missing(part)
        }
    }

    private static func read(_ part: String) -> FunctionRead? {
        switch part {
        case "policy": .policy
        case "code-signing-config": .codeSigning
        case "concurrency": .concurrency
        case "event-invoke-config": .eventInvoke
        case "url": .url
        case "urls": .urls
        case "recursion-config": .recursion
        case "runtime-management-config": .runtimeManagement
        case "provisioned-concurrency": .provisionedConcurrency
        default: nil
        }
    }
}

import DyadModel
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What AWS's service model says of requests: `fixtures/service-model.json`, made from botocore.
struct ServiceModel {
    /// The shape of each operation's input, by the operation's name.
    let inputs: [String: String]
    private let shapes: [String: ModelShape]

    /// - Parameter service: what stands before an operation's name in `X-Amz-Target`.
    init(_ service: String) throws {
        let document = try JSONDocument(parsing: projectFile("fixtures/service-model.json"))
        let model = try #require(document.root["services"]?[service])
        inputs = Dictionary(
            uniqueKeysWithValues: try #require(model["operations"]).members.map { ($0.name, $0.value.string ?? "") })
        shapes = Dictionary(
            uniqueKeysWithValues: try #require(model["shapes"]).members.map { ($0.name, ModelShape($0.value)) })
    }

    subscript(_ name: String) -> ModelShape { shapes[name] ?? ModelShape() }

    /// A value of a shape that breaks none of its constraints, as JSON.
    func sample(_ name: String) -> String {
        let shape = self[name]
        switch shape.type {
        case "string": return "\"\(shape.words?.min() ?? String(repeating: "a", count: max(3, shape.min ?? 0)))\""
        case "integer", "long", "timestamp": return String(max(1, shape.min ?? 0))
        case "boolean": return "true"
        case "blob": return "\"AAAA\""
        case "list":
            let element = shape.element.map(sample) ?? ""
            return "[\(Array(repeating: element, count: max(1, shape.min ?? 0)).joined(separator: ","))]"
        case "map": return #"{"aaa":\#(shape.value.map(sample) ?? "")}"#
        case "structure" where name == "AttributeValue": return #"{"S":"a"}"#
        default:
            let members = shape.required.sorted().map { #""\#($0)":\#(sample(shape.members[$0] ?? ""))"# }
            return "{\(members.joined(separator: ","))}"
        }
    }
}

/// A shape of the service model; others in it are named.
struct ModelShape {
    var type = "?"
    var min: Int?
    var max: Int?
    var pattern: String?
    var words: Set<String>?
    var members: [String: String] = [:]
    var required: Set<String> = []
    /// A list's.
    var element: String?
    /// A map's.
    var key: String?
    var value: String?

    init() {}

    init(_ node: JSONNode) {
        type = node["type"]?.string ?? "?"
        min = node["min"]?.integer
        max = node["max"]?.integer
        pattern = node["pattern"]?.string
        words = node["enum"].map { Set($0.elements.compactMap(\.string)) }
        members = Dictionary(
            uniqueKeysWithValues: (node["members"]?.members.map { ($0.name, $0.value.string ?? "") } ?? []))
        required = Set(node["required"]?.elements.compactMap(\.string) ?? [])
        element = node["member"]?.string
        key = node["key"]?.string
        value = node["value"]?.string
    }
}

/// The bytes of a file of the project, `path` beginning at its root.
func projectFile(_ path: String, from here: String = #filePath) throws -> [UInt8] {
    let root = here.split(separator: "/").dropLast(4).joined(separator: "/")
    let file = try #require(fopen("/\(root)/\(path)", "rb"), "no \(path)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
    return bytes
}

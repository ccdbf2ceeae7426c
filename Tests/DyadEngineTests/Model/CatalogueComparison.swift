@testable import DyadModel

/// Walks an operation's shape tables beside the service model and notes where the two differ.
///
/// Requiredness, bounds, patterns and words are not read off but tried: each member is given what the model allows and
/// what it forbids, and what it says is looked at.
struct CatalogueComparison {
    /// `Query.Limit: takes less than 1`
    private(set) var differences: Set<String> = []
    private let model: ServiceModel
    private var visited: Set<String> = []

    init(_ model: ServiceModel) { self.model = model }

    /// - Parameter place: the operation's name, or the structure's.
    mutating func compare(_ structure: any WireStructure.Type, to shape: String, at place: String) {
        compareMembers(structure, to: shape, at: place)
    }

    private mutating func compareMembers<S: WireStructure>(_: S.Type, to name: String, at place: String) {
        let shape = model[name]
        let members = S.shape.members
        let names = members.map { "\($0.name)" }
        note(place, shape.members.keys.filter { !names.contains($0) }.map { ".\($0): is missing" })
        note(place, names.filter { shape.members[$0] == nil }.map { ".\($0): is not in the model" })
        for member in members {
            let name = "\(member.name)"
            guard let value = shape.members[name] else { continue }
            let probe = Probe(of: member)
            if probe.refusesAbsence != shape.required.contains(name) {
                note("\(place).\(name)", [probe.refusesAbsence ? ": is required" : ": is not required"])
            }
            compare(member.type, to: value, probe, at: "\(place).\(name)")
        }
    }

    private mutating func compare(_ type: any WireValue.Type, to name: String, _ probe: Probe, at place: String) {
        let shape = model[name]
        let expected = type.expected.word
        guard expected == (shape.type == "structure" ? name : shape.type) else {
            note(place, [": is \(expected), not \(shape.type == "structure" ? name : shape.type)"])
            return
        }
        switch shape.type {
        case "structure":
            guard let structure = type as? any WireStructure.Type, visited.insert("\(type) \(name)").inserted else {
                break
            }
            compare(structure, to: name, at: place.contains(".") ? "\(structure.name)" : place)
        case "list":
            let element = model.sample(shape.element ?? "")
            noteBounds(shape, probe, at: place, unit: "length") { count in
                "[\(Array(repeating: element, count: count).joined(separator: ","))]"
            }
            if let list = type as? any ListOfWireValues.Type, let element = shape.element {
                compare(list.element, to: element, probe.element, at: "\(place)[]")
            }
        case "map":
            let sample = model.sample(shape.value ?? "")
            noteBounds(shape, probe, at: place, unit: "length") { count in
                "{\((0..<count).map { "\"aa\($0)\":\(sample)" }.joined(separator: ","))}"
            }
            if let value = shape.value {
                let key = Probe { $0.map { probe.send("{\($0):\(sample)}") } ?? "" }
                noteText(model[shape.key ?? ""], key, at: "\(place) key")
                if let map = type as? any MapOfWireValues.Type {
                    compare(map.value, to: value, probe.value, at: "\(place){}")
                }
            }
        case "string": noteText(shape, probe, at: place)
        case "integer", "long": noteBounds(shape, probe, at: place, unit: "value", text: String.init)
        default: break
        }
    }

    private mutating func noteText(_ shape: ModelShape, _ probe: Probe, at place: String) {
        if let words = shape.words {
            let refused = words.filter { probe.send("\"\($0)\"").contains("enum value set") }
            note(place, refused.map { ": refuses \($0)" })
            let message = probe.send("\"NO_SUCH_WORD\"")
            let told = message.split(separator: "[").last?.split(separator: "]").first?.split(separator: ", ").map(
                String.init)
            if !message.contains("enum value set") {
                note(place, [": takes any word"])
            } else {
                note(place, Set(told ?? []).subtracting(words).map { ": takes \($0)" })
            }
            return
        }
        noteBounds(shape, probe, at: place, unit: "length") { "\"\(String(repeating: "a", count: $0))\"" }
        let phrase = "Member must satisfy regular expression pattern: "
        let message = probe.send("\"a b!\"")
        if let pattern = shape.pattern {
            if !message.contains(phrase + pattern) { note(place, [": has not the pattern \(pattern)"]) }
        } else if message.contains(phrase) {
            note(place, [": has a pattern"])
        }
    }

    /// Tries the values around both bounds, and where the model has none some that are far out.
    ///
    /// - Parameter text: the JSON of a value that is so long or so large.
    private mutating func noteBounds(
        _ shape: ModelShape, _ probe: Probe, at place: String, unit: String, text: (Int) -> String
    ) {
        let (below, above) = ("greater than or equal to", "less than or equal to")
        func complains(_ size: Int, _ phrase: String, _ bound: Int? = nil) -> Bool {
            probe.send(text(size)).contains("Member must have \(unit) \(phrase) \(bound.map(String.init) ?? "")")
        }
        let least = unit == "value" ? -1 : 0
        if let min = shape.min, min > least {
            if !complains(min - 1, below, min) { note(place, [": takes less than \(min)"]) }
            if complains(min, below) { note(place, [": refuses \(min)"]) }
        } else if complains(least, below) {
            note(place, [": has a lower bound"])
        }
        if let max = shape.max {
            // Of attributes' names AWS says it in other words.
            let names = "must be less than \(max + 1) bytes"
            if !complains(max + 1, above, max), !probe.send(text(max + 1)).contains(names) {
                note(place, [": takes more than \(max)"])
            }
            if complains(max, above) { note(place, [": refuses \(max)"]) }
        } else if complains(unit == "value" ? Int(Int32.max) : 5000, above) {
            note(place, [": has an upper bound"])
        }
    }

    private mutating func note(_ place: String, _ what: [String]) { differences.formUnion(what.map { place + $0 }) }
}

/// Gives a place in a request values and hears what is said of them.
private struct Probe {
    /// The complaint about a value, which is JSON or absent; empty when there is none.
    let send: (String?) -> String

    init(send: @escaping (String?) -> String) { self.send = send }

    init<Root: WireStructure>(of member: Member<Root>) {
        send = { json in
            do {
                let document = try JSONDocument(parsing: Array("{\"it\":\(json ?? "null")}".utf8))
                var root = Root()
                var faults = Faults()
                if json != nil, let value = document.root["it"] {
                    try member.read(value, &root, &faults)
                } else {
                    member.absent?(&faults)
                }
                try faults.check()
                return ""
            } catch {
                return (error as? DynamoError)?.message ?? "\(error)"
            }
        }
    }

    var refusesAbsence: Bool {
        let complaint = send(nil)
        return complaint.contains("must not be null") || complaint.contains("is required but was not present")
    }

    var element: Probe { Probe { json in send("[\(json ?? "null")]") } }
    var value: Probe { Probe { json in send("{\"aaa\":\(json ?? "null")}") } }
}

private protocol ListOfWireValues { static var element: any WireValue.Type { get } }
extension Array: ListOfWireValues where Element: WireValue { static var element: any WireValue.Type { Element.self } }

private protocol MapOfWireValues { static var value: any WireValue.Type { get } }
extension WireMap: MapOfWireValues { static var value: any WireValue.Type { Value.self } }

extension ExpectedType {
    /// The service model's word for it, or a structure's name.
    fileprivate var word: String {
        switch self {
        case .string: "string"
        case .integer: "integer"
        case .long: "long"
        case .timestamp: "timestamp"
        case .boolean: "boolean"
        case .binary: "blob"
        case .list: "list"
        case .map, .attributeMap: "map"
        case .structure(let name): name
        }
    }
}

import DyadModel

/// JSON that can be spoiled: names may repeat, and any text can stand for a value.
indirect enum JSONTree {
    case object([(name: String, value: JSONTree)])
    case array([JSONTree])
    case string(String)
    /// As it stands: numbers, words, and what is no JSON.
    case raw(String)

    init(_ node: JSONNode) {
        switch node.kind {
        case .object: self = .object(node.members.map { ($0.name, JSONTree($0.value)) })
        case .array: self = .array(node.elements.map { JSONTree($0) })
        case .string: self = .string(node.string ?? "")
        default: self = .raw(String(decoding: node.raw, as: UTF8.self))
        }
    }

    init(_ json: String) throws { self.init(try JSONDocument(parsing: Array(json.utf8)).root) }

    /// The number of values, this one included.
    var count: Int {
        switch self {
        case .object(let members): members.reduce(1) { $0 + $1.value.count }
        case .array(let elements): elements.reduce(1) { $0 + $1.count }
        case .string, .raw: 1
        }
    }

    func write(to output: inout [UInt8]) {
        switch self {
        case .raw(let text): output += text.utf8
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: output += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    /// Changes the value that is number `index` in the order of reading; 0 is this one.
    mutating func change(at index: Int, _ change: (inout JSONTree) -> Void) {
        if index == 0 { return change(&self) }
        var rest = index - 1
        switch self {
        case .object(var members):
            for place in members.indices {
                let count = members[place].value.count
                guard rest >= count else {
                    members[place].value.change(at: rest, change)
                    self = .object(members)
                    return
                }
                rest -= count
            }
        case .array(var elements):
            for place in elements.indices {
                let count = elements[place].count
                guard rest >= count else {
                    elements[place].change(at: rest, change)
                    self = .array(elements)
                    return
                }
                rest -= count
            }
        case .string, .raw: return
        }
    }

    /// Every string in it, with the number of its place.
    var strings: [(index: Int, text: String)] {
        var found: [(index: Int, text: String)] = []
        var index = 0
        collect(into: &found, &index)
        return found
    }

    private func collect(into found: inout [(index: Int, text: String)], _ index: inout Int) {
        let here = index
        index += 1
        switch self {
        case .object(let members): for member in members { member.value.collect(into: &found, &index) }
        case .array(let elements): for element in elements { element.collect(into: &found, &index) }
        case .string(let text): found.append((here, text))
        case .raw: break
        }
    }

    /// With each string that is a key of `values` replaced by its value.
    func filled(_ values: [String: JSONTree]) -> JSONTree {
        switch self {
        case .object(let members): .object(members.map { ($0.name, $0.value.filled(values)) })
        case .array(let elements): .array(elements.map { $0.filled(values) })
        case .string(let text): values[text] ?? self
        case .raw: self
        }
    }
}

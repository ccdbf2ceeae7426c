extension Item {
    /// Appends the canonical form, `{"name":{value},…}`.
    package func write(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        var needsComma = false
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            output.append(UInt8(ascii: "\""))
            JSONEscapes.encode(name.utf8, into: &output)
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
            value.write(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// By AWS's rules for item sizes, in bytes.
    package var size: Int { reduce(0) { $0 + $1.key.utf8.count + $1.value.size } }
}

extension AttributeValue {
    /// Appends the canonical form, `{"S":"…"}`.
    package func write(to output: inout [UInt8]) {
        output += "{\"".utf8
        output += kind.rawValue.utf8
        output += "\":".utf8
        switch self {
        case .string(let text): Self.quoted(&output) { JSONEscapes.encode(text.utf8, into: &$0) }
        case .number(let number): Self.quoted(&output) { number.write(to: &$0) }
        case .binary(let bytes): Self.quoted(&output) { Base64.encode(bytes, into: &$0) }
        case .bool(let isTrue): output += (isTrue ? "true" : "false").utf8
        case .null: output += "true".utf8
        case .list(let values): Self.array(values, &output) { $0.write(to: &$1) }
        case .map(let members): members.write(to: &output)
        case .stringSet(let texts):
            Self.array(texts.sorted(), &output) { text, output in
                Self.quoted(&output) { JSONEscapes.encode(text.utf8, into: &$0) }
            }
        case .numberSet(let numbers):
            Self.array(numbers.sorted(), &output) { number, output in
                Self.quoted(&output) { number.write(to: &$0) }
            }
        case .binarySet(let binaries):
            Self.array(binaries.sorted { $0.lexicographicallyPrecedes($1) }, &output) { bytes, output in
                Self.quoted(&output) { Base64.encode(bytes, into: &$0) }
            }
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func quoted(_ output: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        output.append(UInt8(ascii: "\""))
        body(&output)
        output.append(UInt8(ascii: "\""))
    }

    private static func array<Element>(
        _ elements: [Element], _ output: inout [UInt8], _ write: (Element, inout [UInt8]) -> Void
    ) {
        output.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            write(element, &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// By AWS's rules for item sizes, in bytes, the name not included.
    ///
    /// Source: docs, "DynamoDB item sizes and formats".
    package var size: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .number(let number): number.size
        case .binary(let bytes): bytes.count
        case .bool, .null: 1
        case .list(let values): values.reduce(3) { $0 + $1.size + 1 }
        case .map(let members): members.reduce(3) { $0 + $1.key.utf8.count + $1.value.size + 1 }
        case .stringSet(let texts): texts.reduce(0) { $0 + $1.utf8.count }
        case .numberSet(let numbers): numbers.reduce(0) { $0 + $1.size }
        case .binarySet(let binaries): binaries.reduce(0) { $0 + $1.count }
        }
    }
}

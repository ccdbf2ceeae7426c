/// Turns attribute values of a request into canonical bytes, in one walk over the tape.
struct ItemEncoder {
    var output: [UInt8]
    var size = 0
    var faults = ValueFaults()
    /// Whether numbers are read as in a statement's parameters.
    var readsDecimals = false
    /// Whether an attribute's name, at whatever depth, is longer than any may be.
    var hasLongName = false

    /// - Parameter capacity: bytes that are likely to be needed.
    init(capacity: Int = 0) {
        output = []
        output.reserveCapacity(capacity)
    }

    /// `{"name": {value}, …}`, members sorted by name, the last of equal names kept.
    mutating func map(_ node: JSONNode, depth: Int) throws(DynamoError) {
        guard node.kind == .object else { throw .unexpectedType(of: node, expected: .attributeMap) }
        // On the tape's indices and not on nodes: each node would count a reference to the document.
        let document = node.document
        output.append(UInt8(ascii: "{"))
        var needsComma = false
        for name in document.sortedNames(of: node.index) {
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            let count = string(document, name)
            output.append(UInt8(ascii: ":"))
            size += count
            if count > AttributeNames.bytesMax { hasLongName = true }
            // Within a map a member may have no name.
            if count == 0, depth == 0 { faults.note(.emptyAttributeName) }
            try value(document, name + 1, depth: depth)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// `{"S": "…"}` and its nine sisters.
    mutating func value(_ node: JSONNode, depth: Int) throws(DynamoError) {
        try value(node.document, node.index, depth: depth)
    }

    private mutating func value(_ document: JSONDocument, _ index: Int, depth: Int) throws(DynamoError) {
        let entry = document.tape[index]
        guard entry.kind == .object else {
            throw .unexpectedElementType(
                of: JSONNode(document: document, index: index), expected: .structure("AttributeValue"))
        }
        var chosen: (kind: AttributeValue.Kind, index: Int)?
        var isAmbiguous = false
        var at = index + 1
        while at < Int(entry.next) {
            let member = at + 1
            let isNull = document.tape[member].kind == .null
            if !isNull, let kind = Self.kind(document, at) {
                if chosen != nil { isAmbiguous = true }
                chosen = (kind, member)
            }
            at = Int(document.tape[member].next)
        }
        guard let chosen else {
            faults.note(.valueWithoutType)
            output += "{\"NULL\":true}".utf8
            return
        }
        if isAmbiguous {
            faults.note(.valueOfSeveralTypes)
        }
        // An attribute at the top is level 1: what stands in 32 containers is one too deep.
        if depth >= Nesting.levelsMax {
            guard chosen.kind != .list, chosen.kind != .map else {
                faults.note(.nestingTooDeep)
                let content = JSONNode(document: document, index: chosen.index)
                if Nesting.isBeyondCurrentLayer(content, depth: depth) { faults.areBeyondCurrent = true }
                output += "{\"NULL\":true}".utf8
                return
            }
            faults.noteScalarTooDeep()
        }
        output.append(UInt8(ascii: "{"))
        output.append(UInt8(ascii: "\""))
        output += chosen.kind.rawValue.utf8
        output.append(UInt8(ascii: "\""))
        output.append(UInt8(ascii: ":"))
        if chosen.kind == .string, document.tape[chosen.index].kind == .string {
            size += string(document, chosen.index)
        } else {
            try content(JSONNode(document: document, index: chosen.index), as: chosen.kind, depth: depth)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func kind(_ document: JSONDocument, _ index: Int) -> AttributeValue.Kind? {
        let entry = document.tape[index]
        guard !entry.hasEscapes, entry.end == entry.start + 1 else {
            return AttributeValue.Kind(rawValue: document.text(of: entry))
        }
        return switch document.bytes[Int(entry.start)] {
        case UInt8(ascii: "S"): .string
        case UInt8(ascii: "N"): .number
        case UInt8(ascii: "B"): .binary
        case UInt8(ascii: "M"): .map
        case UInt8(ascii: "L"): .list
        default: nil
        }
    }

    /// Writes a string with its quotes, in its shortest form.
    ///
    /// - Returns: the text's length in UTF-8 bytes.
    private mutating func string(_ document: JSONDocument, _ index: Int) -> Int {
        let entry = document.tape[index]
        output.append(UInt8(ascii: "\""))
        defer { output.append(UInt8(ascii: "\"")) }
        guard entry.hasEscapes else {
            // What needs an escape came with one.
            output += document.bytes[Int(entry.start)..<Int(entry.end)]
            return Int(entry.end - entry.start)
        }
        let text = JSONNode(document: document, index: index).stringBytes
        JSONEscapes.encode(text, into: &output)
        return text.count
    }

    private mutating func content(_ node: JSONNode, as kind: AttributeValue.Kind, depth: Int) throws(DynamoError) {
        switch kind {
        case .string:
            guard node.kind == .string else { throw .unexpectedType(of: node, expected: .string) }
            size += string(node.document, node.index)
        case .number:
            guard node.kind == .string else { throw .unexpectedType(of: node, expected: .string) }
            number(node.stringBytes)
        case .binary:
            size += try binary(node).count
        case .bool:
            guard node.kind == .true || node.kind == .false else { throw .unexpectedType(of: node, expected: .boolean) }
            output += (node.kind == .true ? "true" : "false").utf8
            size += 1
        case .null:
            guard node.kind == .true || node.kind == .false else { throw .unexpectedType(of: node, expected: .boolean) }
            if node.kind == .false {
                faults.note(.invalidValue("Null attribute value types must have the value of true"))
            }
            output += "true".utf8
            size += 1
        case .list:
            try list(node, depth: depth)
        case .map:
            guard node.kind == .object else { throw .unexpectedType(of: node, expected: .attributeMap) }
            size += 3
            for _ in node.memberNodes { size += 1 }
            try map(node, depth: depth + 1)
        case .stringSet, .numberSet, .binarySet:
            try set(node, of: kind)
        }
    }

    private mutating func list(_ node: JSONNode, depth: Int) throws(DynamoError) {
        guard node.kind == .array else { throw .unexpectedType(of: node, expected: .list) }
        size += 3
        output.append(UInt8(ascii: "["))
        var needsComma = false
        let document = node.document
        var at = node.index + 1
        let end = Int(document.tape[node.index].next)
        while at < end {
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            size += 1
            try value(document, at, depth: depth + 1)
            at = Int(document.tape[at].next)
        }
        output.append(UInt8(ascii: "]"))
    }

    private func parsed(_ text: ArraySlice<UInt8>) throws(DynamoError) -> DynamoNumber {
        readsDecimals ? try DynamoNumber(parsingDecimal: text) : try DynamoNumber(parsing: text)
    }

    private mutating func number(_ text: ArraySlice<UInt8>) {
        output.append(UInt8(ascii: "\""))
        defer { output.append(UInt8(ascii: "\"")) }
        do throws(DynamoError) {
            let number = try parsed(text)
            number.write(to: &output)
            size += number.size
        } catch {
            faults.note(error, ofNumber: text)
            output.append(UInt8(ascii: "0"))
        }
    }

    private mutating func binary(_ node: JSONNode) throws(DynamoError) -> [UInt8] {
        guard node.kind == .string else { throw .unexpectedType(of: node, expected: .binary) }
        let text = node.stringBytes
        guard let bytes = Base64.decode(text) else { throw .invalidBase64(text) }
        output.append(UInt8(ascii: "\""))
        Base64.encode(bytes, into: &output)
        output.append(UInt8(ascii: "\""))
        return bytes
    }

    private mutating func set(_ node: JSONNode, of kind: AttributeValue.Kind) throws(DynamoError) {
        guard node.kind == .array else { throw .unexpectedType(of: node, expected: .list) }
        for element in node.elements where element.kind != .string {
            throw .unexpectedType(of: element, expected: kind == .binarySet ? .binary : .string)
        }
        let texts = node.elements.map(\.stringBytes)
        if texts.isEmpty {
            // The two spaces are AWS's.
            let what =
                switch kind {
                case .binarySet: "Binary sets should not be empty"
                case .numberSet: "An number set  may not be empty"
                default: "An string set  may not be empty"
                }
            faults.note(.invalidValue(what))
        }
        output.append(UInt8(ascii: "["))
        defer { output.append(UInt8(ascii: "]")) }
        switch kind {
        case .numberSet: numberSet(texts)
        case .binarySet: try binarySet(texts)
        default: stringSet(texts)
        }
    }

    private mutating func elements<Element>(
        _ elements: [Element], shown: [ArraySlice<UInt8>], kind: AttributeValue.Kind,
        by precedes: (Element, Element) -> Bool, write: (Element, inout [UInt8]) -> Void
    ) where Element: Equatable {
        let sorted = elements.sorted(by: precedes)
        for (index, element) in sorted.enumerated() {
            if index > 0 {
                output.append(UInt8(ascii: ","))
                if sorted[index - 1] == element { faults.noteDuplicates(in: shown, kind: kind) }
            }
            output.append(UInt8(ascii: "\""))
            write(element, &output)
            output.append(UInt8(ascii: "\""))
        }
    }

    private mutating func stringSet(_ texts: [ArraySlice<UInt8>]) {
        for text in texts { size += text.count }
        elements(texts, shown: texts, kind: .stringSet, by: { $0.lexicographicallyPrecedes($1) }) {
            JSONEscapes.encode($0, into: &$1)
        }
    }

    private mutating func numberSet(_ texts: [ArraySlice<UInt8>]) {
        var numbers: [DynamoNumber] = []
        for text in texts {
            do throws(DynamoError) {
                numbers.append(try parsed(text))
            } catch {
                faults.note(error, ofNumber: text)
            }
        }
        for number in numbers { size += number.size }
        elements(numbers, shown: texts, kind: .numberSet, by: <) { $0.write(to: &$1) }
    }

    private mutating func binarySet(_ texts: [ArraySlice<UInt8>]) throws(DynamoError) {
        var binaries: [[UInt8]] = []
        for text in texts {
            guard let bytes = Base64.decode(text) else { throw .invalidBase64(text) }
            size += bytes.count
            binaries.append(bytes)
        }
        elements(binaries, shown: texts, kind: .binarySet, by: { $0.lexicographicallyPrecedes($1) }) {
            Base64.encode($0, into: &$1)
        }
    }
}

extension DynamoNumber {
    /// By AWS's rules: a byte, one for each two significant digits, one for a minus sign.
    package var size: Int {
        guard !isZero else { return 1 }
        let first = exponent + digitCount - 1
        return (first >> 1) - (exponent >> 1) + 2 + (isNegative ? 1 : 0)
    }
}

/// Something that a member of a request can hold.
package protocol WireValue: Sendable {
    /// What the service model calls the type, for AWS's type errors.
    static var expected: ExpectedType { get }

    /// The value at `node`; nil when a fault was noted instead.
    ///
    /// - Throws: `SerializationException` when the JSON type is wrong.
    static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Self?

    /// Reads the value at `node` and stores it, the rules it breaks noted: whoever uses it checks the faults first.
    ///
    /// Required so that each type has a copy for itself: generic code looks up the type of every optional it holds.
    static func store<Root>(
        _ node: JSONNode, in root: inout Root, at path: any WritableKeyPath<Root, Self?> & Sendable,
        _ rules: [Rule<Self>], _ faults: inout Faults
    ) throws(DynamoError)

    /// The same for a member that must be there.
    static func store<Root>(
        _ node: JSONNode, in root: inout Root, at path: any WritableKeyPath<Root, Self> & Sendable,
        _ rules: [Rule<Self>], _ faults: inout Faults
    ) throws(DynamoError)

    /// As AWS prints it in messages, without quotes.
    var wireDescription: String { get }

    /// Whether the keys of a map of such values are attributes' names.
    static var isNamedByAttribute: Bool { get }
}

extension WireValue {
    package static var isNamedByAttribute: Bool { false }

    @inline(__always)
    package static func store<Root>(
        _ node: JSONNode, in root: inout Root, at path: any WritableKeyPath<Root, Self?> & Sendable,
        _ rules: [Rule<Self>], _ faults: inout Faults
    ) throws(DynamoError) {
        if let value = try read(node, rules, &faults) { root[keyPath: path] = value }
    }

    @inline(__always)
    package static func store<Root>(
        _ node: JSONNode, in root: inout Root, at path: any WritableKeyPath<Root, Self> & Sendable,
        _ rules: [Rule<Self>], _ faults: inout Faults
    ) throws(DynamoError) {
        if let value = try read(node, rules, &faults) { root[keyPath: path] = value }
    }

    @inline(__always)
    private static func read(
        _ node: JSONNode, _ rules: [Rule<Self>], _ faults: inout Faults
    ) throws(DynamoError) -> Self? {
        guard let value = try read(node, &faults) else { return nil }
        // Most have none, and a loop over them costs the look-up of its generic type.
        if !rules.isEmpty { check(value, rules, &faults) }
        return value
    }

    private static func check(_ value: Self, _ rules: [Rule<Self>], _ faults: inout Faults) {
        for rule in rules {
            for phrase in rule.phrases(value) {
                faults.note("'\(rule.shown?(value) ?? value.wireDescription)'", phrase, current: rule.current?(value))
            }
        }
    }
}

extension String: WireValue {
    package static var expected: ExpectedType { .string }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> String? {
        guard let text = node.string else { throw .unexpectedType(of: node, expected: .string) }
        return text
    }

    package var wireDescription: String { self }
}

/// The names of attributes, wherever a request has them.
package enum AttributeNames {
    /// Source: the service model's AttributeName; AWS's words: ExtendDB's issue 365 and ScyllaDB's test_limits.py.
    package static let bytesMax = 65_535
}

/// What a request holds as `Text` is an attribute's name.
extension Text: WireValue {
    package static var expected: ExpectedType { .string }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Text? {
        guard let text = try String.read(node, &faults) else { return nil }
        if text.utf8.count > AttributeNames.bytesMax { faults.noteLongName() }
        return Text(text)
    }

    package var wireDescription: String { string }
}

extension Int: WireValue {
    package static var expected: ExpectedType { .integer }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Int? {
        try integer(node, .integer)
    }

    static func integer(_ node: JSONNode, _ expected: ExpectedType) throws(DynamoError) -> Int {
        guard node.kind == .number else { throw .unexpectedType(of: node, expected: expected) }
        if let integer = node.integer { return integer }
        // A fraction is cut off, as Java's Number.intValue does; what is beyond 64 bits stays at the bound.
        guard let value = Double(String(decoding: node.raw, as: UTF8.self)) else {
            throw .unexpectedType(of: node, expected: expected)
        }
        return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? Int.min : Int.max)
    }

    package var wireDescription: String { String(self) }
}

extension Bool: WireValue {
    package static var expected: ExpectedType { .boolean }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Bool? {
        switch node.kind {
        case .true: return true
        case .false: return false
        default: throw .unexpectedType(of: node, expected: .boolean)
        }
    }

    package var wireDescription: String { self ? "true" : "false" }
}

extension Array: WireValue where Element: WireValue {
    package static var expected: ExpectedType { .list }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> [Element]? {
        guard node.kind == .array else { throw .unexpectedType(of: node, expected: .list) }
        var elements: [Element] = []
        let isOfStructures = Element.expected.isStructure
        for (index, element) in node.elements.enumerated() {
            guard element.kind != .null else { continue }
            faults.enter(.element(index))
            defer { faults.leave() }
            if isOfStructures, element.kind != .object {
                throw .unexpectedElementType(of: element, expected: Element.expected)
            }
            if let value = try Element.read(element, &faults) { elements.append(value) }
        }
        return elements
    }

    package var wireDescription: String { "[\(WireDescription.joined(self) { $0.wireDescription })]" }
}

/// A body of 16 MB can hold five million empty structures, each of which AWS prints in fifty letters.
private enum WireDescription {
    /// Messages are whole up to this many bytes; nobody reads one beyond it to its end.
    static let bytesMax = 1 << 20

    static func joined<Elements: Collection>(
        _ elements: Elements, _ describe: (Elements.Element) -> String
    ) -> String {
        var text = ""
        for (index, element) in elements.enumerated() {
            guard text.utf8.count < bytesMax else { return text + ", …" }
            if index > 0 { text += ", " }
            text += describe(element)
        }
        return text
    }
}

/// A map whose order is the request's: `{name: value}`.
package struct WireMap<Value: WireValue>: WireValue {
    package var entries: [(key: Text, value: Value)]

    package init(entries: [(key: Text, value: Value)] = []) { self.entries = entries }

    package static var expected: ExpectedType { .map(Value.expected) }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> WireMap? {
        guard node.kind == .object else { throw .unexpectedType(of: node, expected: expected) }
        var map = WireMap()
        let isOfStructures = Value.expected.isStructure
        for (key, value) in node.memberNodes where value.kind != .null {
            let name = key.string ?? ""
            faults.enter(.key(name))
            faults.enter(.value)
            defer {
                faults.leave()
                faults.leave()
            }
            if isOfStructures, value.kind != .object {
                throw .unexpectedElementType(of: value, expected: Value.expected)
            }
            if Value.isNamedByAttribute, name.utf8.count > AttributeNames.bytesMax { faults.noteLongName() }
            guard let read = try Value.read(value, &faults) else { continue }
            map.entries.append((Text(name), read))
        }
        map.keepLastOfEqual()
        return map
    }

    /// Of equal names the last counts. A body holds a million of them, so they are not looked for one by one.
    private mutating func keepLastOfEqual() {
        guard entries.count > 1 else { return }
        if entries.count == 2, entries[0].key != entries[1].key { return }
        guard Set(entries.map(\.key)).count < entries.count else { return }
        var seen: Set<Text> = []
        entries = entries.reversed().filter { seen.insert($0.key).inserted }.reversed()
    }

    package var wireDescription: String {
        "{\(WireDescription.joined(entries) { "\($0.key.string)=\($0.value.wireDescription)" })}"
    }

    package subscript(_ key: Text) -> Value? { entries.first { $0.key == key }?.value }
}

extension WireItem: WireValue {
    package static var expected: ExpectedType { .attributeMap }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> WireItem? {
        let item = try WireItem(reading: node)
        if item.hasLongName { faults.noteLongName() }
        if item.faults.areBeyondCurrent { faults.tellOlderWords() }
        return item
    }

    package var wireDescription: String { bytes.wireDescription }
}

extension WireAttributeValue: WireValue {
    package static var expected: ExpectedType { .structure("AttributeValue") }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> WireAttributeValue? {
        let value = try WireAttributeValue(reading: node)
        if value.hasLongName { faults.noteLongName() }
        if value.faults.areBeyondCurrent { faults.tellOlderWords() }
        return value
    }

    package var wireDescription: String { "AttributeValue()" }
}

extension WireParameter: WireValue {
    package static var expected: ExpectedType { WireAttributeValue.expected }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> WireParameter? {
        let parameter = try WireParameter(reading: node)
        if parameter.value.hasLongName { faults.noteLongName() }
        return parameter
    }

    package var wireDescription: String { value.wireDescription }
}

extension ItemBytes {
    /// As AWS's Java prints a map of attribute values.
    package var wireDescription: String {
        let members = decoded().sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.wireDescription)" }
        return "{\(members.joined(separator: ", "))}"
    }
}

extension AttributeValue {
    /// As AWS's Java prints one: `AttributeValue(s=x, n=null, …)`.
    package var wireDescription: String {
        func slot(_ name: String, _ kind: Kind, _ text: @autoclosure () -> String) -> String {
            "\(name)=\(self.kind == kind ? text() : "null")"
        }
        let canonical = {
            var bytes: [UInt8] = []
            self.write(to: &bytes)
            // Between the type descriptor's colon and the closing brace.
            let start = (bytes.firstIndex(of: UInt8(ascii: ":")) ?? 0) + 1
            return String(decoding: bytes[start...].dropLast(), as: UTF8.self)
        }
        func plain() -> String {
            switch self {
            case .string(let text): text.string
            case .number(let number): number.description
            case .list(let values): "[\(values.map(\.wireDescription).joined(separator: ", "))]"
            case .map(let members): ItemBytes(members).wireDescription
            default: canonical()
            }
        }
        return "AttributeValue("
            + [
                slot("s", .string, plain()), slot("n", .number, plain()), slot("b", .binary, plain()),
                slot("sS", .stringSet, plain()), slot("nS", .numberSet, plain()), slot("bS", .binarySet, plain()),
                slot("m", .map, plain()), slot("l", .list, plain()), slot("nULL", .null, plain()),
                slot("bOOL", .bool, plain()),
            ].joined(separator: ", ") + ")"
    }
}

import DyadModel

extension FilterPattern {
    /// - Throws: for what is no JSON, no object, has an empty part, or a rule that Lambda does not know.
    package init(parsing text: String) throws(InvalidFilter) {
        guard let root = try? JSONDocument(parsing: Array(text.utf8)).root else { throw InvalidFilter() }
        try self.init(reading: root)
    }

    private init(reading node: JSONNode) throws(InvalidFilter) {
        guard node.kind == .object, !node.isEmpty else { throw InvalidFilter() }
        fields = []
        for (name, value) in node.members { fields.append(Field(name: name, want: try Self.want(name, value))) }
    }

    private static func want(_ name: String, _ value: JSONNode) throws(InvalidFilter) -> Want {
        switch value.kind {
        case .object: return .nested(try FilterPattern(reading: value))
        case .array where name == "$or":
            var patterns: [FilterPattern] = []
            for element in value.elements { patterns.append(try FilterPattern(reading: element)) }
            guard patterns.count > 1 else { throw InvalidFilter() }
            return .either(patterns)
        case .array:
            var rules: [FilterRule] = []
            for element in value.elements { rules.append(try FilterRule(reading: element)) }
            guard !rules.isEmpty else { throw InvalidFilter() }
            return .any(rules)
        default: throw InvalidFilter()
        }
    }
}

extension FilterRule {
    init(reading node: JSONNode) throws(InvalidFilter) {
        guard node.kind == .object else {
            self = try Self.literal(node)
            return
        }
        var members = node.memberNodes
        guard let (key, value) = members.next(), members.next() == nil, let name = key.string else {
            throw InvalidFilter()
        }
        switch (name, value.kind) {
        case ("exists", .true): self = .exists(true)
        case ("exists", .false): self = .exists(false)
        case ("numeric", .array): self = .numeric(try Self.bounds(value))
        case ("anything-but", _): self = .anythingBut(try Self.excluded(value))
        default: self = try Self.ofText(name, value)
        }
    }

    private static func literal(_ node: JSONNode) throws(InvalidFilter) -> FilterRule {
        switch node.kind {
        case .string: .string(node.string ?? "")
        case .number: .number(String(decoding: node.raw, as: UTF8.self))
        case .true: .bool(true)
        case .false: .bool(false)
        case .null: .null
        case .object, .array: throw InvalidFilter()
        }
    }

    private static func ofText(_ name: String, _ value: JSONNode) throws(InvalidFilter) -> FilterRule {
        guard let text = value.string else { throw InvalidFilter() }
        switch name {
        case "prefix": return .prefix(text)
        case "suffix": return .suffix(text)
        case "equals-ignore-case": return .equalsIgnoringCase(text)
        default: throw InvalidFilter()
        }
    }

    /// A value, values, or a rule of texts with one or several of them.
    private static func excluded(_ node: JSONNode) throws(InvalidFilter) -> [FilterRule] {
        var rules: [FilterRule] = []
        switch node.kind {
        case .array: for element in node.elements { rules.append(try literal(element)) }
        case .object:
            var members = node.memberNodes
            guard let (key, value) = members.next(), members.next() == nil, let name = key.string else {
                throw InvalidFilter()
            }
            if value.kind == .array {
                for element in value.elements { rules.append(try ofText(name, element)) }
            } else {
                rules.append(try ofText(name, value))
            }
        default: rules.append(try literal(node))
        }
        guard !rules.isEmpty, !rules.contains(.null) else { throw InvalidFilter() }
        return rules
    }

    /// `[">", 0, "<=", 5]`
    private static func bounds(_ node: JSONNode) throws(InvalidFilter) -> [Bound] {
        let parts = node.elements.map { $0 }
        guard parts.count == 2 || parts.count == 4 else { throw InvalidFilter() }
        var bounds: [Bound] = []
        for place in stride(from: 0, to: parts.count, by: 2) {
            guard let comparison = parts[place].string.flatMap(Bound.Comparison.init), parts[place + 1].kind == .number,
                let limit = Double(String(decoding: parts[place + 1].raw, as: UTF8.self))
            else { throw InvalidFilter() }
            bounds.append(Bound(comparison: comparison, limit: limit))
        }
        return bounds
    }
}

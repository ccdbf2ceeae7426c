import DyadModel

/// A policy's JSON, read with the few questions that its grammar asks.
struct PolicyJSON {
    let root: JSONNode

    /// Nil for what is no JSON object, or names a member twice.
    init?(_ text: String) {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)), Self.isObject(document.root) else {
            return nil
        }
        root = document.root
    }

    static func isObject(_ node: JSONNode) -> Bool {
        guard node.kind == .object else { return false }
        var seen: Set<Text> = []
        return node.members.allSatisfy { seen.insert(Text($0.name)).inserted }
    }

    /// The statements: one alone may stand without a list. Nil where anything else stands.
    var statements: [JSONNode]? {
        guard let node = root["Statement"] else { return nil }
        let statements = node.kind == .object ? [node] : Array(node.elements)
        guard node.kind == .object || node.kind == .array, statements.allSatisfy(Self.isObject) else { return nil }
        return statements
    }

    /// A string, or a list of them; nil for anything else.
    static func strings(_ node: JSONNode?) -> [String]? {
        guard let node else { return nil }
        if let text = node.string { return [text] }
        guard node.kind == .array else { return nil }
        var strings: [String] = []
        for element in node.elements {
            guard let text = element.string else { return nil }
            strings.append(text)
        }
        return strings
    }

    /// True when the member is not there, or is a string or a list of them.
    static func isStrings(_ statement: JSONNode, _ member: String) -> Bool {
        statement[member] == nil || strings(statement[member]) != nil
    }

    /// The characters that quotas count: white space is free.
    static func size(of text: String) -> Int {
        text.utf8.count { !($0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D) }
    }
}

/// The conditions of a statement: operators, keys, values.
enum PolicyCondition {
    private static let operators: Set<String> = [
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
        "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
        "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
        "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
        "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
    ]

    /// The operator without `ForAnyValue:`, `ForAllValues:` and `IfExists`.
    static func bare(_ name: String) -> String {
        var bare = name[...]
        for prefix in ["ForAnyValue:", "ForAllValues:"] where bare.hasPrefix(prefix) {
            bare = bare.dropFirst(prefix.count)
            break
        }
        if bare.hasSuffix("IfExists") { bare = bare.dropLast("IfExists".count) }
        return String(bare)
    }

    /// Whether a condition is one by its form. An operator that there is none of is allowed as long as it says nothing.
    static func isWellFormed(_ node: JSONNode?) -> Bool {
        guard let node else { return true }
        guard PolicyJSON.isObject(node) else { return false }
        return node.members.allSatisfy { name, keys in
            guard PolicyJSON.isObject(keys) else { return false }
            guard operators.contains(bare(name)) || keys.isEmpty else { return false }
            return keys.members.allSatisfy { isValue($0.value) }
        }
    }

    private static func isValue(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .string, .number, .true, .false: true
        case .array: node.elements.allSatisfy { $0.kind != .array && isValue($0) }
        case .object, .null: false
        }
    }

    /// Whether what dates are compared with are dates: ISO 8601, or seconds since 1970.
    static func hasDates(_ node: JSONNode?) -> Bool {
        guard let node else { return true }
        return node.members.allSatisfy { name, keys in
            guard bare(name).hasPrefix("Date") else { return true }
            return keys.members.allSatisfy { _, value in
                (value.kind == .array ? Array(value.elements) : [value]).allSatisfy { node in
                    guard let text = node.string else { return node.kind == .number }
                    return isDate(text)
                }
            }
        }
    }

    /// `2026`, `2026-11-28`, `2026-11-28T02:41:00Z`, `…:00.5+01:00`, `1795833660`.
    private static func isDate(_ text: String) -> Bool {
        let halves = text.lowercased().split(separator: "t", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = halves.first, !date.isEmpty else { return false }
        if halves.count == 1, date.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) { return Int64(date) != nil }
        let parts = date.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 3, isNumber(parts[0], 0...292_278_993) else { return false }
        guard parts.count < 2 || isNumber(parts[1], 1...12), parts.count < 3 || isNumber(parts[2], 1...31) else {
            return false
        }
        return halves.count == 1 || isTime(halves[1])
    }

    private static func isTime(_ text: Substring) -> Bool {
        var zone = text.drop { !"z+-".contains($0) }
        let time = text.prefix { !"z+-".contains($0) }
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3, isNumber(parts[0], 0...23), parts.count < 2 || isNumber(parts[1], 0...59) else {
            return false
        }
        if parts.count == 3 {
            let second = parts[2].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard isNumber(second[0], 0...59), second.count == 1 || isNumber(second[1], 0...999_999_999) else {
                return false
            }
        }
        guard let sign = zone.popFirst() else { return true }
        if sign == "z" { return zone.isEmpty }
        let offset = zone.split(separator: ":", omittingEmptySubsequences: false)
        return (1...2).contains(offset.count) && isNumber(offset[0], 0...23)
            && (offset.count == 1 || isNumber(offset[1], 0...59))
    }

    private static func isNumber(_ text: Substring, _ range: ClosedRange<Int>) -> Bool {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = Int(text) else {
            return false
        }
        return range.contains(number)
    }
}

import DyadModel

/// What a pattern wants of one value: an element of the array that stands for a field.
///
/// Docs, "Filter rule syntax": the rules that Lambda knows are a part of EventBridge's.
indirect enum FilterRule: Sendable, Equatable {
    case string(String)
    /// Compared by its text: 300 is not 3.0e2.
    case number(String)
    case bool(Bool)
    case null
    case prefix(String)
    case suffix(String)
    case equalsIgnoringCase(String)
    /// All of these hold.
    case numeric([Bound])
    /// A value is there, and it is none of these.
    case anythingBut([FilterRule])
    /// Whether there is a value that is no object.
    case exists(Bool)

    struct Bound: Sendable, Equatable {
        enum Comparison: String, Sendable { case less = "<", atMost = "<=", equal = "=", more = ">", atLeast = ">=" }
        var comparison: Comparison
        var limit: Double

        func holds(for value: Double) -> Bool {
            switch comparison {
            case .less: value < limit
            case .atMost: value <= limit
            case .equal: value == limit
            case .more: value > limit
            case .atLeast: value >= limit
            }
        }
    }

    /// - Parameter value: nil when the field is not there. Of an array any element will do.
    func matches(_ value: JSONNode?) -> Bool {
        if case .exists(let wanted) = self { return wanted == (value.map { $0.kind != .object } ?? false) }
        guard let value else { return false }
        guard value.kind == .array else { return matches(leaf: value) }
        return value.elements.contains { matches($0) }
    }

    private func matches(leaf: JSONNode) -> Bool {
        switch self {
        case .null: return leaf.kind == .null
        case .bool(let wanted): return leaf.kind == (wanted ? .true : .false)
        case .number(let text): return leaf.kind == .number && leaf.raw.elementsEqual(text.utf8)
        case .numeric(let bounds):
            // The numbers of items are strings in a record: they are never in a range (docs, "Using event filtering with a
            // DynamoDB event source").
            guard leaf.kind == .number, let value = Double(String(decoding: leaf.raw, as: UTF8.self)) else {
                return false
            }
            return bounds.allSatisfy { $0.holds(for: value) }
        case .anythingBut(let others): return leaf.kind != .object && !others.contains { $0.matches(leaf) }
        case .string, .prefix, .suffix, .equalsIgnoringCase: return leaf.string.map { matches(text: $0) } ?? false
        case .exists: return false
        }
    }

    /// Bytes are compared: Swift takes different spellings of a letter for equal.
    private func matches(text: String) -> Bool {
        switch self {
        case .string(let wanted): Text(wanted) == Text(text)
        case .prefix(let start): text.utf8.starts(with: start.utf8)
        case .suffix(let end): text.utf8.reversed().starts(with: end.utf8.reversed())
        case .equalsIgnoringCase(let wanted): Text(wanted.lowercased()) == Text(text.lowercased())
        default: false
        }
    }
}

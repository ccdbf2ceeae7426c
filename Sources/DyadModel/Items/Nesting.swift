/// How deep values may nest. Whatever walks a value recurses, so that this is also what keeps a thread's stack whole.
package enum Nesting {
    /// Values in each other, the attribute being level 1 and the innermost value the last. Source: docs, "Constraints in
    /// Amazon DynamoDB", nested attribute depth; dynamodb-conformance, limits/nestingDepth: a string in 31 maps is
    /// legal, in 32 not.
    package static let levelsMax = 32

    /// Containers in each other, the most that AWS's newer layer reads. Source: dynamodb-conformance, limits/nestingDepth
    /// and validation-ordering/deepRequests: what nests 61 of them is refused by that layer, what nests 63 by the older.
    /// Nobody tried 62.
    private static let containersMaxOfCurrentLayer = 62

    /// - Parameters:
    ///   - content: of a list or a map.
    ///   - depth: the containers around that.
    static func isBeyondCurrentLayer(_ content: JSONNode, depth: Int) -> Bool {
        guard depth < containersMaxOfCurrentLayer else { return true }
        func isBeyond(_ value: JSONNode) -> Bool {
            guard value.kind == .object else { return false }
            return value.memberNodes.contains { key, inner in
                (inner.kind == .array && key.string == "L" || inner.kind == .object && key.string == "M")
                    && isBeyondCurrentLayer(inner, depth: depth + 1)
            }
        }
        return switch content.kind {
        case .array: content.elements.contains(where: isBeyond)
        case .object: content.memberNodes.contains { isBeyond($1) }
        default: false
        }
    }
}

extension Item {
    /// An update can put a legal value where it is too deep.
    ///
    /// - Throws: AWS's refusal of more than 32 levels.
    package func checkNesting() throws(DynamoError) {
        for value in values where value.nests(deeperThan: Nesting.levelsMax) { throw .nestingTooDeep }
    }
}

extension AttributeValue {
    /// Looks no deeper than `levels`.
    fileprivate func nests(deeperThan levels: Int) -> Bool {
        guard levels > 0 else { return true }
        return switch self {
        case .list(let elements): elements.contains { $0.nests(deeperThan: levels - 1) }
        case .map(let members): members.values.contains { $0.nests(deeperThan: levels - 1) }
        default: false
        }
    }
}

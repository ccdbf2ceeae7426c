/// How deep values may nest. Whatever walks a value recurses, so that this is also what keeps a thread's stack whole.
package enum Nesting {
    /// Lists and maps in each other. Source: docs, "Constraints in Amazon DynamoDB", nested attribute depth.
    package static let levelsMax = 32
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
        switch self {
        case .list(let elements): levels == 0 || elements.contains { $0.nests(deeperThan: levels - 1) }
        case .map(let members): levels == 0 || members.values.contains { $0.nests(deeperThan: levels - 1) }
        default: false
        }
    }
}

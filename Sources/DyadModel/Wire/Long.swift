/// What the service model calls a Long: a 64-bit integer whose type errors say so.
package struct Long: WireValue, Hashable {
    package let value: Int

    package init(_ value: Int) { self.value = value }

    package static var expected: ExpectedType { .long }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Long? {
        Long(try Int.integer(node, .long))
    }

    package var wireDescription: String { String(value) }
}

extension Rule where Value == Long {
    package static func atLeast(_ bound: Int) -> Rule {
        Rule { $0.value < bound ? ["Member must have value greater than or equal to \(bound)"] : [] }
    }
}

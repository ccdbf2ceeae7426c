/// A closed set of words. Declaration order is the order in which AWS lists them, which is not the service model's.
package protocol WireEnum: WireValue, CaseIterable, RawRepresentable where RawValue == String {}

extension WireEnum {
    package static var expected: ExpectedType { .string }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Self? {
        guard let word = try String.read(node, &faults) else { return nil }
        if let value = Self(rawValue: word) { return value }
        let words = allCases.map(\.rawValue).joined(separator: ", ")
        faults.note("'\(word)'", "Member must satisfy enum value set: [\(words)]")
        return nil
    }

    package var wireDescription: String { rawValue }
}

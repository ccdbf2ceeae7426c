/// What the service model calls a timestamp: seconds since 1970, as a number that may have a fraction.
extension Timestamp: WireValue {
    package static var expected: ExpectedType { .timestamp }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> Timestamp? {
        guard node.kind == .number, let seconds = Double(String(decoding: node.raw, as: UTF8.self)) else {
            throw .unexpectedType(of: node, expected: expected)
        }
        let milliseconds = (seconds * 1000).rounded()
        return Timestamp(milliseconds: Int64(exactly: milliseconds) ?? (seconds < 0 ? Int64.min : Int64.max))
    }

    package var wireDescription: String { String(Double(milliseconds) / 1000) }
}

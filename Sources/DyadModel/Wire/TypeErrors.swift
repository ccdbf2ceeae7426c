/// What a place in a request must hold, in the terms of AWS's type errors.
package enum ExpectedType: Sendable {
    case string, integer, long, double, boolean, binary, list, map, structure
}

extension DynamoError {
    /// The `SerializationException` that AWS gives when `node` stands where `expected` must.
    package static func unexpectedType(of node: JSONNode, expected: ExpectedType) -> DynamoError {
        .serialization("Unexpected field type")
    }
}

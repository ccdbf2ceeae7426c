/// What a place in a request must hold, in the terms of AWS's type errors.
package indirect enum ExpectedType: Sendable {
    case string, integer, long, timestamp, boolean, binary, list
    /// A structure by the service model's name.
    case structure(String)
    case map(ExpectedType)
    /// A map of attribute values: an item or a key.
    case attributeMap

    var isStructure: Bool {
        if case .structure = self { return true }
        return false
    }

    /// The Java class that AWS names.
    private var className: String {
        switch self {
        case .string: "java.lang.String"
        case .integer: "java.lang.Integer"
        case .long: "java.lang.Long"
        case .timestamp: "java.util.Date"
        case .boolean: "java.lang.Boolean"
        case .binary: "java.nio.ByteBuffer"
        case .list: "java.util.List"
        case .structure(let name): "com.amazonaws.dynamodb.v20120810.\(name)"
        case .map(let value): "java.util.Map<java.lang.String, \(value.className)>"
        case .attributeMap: ExpectedType.map(.structure("AttributeValue")).className
        }
    }

    private var shortName: String {
        switch self {
        case .string: "String"
        case .integer: "Integer"
        case .long: "Long"
        case .timestamp: "Date"
        default: "Boolean"
        }
    }

    /// Source of the words: dynalite's tests, which were run against AWS.
    fileprivate func message(for node: JSONNode) -> String {
        switch (self, node.kind) {
        case (.list, .object), (.string, .object), (.integer, .object), (.long, .object), (.timestamp, .object),
            (.boolean, .object), (.binary, .object):
            return "Start of structure or map found where not expected"
        case (.map, .array), (.attributeMap, .array): return "Unrecognized collection type \(className)"
        case (_, .array): return "Unrecognized collection type class \(className)"
        case (.boolean, .string): return "Unexpected token received from parser"
        case (.string, _), (.integer, _), (.long, _), (.timestamp, _), (.boolean, _):
            return "\(node.tokenName) cannot be converted to \(shortName)"
        case (.binary, _): return "only base-64-encoded strings are convertible to bytes"
        case (.attributeMap, _):
            let type = "sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl"
            return "class \(type) cannot be cast to class java.lang.Class (\(type) and java.lang.Class "
                + "are in module java.base of loader 'bootstrap')"
        default: return "Unexpected field type"
        }
    }
}

extension JSONNode {
    /// What AWS's parser calls the token.
    fileprivate var tokenName: String {
        switch kind {
        case .true: "TRUE_VALUE"
        case .false: "FALSE_VALUE"
        case .string: "STRING_VALUE"
        case .number:
            raw.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
                ? "DECIMAL_VALUE" : "NUMBER_VALUE"
        default: "NULL_VALUE"
        }
    }
}

extension DynamoError {
    /// The `SerializationException` that AWS gives when `node` stands where `expected` must.
    package static func unexpectedType(of node: JSONNode, expected: ExpectedType) -> DynamoError {
        .serialization(expected.message(for: node))
    }

    /// The same for an element of a list or a map, where AWS's words for structures differ.
    static func unexpectedElementType(of node: JSONNode, expected: ExpectedType) -> DynamoError {
        node.kind == .array
            ? unexpectedType(of: node, expected: expected) : .serialization("Unexpected value type in payload")
    }

    static func invalidBase64(_ text: some Collection<UInt8>) -> DynamoError {
        text.count % 4 == 0
            ? .serialization("Invalid last non-pad Base64 character dectected")
            : .serialization("Base64 encoded length is expected a multiple of 4 bytes but found: \(text.count)")
    }
}

package import DyadModel
import DyadStore

// The service model's structures that CreateTable and UpdateTable share. Types have the model's names, since AWS's type
// errors say them.

package enum ScalarAttributeType: String, WireEnum { case B, N, S }
package enum KeyType: String, WireEnum { case hash = "HASH", range = "RANGE" }
package enum ProjectionType: String, WireEnum { case all = "ALL", include = "INCLUDE", keysOnly = "KEYS_ONLY" }
package enum BillingMode: String, WireEnum { case provisioned = "PROVISIONED", payPerRequest = "PAY_PER_REQUEST" }
package enum SSEType: String, WireEnum { case aes256 = "AES256", kms = "KMS" }
package enum StreamViewType: String, WireEnum {
    case oldImage = "OLD_IMAGE", keysOnly = "KEYS_ONLY", newAndOldImages = "NEW_AND_OLD_IMAGES", newImage = "NEW_IMAGE"

    var view: TableRecord.StreamView {
        switch self {
        case .newImage: .newImage
        case .oldImage: .oldImage
        case .newAndOldImages: .newAndOldImages
        case .keysOnly: .keysOnly
        }
    }
}

/// The order of the members is AWS's: the type before the name.
package struct AttributeDefinition: WireStructure {
    package var attributeName = Text("")
    package var attributeType = ScalarAttributeType.S
    package init() {}
    package static let shape = Shape<Self>(
        .required("AttributeType", \.attributeType),
        .required("AttributeName", \.attributeName, .textLength(1...255)))

    var attribute: KeySchema.Attribute {
        switch attributeType {
        case .S: KeySchema.Attribute(attributeName, .string)
        case .N: KeySchema.Attribute(attributeName, .number)
        case .B: KeySchema.Attribute(attributeName, .binary)
        }
    }
}

package struct KeySchemaElement: WireStructure {
    package var attributeName = Text("")
    package var keyType = KeyType.hash
    package init() {}
    package static let shape = Shape<Self>(
        .required("AttributeName", \.attributeName, .textLength(1...255)),
        .required("KeyType", \.keyType))
}

package struct Projection: WireStructure {
    package var projectionType: ProjectionType?
    package var nonKeyAttributes: [NonKeyAttribute]?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("ProjectionType", \.projectionType),
        .optional("NonKeyAttributes", \.nonKeyAttributes, .count(1...20)))
}

/// An attribute's name in a list, where the constraint is told of the element.
package struct NonKeyAttribute: WireValue {
    let name: Text

    package static var expected: ExpectedType { .string }

    package static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> NonKeyAttribute? {
        guard let name = try Text.read(node, &faults) else { return nil }
        for phrase in Rule<Text>.textLength(1...255).phrases(name) { faults.note("'\(name)'", phrase) }
        return NonKeyAttribute(name: name)
    }

    package var wireDescription: String { name.string }
}

/// The order of the members is AWS's: writes before reads.
package struct ProvisionedThroughput: WireStructure {
    package var readCapacityUnits = Long(0)
    package var writeCapacityUnits = Long(0)
    package init() {}
    package static let shape = Shape<Self>(
        .required("WriteCapacityUnits", \.writeCapacityUnits, .atLeast(1)),
        .required("ReadCapacityUnits", \.readCapacityUnits, .atLeast(1)))

    var units: TableRecord.Units { TableRecord.Units(read: readCapacityUnits.value, write: writeCapacityUnits.value) }
}

package struct OnDemandThroughput: WireStructure {
    package var maxReadRequestUnits: Long?
    package var maxWriteRequestUnits: Long?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("MaxReadRequestUnits", \.maxReadRequestUnits),
        .optional("MaxWriteRequestUnits", \.maxWriteRequestUnits))

    var isEmpty: Bool { maxReadRequestUnits == nil && maxWriteRequestUnits == nil }
}

/// Without rules: whatever is too low, AWS says in words of its own, see `CapacityRules`.
package struct WarmThroughput: WireStructure {
    package var readUnitsPerSecond: Long?
    package var writeUnitsPerSecond: Long?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("ReadUnitsPerSecond", \.readUnitsPerSecond),
        .optional("WriteUnitsPerSecond", \.writeUnitsPerSecond))

    var isEmpty: Bool { readUnitsPerSecond == nil && writeUnitsPerSecond == nil }
}

package struct StreamSpecification: WireStructure {
    package var streamEnabled = false
    package var streamViewType: StreamViewType?
    package init() {}
    package static let shape = Shape<Self>(
        .required("StreamEnabled", \.streamEnabled),
        .optional("StreamViewType", \.streamViewType))
}

package struct SSESpecification: WireStructure {
    package var enabled: Bool?
    package var sseType: SSEType?
    package var kmsMasterKeyID: String?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("Enabled", \.enabled),
        .optional("SSEType", \.sseType),
        .optional("KMSMasterKeyId", \.kmsMasterKeyID, .length(1...Int.max)))
}

package struct Tag: WireStructure {
    package var key: String?
    package var value: String?
    package init() {}
    /// Without rules: AWS tells of keys and values in words of their own, see `TagRules`.
    package static let shape = Shape<Self>(
        .optional("Key", \.key),
        .optional("Value", \.value))
}

package struct LocalSecondaryIndex: WireStructure {
    package var indexName = ""
    package var keySchema: [KeySchemaElement] = []
    package var projection = Projection()
    package init() {}
    package static let shape = Shape<Self>(
        .required("IndexName", \.indexName, .indexName),
        .required("KeySchema", \.keySchema, .count(1...2)),
        .required("Projection", \.projection))
}

package struct GlobalSecondaryIndex: WireStructure {
    package var indexName = ""
    package var keySchema: [KeySchemaElement] = []
    package var projection = Projection()
    package var provisionedThroughput: ProvisionedThroughput?
    package var onDemandThroughput: OnDemandThroughput?
    package var warmThroughput: WarmThroughput?
    package init() {}
    package static let shape = Shape<Self>(
        .required("IndexName", \.indexName, .indexName),
        .optional("ProvisionedThroughput", \.provisionedThroughput),
        .required("KeySchema", \.keySchema, .count(1...Int.max)),
        .required("Projection", \.projection),
        .optional("OnDemandThroughput", \.onDemandThroughput),
        .optional("WarmThroughput", \.warmThroughput))
}

extension Rule where Value == Text {
    static func textLength(_ range: ClosedRange<Int>) -> Rule {
        Rule { Rule<String>.length(range).phrases($0.string) }
    }
}

extension Rule where Value == String {
    /// 3 to 255 letters, digits, underscores, dashes and dots; both rules are told of a name that breaks both.
    package static let indexName = Rule { namePattern.phrases($0) + length(3...255).phrases($0) }
}

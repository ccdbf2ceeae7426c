import DyadModel

/// The attributes that a request defines, and the rules for keys made of them, in AWS's order.
struct KeyDefinitions {
    let attributes: [KeySchema.Attribute]

    init(_ definitions: [AttributeDefinition]) { attributes = definitions.map(\.attribute) }

    init(_ attributes: [KeySchema.Attribute]) { self.attributes = attributes }

    /// - Throws: when a name is defined twice.
    func checkUnique() throws(DynamoError) {
        var seen: Set<Text> = []
        for attribute in attributes where !seen.insert(attribute.name).inserted {
            throw .validation("Attribute Name is duplicated: \(attribute.name)")
        }
    }

    /// A table's key.
    func tableKey(_ elements: [KeySchemaElement]) throws(DynamoError) -> KeySchema {
        guard elements.count <= attributes.count else {
            throw .validation("Invalid KeySchema: Some index key attribute have no definition")
        }
        return try key(elements)
    }

    /// A key of a table or a local index: every attribute defined, names different, one HASH, then at most one RANGE.
    func key(_ elements: [KeySchemaElement]) throws(DynamoError) -> KeySchema {
        let found = try defined(elements)
        guard found.count < 2 || found[0].name != found[1].name else {
            throw .validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
        }
        try Self.checkFirst(elements)
        guard elements.count < 2 || elements[1].keyType == .range else {
            throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
        }
        return KeySchema(partition: Array(found.prefix(1)), sort: Array(found.dropFirst()))
    }

    /// A key of a global index: up to four HASH, then up to four RANGE.
    ///
    /// Words: ack-api-quirks 123, 124 and 442, verified in us-west-2 and us-east-1. Their order is taken from `key`'s.
    func globalKey(_ elements: [KeySchemaElement]) throws(DynamoError) -> KeySchema {
        let found = try defined(elements)
        guard Set(found.map(\.name)).count == found.count else {
            throw .validation("The KeySchema contains multiple key attributes with the same name")
        }
        try Self.checkFirst(elements)
        let partitionCount = elements.prefix { $0.keyType == .hash }.count
        guard elements.dropFirst(partitionCount).allSatisfy({ $0.keyType == .range }) else {
            throw .invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
        }
        for (type, count) in [(KeyType.hash, partitionCount), (.range, elements.count - partitionCount)]
        where count > Self.globalPartMax {
            throw .invalid("The KeySchema exceeds the maximum allowed number of \(type.rawValue) key attributes")
        }
        return KeySchema(partition: Array(found.prefix(partitionCount)), sort: Array(found.dropFirst(partitionCount)))
    }

    /// Attributes that make up a global index's partition key, and as many again its sort key. Source: docs, "Using
    /// Global Secondary Indexes", multi-attribute key schema.
    static let globalPartMax = 4

    private func defined(_ elements: [KeySchemaElement]) throws(DynamoError) -> [KeySchema.Attribute] {
        let names = elements.map(\.attributeName)
        var found: [KeySchema.Attribute] = []
        for name in names {
            guard let attribute = attributes.first(where: { $0.name == name }) else {
                throw .invalid(
                    "Some index key attributes are not defined in AttributeDefinitions. "
                        + "Keys: \(listed(names)), AttributeDefinitions: \(listed(attributes.map(\.name)))")
            }
            found.append(attribute)
        }
        return found
    }

    private static func checkFirst(_ elements: [KeySchemaElement]) throws(DynamoError) {
        guard elements.first?.keyType == .hash else {
            throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
        }
    }

    /// - Throws: when there is a definition that no key has use for.
    func checkUsed(by names: [Text]) throws(DynamoError) {
        var used: [Text] = []
        for name in names where !used.contains(name) { used.append(name) }
        guard attributes.allSatisfy({ used.contains($0.name) }) else {
            throw .invalid(
                "Some AttributeDefinitions are not used. AttributeDefinitions: \(listed(attributes.map(\.name))), "
                    + "keys used: \(listed(used))")
        }
    }
}

/// `[a, b]`
func listed(_ names: [Text]) -> String { "[\(names.map(\.string).joined(separator: ", "))]" }

extension DynamoError {
    /// `One or more parameter values were invalid: …`
    static func invalid(_ message: String) -> DynamoError {
        .validation("One or more parameter values were invalid: \(message)")
    }
}

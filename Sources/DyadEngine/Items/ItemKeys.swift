import DyadModel
import DyadStore

extension TableRecord {
    /// Where an item that is put belongs.
    ///
    /// - Throws: AWS's words for a key attribute that is missing, of another type, empty or too long.
    func key(ofItem item: ItemBytes) throws(DynamoError) -> StorageKey {
        try storageKey(key) { (attribute) throws(DynamoError) in
            guard let value = item.rawValue(named: attribute.name) else {
                throw .invalidValue("Missing the key \(attribute.name) in the item")
            }
            guard let component = KeyComponent(canonical: value, type: attribute.type) else {
                throw .invalidValue(
                    "Type mismatch for key \(attribute.name) expected: \(attribute.type.rawValue) "
                        + "actual: \(CanonicalReader.kind(of: value).rawValue)")
            }
            return component
        }
    }

    /// Where the item lies that a `Key` names: exactly the table's key attributes, of their types.
    func key(named item: ItemBytes) throws(DynamoError) -> StorageKey {
        let key = key
        guard item.attributeCount == key.attributes.count else { throw .keyMismatch }
        return try storageKey(key) { (attribute) throws(DynamoError) in
            guard let value = item.rawValue(named: attribute.name),
                let component = KeyComponent(canonical: value, type: attribute.type)
            else { throw .keyMismatch }
            return component
        }
    }

    // Takes the key's schema, and that its attributes, once: every look at them counts a reference that all event loops count.
    private func storageKey(
        _ key: KeySchema, _ component: (KeySchema.Attribute) throws(DynamoError) -> KeyComponent
    ) throws(DynamoError) -> StorageKey {
        let attributes = key.attributes
        var components: [KeyComponent] = []
        components.reserveCapacity(attributes.count)
        for attribute in attributes { components.append(try component(attribute)) }
        if let empty = components.firstIndex(where: { $0.bytes.isEmpty }) { throw .emptyKey(attributes[empty]) }
        let partition = components[..<key.partitionCount]
        let sort = components[key.partitionCount...]
        try KeyLimits.check(partition: partition)
        try KeyLimits.check(sort: sort)
        return StorageKey(space: space, partition: partition, sort: sort)
    }

    /// The item's key attributes alone.
    func keyAttributes(of item: ItemBytes) -> ItemBytes {
        let names = key.attributes.map(\.name)
        return item.picking { names.contains($0) }
    }

    /// What AWS refuses of a put item's index keys: another type than the index's, or an empty value. Attributes that
    /// are missing are fine; the item is then not in the index.
    func checkIndexKeys(of item: ItemBytes) throws(DynamoError) {
        for index in indexesByName {
            for attribute in index.key.attributes where !key.attributes.contains(attribute) {
                guard let value = item.rawValue(named: attribute.name) else { continue }
                try index.check(CanonicalReader.value(value), for: attribute)
            }
            try index.checkLength { item.attribute(named: $0) }
        }
    }
}

extension IndexRecord {
    func check(_ value: AttributeValue, for attribute: KeySchema.Attribute) throws(DynamoError) {
        guard value.kind.rawValue == attribute.type.rawValue else {
            throw .invalidValue(
                "Type mismatch for Index Key \(attribute.name) Expected: \(attribute.type.rawValue) "
                    + "Actual: \(value.kind.rawValue) IndexName: \(name)")
        }
        guard let component = KeyComponent(value) else { return }
        if component.bytes.isEmpty {
            throw .validation(
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                    + "supported. The AttributeValue for a key attribute cannot contain an empty "
                    + "\(attribute.type == .string ? "string" : "binary") value. "
                    + "IndexName: \(name), IndexKey: \(attribute.name)")
        }
        if key.partition.contains(attribute) {
            try KeyLimits.check(partition: [component])
        } else {
            try KeyLimits.check(sort: [component])
        }
    }

    /// Refuses attributes each of which may be in a key of several, but not all together.
    ///
    /// - Parameter value: an item's attributes.
    func checkLength(_ value: (Text) -> AttributeValue?) throws(DynamoError) {
        func components(_ attributes: [KeySchema.Attribute]) -> [KeyComponent] {
            attributes.count < 2 ? [] : attributes.compactMap { value($0.name).flatMap { KeyComponent($0) } }
        }
        try KeyLimits.check(partition: components(key.partition))
        try KeyLimits.check(sort: components(key.sort))
    }
}

extension AttributeValue {
    /// An empty string or binary of the attribute's type: a value, but none for a key.
    func isEmpty(keyFor attribute: KeySchema.Attribute) -> Bool {
        kind.rawValue == attribute.type.rawValue && KeyComponent(self)?.bytes.isEmpty == true
    }
}

extension DynamoError {
    /// Source: dynamodb-conformance, error-messages/transactWriteItems, captured from eu-west-2.
    static func emptyIndexKeyOfUpdate(_ attribute: KeySchema.Attribute) -> DynamoError {
        .validation(
            "One or more parameter values are not valid. The update expression attempted to update a secondary index "
                + "key to a value that is not supported. The AttributeValue for a key attribute cannot contain an "
                + "empty \(attribute.type == .string ? "string" : "binary") value.")
    }

    static let keyMismatch = DynamoError.validation("The provided key element does not match the schema")

    static func emptyKey(_ attribute: KeySchema.Attribute) -> DynamoError {
        .validation(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                + "empty \(attribute.type == .string ? "string" : "binary") value. Key: \(attribute.name)")
    }
}

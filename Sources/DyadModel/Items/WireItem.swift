/// An item or key map as a request brought it: canonical bytes and size, or the first thing wrong with a value in it.
///
/// AWS looks at a request's types before anything else and at the values in it only after the constraints of its
/// other parameters. So a type error throws while the request is read, and a bad value is kept here until asked for.
package struct WireItem: Sendable {
    package let bytes: ItemBytes
    /// By AWS's rules for item sizes, in bytes, attribute names included.
    package let size: Int
    /// The first invalid value, in the order of the request.
    package let faults: ValueFaults
    /// AWS refuses that together with the constraints, before any invalid value.
    let hasLongName: Bool

    /// - Throws: `SerializationException` when a member has a type that the service model does not allow.
    package init(reading node: JSONNode) throws(DynamoError) {
        // Canonical bytes are hardly ever longer than what was sent.
        var encoder = ItemEncoder(capacity: node.raw.count)
        try encoder.map(node, depth: 0)
        bytes = ItemBytes(canonical: encoder.output)
        size = encoder.size
        faults = encoder.faults
        hasLongName = encoder.hasLongName
    }

    /// The bytes, if every value is valid.
    package func checked(_ layer: ValueLayer = .currentInOlderWords) throws(DynamoError) -> SizedItem {
        // What only values of expressions may do, an item may not in any layer.
        if let fault = faults[layer] ?? faults[.current] { throw fault }
        return SizedItem(bytes: bytes, size: size)
    }
}

/// One value as a request brought it, like `WireItem`.
package struct WireAttributeValue: Sendable {
    /// `{"S":"…"}`; only as good as the value is when there is a fault.
    package let canonical: [UInt8]
    package let size: Int
    package let faults: ValueFaults
    let hasLongName: Bool

    package init(reading node: JSONNode) throws(DynamoError) {
        try self.init(reading: node, ItemEncoder())
    }

    fileprivate init(reading node: JSONNode, _ encoder: ItemEncoder) throws(DynamoError) {
        var encoder = encoder
        try encoder.value(node, depth: 0)
        canonical = encoder.output
        size = encoder.size
        faults = encoder.faults
        hasLongName = encoder.hasLongName
    }

    package func checked(_ layer: ValueLayer = .currentInOlderWords) throws(DynamoError) -> AttributeValue {
        if let fault = faults[layer] { throw fault }
        return CanonicalReader.value(canonical[...])
    }
}

/// A parameter of a PartiQL statement: a value whose numbers are read as Java's BigDecimal reads them.
package struct WireParameter: Sendable {
    package let value: WireAttributeValue

    package init(reading node: JSONNode) throws(DynamoError) {
        var encoder = ItemEncoder()
        encoder.readsDecimals = true
        value = try WireAttributeValue(reading: node, encoder)
    }
}

/// A valid item: canonical bytes and their size by AWS's rules.
package struct SizedItem: Sendable, Hashable {
    package let bytes: ItemBytes
    package let size: Int

    package init(bytes: ItemBytes, size: Int) {
        self.bytes = bytes
        self.size = size
    }
}

import DyadLanguage
package import DyadModel

// What PutItem, UpdateItem and DeleteItem refuse before they look at a table. Of AWS's 33 regions 31 word it so: they
// look at the values in the current layer and put what they find in an envelope, which reads of that layer do without.
//
// Source: paritysuite/dynamodb-conformance, registry/splits, captures of September and October 2026, error-messages and
// validation-ordering of the three operations, error-messages/valueLayers.

/// A write of one item, outside of batches, transactions and statements.
package protocol ItemWriteOperation: WriteOperation where Input: ItemWriteInput {
    /// What `plan` of an operation is, its refusals bare and in the words of `layer`.
    static func plan(_ input: Input, _ layer: ValueLayer) throws(DynamoError) -> Plan
}

package protocol ItemWriteInput: WireStructure {
    /// Whether a value nests so deep that AWS reads the request in the older way, which has no envelope.
    var isBeyondCurrentLayer: Bool { get }
}

extension ItemWriteOperation {
    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        guard !input.isBeyondCurrentLayer else { return try plan(input, .currentInOlderWords) }
        do {
            return try plan(input, .current)
        } catch {
            throw error.inEnvelope
        }
    }
}

extension DynamoError {
    /// Limits and what is wrong with a value's form stay bare: dynoxide's tests, made after eu-west-2.
    private static let bareErrors = [
        ItemWrite.itemTooLarge, updatedItemTooLarge, valueWithoutType, valueOfSeveralTypes,
    ]

    fileprivate var inEnvelope: DynamoError {
        guard code == .validation, let message, !Self.bareErrors.contains(self) else { return self }
        return .validation("1 validation error detected: \(message)")
    }
}

enum ReturnValues: String, WireEnum {
    case allNew = "ALL_NEW"
    case updatedOld = "UPDATED_OLD"
    case allOld = "ALL_OLD"
    case none = "NONE"
    case updatedNew = "UPDATED_NEW"

    /// The missing D is AWS's.
    static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> ReturnValues? {
        try read(node, &faults, currentWords: "ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE")
    }
}

struct WriteConditionalOperator: WireValue {
    let value: ConditionalOperator

    static var expected: ExpectedType { .string }
    var wireDescription: String { value.rawValue }

    /// Source of the words: Query's in the current layer, which are bare. Those of a write are only known not to be the
    /// older ones.
    static func read(_ node: JSONNode, _ faults: inout Faults) throws(DynamoError) -> WriteConditionalOperator? {
        try ConditionalOperator.read(node, &faults, currentWords: "ALL, OR").map(WriteConditionalOperator.init)
    }
}

extension WireEnum {
    /// - Parameter currentWords: those that the newer layer names, in its order.
    fileprivate static func read(
        _ node: JSONNode, _ faults: inout Faults, currentWords: String
    ) throws(DynamoError) -> Self? {
        guard let word = try String.read(node, &faults) else { return nil }
        if let value = Self(rawValue: word) { return value }
        let words = allCases.map(\.rawValue).joined(separator: ", ")
        faults.note(
            "'\(word)'", "Member must satisfy enum value set: [\(words)]",
            current: "Failed to satisfy constraint: Member must satisfy enum value set: [\(currentWords)]")
        return nil
    }
}

// MARK: Values that nest beyond the current layer

extension WireMap<WireAttributeValue>? {
    var isBeyondCurrentLayer: Bool { self?.entries.contains { $0.value.faults.areBeyondCurrent } == true }
}

extension WireMap<ExpectedAttributeValue>? {
    var isBeyondCurrentLayer: Bool {
        self?.entries.contains { _, expected in
            expected.value?.faults.areBeyondCurrent == true
                || expected.attributeValueList?.contains { $0.faults.areBeyondCurrent } == true
        } == true
    }
}

extension WireMap<AttributeValueUpdate>? {
    var isBeyondCurrentLayer: Bool {
        self?.entries.contains { $0.value.value?.faults.areBeyondCurrent == true } == true
    }
}

package import DyadModel

/// The order is the one in which AWS lists the words.
package enum AttributeAction: String, WireEnum {
    case add = "ADD"
    case put = "PUT"
    case delete = "DELETE"
}

/// One attribute's change in AttributeUpdates, known to be legal.
package struct LegacyUpdate: Sendable {
    package let attribute: Text
    let change: UpdateAction.Change

    /// - Throws: when an action has no value, or one it is not for. Words: dynalite's tests.
    package init(
        _ attribute: Text, _ action: AttributeAction?, _ value: AttributeValue?
    ) throws(DynamoError) {
        self.attribute = attribute
        change = try Self.change(of: attribute, action ?? .put, value)
    }

    private static func change(
        of attribute: Text, _ action: AttributeAction, _ value: AttributeValue?
    ) throws(DynamoError) -> UpdateAction.Change {
        let invalid = "One or more parameter values were invalid: "
        guard let value else {
            guard action == .delete else {
                throw .validation(
                    invalid + "Only DELETE action is allowed when no attribute value is specified")
            }
            return .remove
        }
        switch (action, value) {
        case (.put, _): return .set(.operand(.value(value)))
        case (.delete, _):
            guard let members = SetValue(value) else {
                throw .validation(
                    invalid + "DELETE action with value is not supported for the type \(value.kind.rawValue)")
            }
            return .subtract(members)
        case (.add, .number(let number)): return .add(number)
        // Undocumented, and not so in expressions: ADD appends to a list (dynalite, compared with AWS).
        case (.add, .list):
            let present = UpdateOperand.ifNotExists(DocumentPath(root: attribute), .value(.list([])))
            return .set(.operand(.listAppend(present, .value(value))))
        case (.add, _):
            guard let members = SetValue(value) else {
                throw .validation(invalid + "ADD action is not supported for the type \(value.kind.rawValue)")
            }
            return .union(members)
        }
    }
}

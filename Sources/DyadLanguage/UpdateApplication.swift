import DyadModel

// An update is applied in two steps. First each action becomes an edit, read and checked against the old item alone;
// this may fail. Then the edits are made, all at once; this cannot fail, and indexes mean the old positions throughout.

enum UpdateEdit: Sendable, Hashable {
    case set(AttributeValue)
    case remove
}

extension UpdateAction {
    /// - Parameter old: the item before the update; nil for the value makes the attribute stay as it is.
    /// - Parameter isNew: no item exists; a REMOVE in a document that is not there is then no error.
    func edit(of old: Item, setting value: AttributeValue?, isNew: Bool) throws(DynamoError) -> UpdateEdit? {
        if !hasParent(in: old) {
            // ScyllaDB's test_nested_attribute_remove_from_missing_item: AWS does, and nobody knows why.
            if isNew, case .remove = change { return nil }
            throw .validation("The document path provided in the update expression is invalid for update")
        }
        let existing = path.value(in: old)
        switch change {
        case .set: return value.map(UpdateEdit.set)
        case .remove: return .remove
        case .add(let number):
            guard let existing else { return .set(.number(number)) }
            guard case .number(let sum) = existing else { throw .wrongUpdateOperand }
            return .set(.number(try sum.adding(number)))
        case .union(let members):
            guard let existing else { return .set(members.value) }
            guard let union = SetValue(existing)?.union(members) else { throw .wrongUpdateOperand }
            return .set(union.value)
        case .subtract(let members):
            guard let existing else { return nil }
            guard let rest = SetValue(existing)?.subtracting(members) else { throw .wrongUpdateOperand }
            return rest.map { .set($0.value) } ?? .remove
        }
    }

    /// Whether there is a map or list to hold what the last step names.
    private func hasParent(in old: Item) -> Bool {
        guard let last = path.steps.last else { return true }
        switch (last, DocumentPath(root: path.root, steps: path.steps.dropLast()).value(in: old)) {
        case (.attribute, .map), (.index, .list): return true
        default: return false
        }
    }
}

extension UpdateValue {
    func value(in old: Item) throws(DynamoError) -> AttributeValue {
        switch self {
        case .operand(let operand): try operand.value(in: old)
        case .sum(let left, let right): .number(try left.number(in: old).adding(right.number(in: old)))
        case .difference(let left, let right): .number(try left.number(in: old).subtracting(right.number(in: old)))
        }
    }
}

extension UpdateOperand {
    fileprivate func value(in old: Item) throws(DynamoError) -> AttributeValue {
        switch self {
        case .value(let value): return value
        case .path(let path):
            guard let value = path.value(in: old) else {
                throw .validation("The provided expression refers to an attribute that does not exist in the item")
            }
            return value
        case .ifNotExists(let path, let other):
            if let value = path.value(in: old) { return value }
            return try other.value(in: old)
        case .listAppend(let left, let right):
            guard case .list(let first) = try left.value(in: old), case .list(let second) = try right.value(in: old)
            else { throw .wrongUpdateOperand }
            return .list(first + second)
        }
    }

    fileprivate func number(in old: Item) throws(DynamoError) -> DynamoNumber {
        guard case .number(let number) = try value(in: old) else { throw .wrongUpdateOperand }
        return number
    }
}

extension PathTree<UpdateEdit> {
    /// Makes all edits. An index at or beyond a list's end appends, lower ones first; elements are removed last, so that
    /// every index means what it meant in the old list (ScyllaDB's test_update_expression.py).
    func applied(to old: Item) -> Item {
        var item = old
        for (name, node) in roots { item[name] = Self.applied(node, to: old[name]) }
        return item
    }

    private static func applied(_ node: Node, to old: AttributeValue?) -> AttributeValue? {
        switch (node, old) {
        case (.leaf(.set(let value)), _): return value
        case (.leaf(.remove), _): return nil
        case (.branch(let edits, _), .map(var members)?):
            for (name, edit) in edits { members[name] = applied(edit, to: members[name]) }
            return .map(members)
        case (.branch(_, let edits), .list(let elements)?):
            var edited: [AttributeValue?] = elements
            for (index, edit) in edits.sorted(by: { $0.key < $1.key }) {
                if index < elements.count {
                    edited[index] = applied(edit, to: elements[index])
                } else {
                    edited.append(applied(edit, to: nil))
                }
            }
            return .list(edited.compactMap(\.self))
        case (.branch, _): return old
        }
    }
}

extension DynamoError {
    static let wrongUpdateOperand = DynamoError.validation(
        "An operand in the update expression has an incorrect data type")
}

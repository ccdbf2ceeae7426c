package import DyadModel

/// An UpdateExpression that is known to be legal.
package struct Update: Sendable {
    /// UTF-8 bytes of its text.
    package static let textBytesMax = Limits.expressionBytes

    let actions: [UpdateAction]
    let source: Source

    /// What it was read from. AWS words some refusals by it.
    enum Source: Sendable {
        case expression
        case legacy
        case statement

        fileprivate func words(for error: DynamoError) -> DynamoError {
            switch (self, error) {
            case (.legacy, .wrongUpdateOperand): .validation("Type mismatch for attribute to update")
            // floci's integration test 27, recorded from AWS.
            case (.statement, .nestingTooDeep): .validation("Nesting Levels have exceeded supported limits")
            default: error
            }
        }
    }

    /// The paths it changes, as written; none is in another.
    package let touchedPaths: [DocumentPath]
    /// The top-level attributes it reads or changes, each once: what has to be decoded of a stored item.
    package let rootNames: [Text]

    /// - Throws: AWS's complaint about the expression: syntax first, then meaning.
    package init(parsing text: String, _ placeholders: inout Placeholders) throws(DynamoError) {
        self.init(try UpdateChecks.actions(UpdateText.reading(text), &placeholders), source: .expression)
    }

    /// AttributeUpdates. Each names another attribute.
    package init(legacy updates: [LegacyUpdate]) {
        self.init(
            updates.map { UpdateAction(path: DocumentPath(root: $0.attribute), change: $0.change) }, source: .legacy)
    }

    /// The SET and REMOVE clauses of a statement, which passed the checks.
    init(_ actions: [UpdateAction]) { self.init(actions, source: .statement) }

    private init(_ actions: [UpdateAction], source: Source) {
        self.actions = actions
        self.source = source
        touchedPaths = actions.map(\.path)
        var roots: [Text] = []
        for action in actions {
            roots.append(action.path.root)
            if case .set(let value) = action.change { value.appendRoots(to: &roots) }
        }
        rootNames = roots.distinct()
    }

    /// The item after the update. Every operand reads the old item.
    ///
    /// - Parameter item: the old item; when there is none, its key alone or nothing.
    /// - Parameter isNew: that there is none. REMOVE of a nested path is then no error.
    /// - Parameter bytesMax: the size that no item exceeds.
    /// - Throws: AWS's complaints about operands that are absent or of a wrong type (first), and about paths that lead
    ///   nowhere; number overflow; last, an item that is too large or nests too deep.
    package func apply(
        to item: Item, isNew: Bool = false, bytesMax: Int = .max
    ) throws(DynamoError) -> Item {
        try applied(to: item, besides: 0, isNew: isNew, bytesMax: bytesMax)
    }

    /// The same on stored bytes, of which only what the update names is decoded and written anew.
    package func apply(to item: SizedItem, isNew: Bool, bytesMax: Int) throws(DynamoError) -> SizedItem {
        let part = item.bytes.decoded(only: rootNames)
        let rest = item.size - part.size
        let updated = try applied(to: part, besides: rest, isNew: isNew, bytesMax: bytesMax)
        return SizedItem(bytes: item.bytes.replacing(rootNames, with: updated), size: rest + updated.size)
    }

    /// - Parameter rest: bytes of the item that are not in `item`.
    private func applied(
        to item: Item, besides rest: Int, isNew: Bool, bytesMax: Int
    ) throws(DynamoError) -> Item {
        do throws(DynamoError) {
            return try edited(item, besides: rest, isNew: isNew, bytesMax: bytesMax)
        } catch {
            throw source.words(for: error)
        }
    }

    private func edited(_ item: Item, besides rest: Int, isNew: Bool, bytesMax: Int) throws(DynamoError) -> Item {
        var room = Room(bytes: bytesMax)
        var values: [AttributeValue?] = []
        for action in actions {
            if case .set(let value) = action.change {
                values.append(room.kept(try value.value(in: item)))
            } else {
                values.append(nil)
            }
        }
        var edits = PathTree<UpdateEdit>()
        for (action, value) in zip(actions, values) {
            guard let edit = try action.edit(of: item, setting: value, isNew: isNew) else { continue }
            if value == nil, case .set(let computed) = edit {
                edits.insert(action.path, .set(room.kept(computed)))
            } else {
                edits.insert(action.path, edit)
            }
        }
        guard !room.isExceeded else { throw .updatedItemTooLarge }
        let updated = edits.applied(to: item)
        guard rest + updated.size <= bytesMax else { throw .updatedItemTooLarge }
        try updated.checkNesting()
        return updated
    }

    /// What the new values may still take. They all end up in the item, so when they alone are too large it is.
    ///
    /// An expression of 4 KB can double a list of 400 KB 160 times: what exceeds the room is let go at once, and only
    /// evaluated to the end since AWS tells of wrong operands first.
    private struct Room {
        private var bytes: Int

        init(bytes: Int) { self.bytes = bytes }

        var isExceeded: Bool { bytes < 0 }

        mutating func kept(_ value: AttributeValue) -> AttributeValue {
            bytes -= value.size
            return isExceeded ? .null : value
        }
    }

    /// What ReturnValues UPDATED_OLD (of the old item) and UPDATED_NEW (of the new one) show: the touched paths alone,
    /// each within its structure. An element appended beyond the list's end is not shown, and where one was removed the
    /// one that moved up is, as in AWS (ScyllaDB's test_returnvalues.py).
    package func touched(of item: Item) -> Item { PathTree(touchedPaths).part(of: item) }

    /// The same of stored bytes.
    package func touched(of item: ItemBytes) -> Item {
        touched(of: item.decoded(only: touchedPaths.map(\.root).distinct()))
    }

    /// The key of an item cannot change.
    package func checkTouches(none schema: KeySchema) throws(DynamoError) {
        for path in touchedPaths where schema.attributes.contains(where: { $0.name == path.root }) {
            throw .validation(
                "One or more parameter values were invalid: "
                    + "Cannot update attribute \(path.root). This attribute is part of the key")
        }
    }

    /// The value that the request itself holds for a top-level attribute, `SET name = :value`; nil when it is computed.
    package func assignedValue(to name: Text) -> AttributeValue? {
        for action in actions where action.path == DocumentPath(root: name) {
            if case .set(.operand(.value(let value))) = action.change { return value }
        }
        return nil
    }

    /// Whether it only takes away: such an update makes no item where there is none.
    package var onlyRemoves: Bool {
        !actions.isEmpty
            && actions.allSatisfy { action in
                switch action.change {
                case .remove, .subtract: true
                case .set, .add, .union: false
                }
            }
    }
}

extension DynamoError {
    package static let updatedItemTooLarge = DynamoError.validation(
        "Item size to update has exceeded the maximum allowed size")
}

extension UpdateValue {
    fileprivate func appendRoots(to roots: inout [Text]) {
        switch self {
        case .operand(let operand): operand.appendRoots(to: &roots)
        case .sum(let left, let right), .difference(let left, let right):
            left.appendRoots(to: &roots)
            right.appendRoots(to: &roots)
        }
    }
}

extension UpdateOperand {
    fileprivate func appendRoots(to roots: inout [Text]) {
        switch self {
        case .path(let path): roots.append(path.root)
        case .value: break
        case .ifNotExists(let path, let other):
            roots.append(path.root)
            other.appendRoots(to: &roots)
        case .listAppend(let left, let right):
            left.appendRoots(to: &roots)
            right.appendRoots(to: &roots)
        }
    }
}

extension [Text] {
    /// Each once. An update names few, as a rule, and comparing few is faster than hashing them; it may name a thousand.
    fileprivate func distinct() -> [Text] {
        guard count > 8 else {
            return reduce(into: []) { names, name in if !names.contains(name) { names.append(name) } }
        }
        return Array(Set(self))
    }
}

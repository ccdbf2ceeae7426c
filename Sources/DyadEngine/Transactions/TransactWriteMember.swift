import DyadLanguage
import DyadModel
import DyadStore

/// A member of TransactWriteItems that is legal as far as that can be told without looking at a table.
struct TransactWriteMember: Sendable {
    /// As the request calls it.
    let table: String
    /// The item that is put, or the key of the one that is changed.
    let target: SizedItem
    let write: ItemWrite

    /// - Throws: what is wrong with the member's values and expressions; that refuses the whole request.
    init(_ item: TransactWriteItem, _ fingerprint: inout Fingerprint) throws(DynamoError) {
        let parameters = try Parameters(item)
        parameters.add(to: &fingerprint)
        table = parameters.table
        let expressions = parameters.expressions
        try expressions.checkUse()
        guard let target = try parameters.target?.checked(.older) else { throw .validation("Value null at 'key'") }
        if parameters.kind == .put { try ItemWrite.checkSize(ofPut: target) }
        self.target = target
        var placeholders = try expressions.placeholders()
        let action: ItemWrite.Action
        switch parameters.kind {
        case .conditionCheck: action = .check
        case .put: action = .put(target)
        case .delete: action = .delete
        case .update:
            let text = parameters.updateExpression ?? ""
            guard text.utf8.count <= Update.textBytesMax else { throw Self.updateTooLong }
            action = .update(try Update(parsing: text, &placeholders), key: target)
        }
        write = try ItemWrite(
            action, if: nil, or: parameters.conditionExpression, showing: parameters.onFailure, &placeholders)
        try placeholders.checkAllUsed()
    }

    /// Without the size that every other expression's message ends with (dynamodb-conformance,
    /// validation-ordering/deepRequests: the same in ten regions).
    private static let updateTooLong = DynamoError.validation(
        "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;")

    private var isPut: Bool {
        if case .put = write.action { return true }
        return false
    }

    private var update: Update? {
        if case .update(let update, _) = write.action { return update }
        return nil
    }

    /// An empty value of a key refuses the whole request, unlike one of a wrong type (captured from eu-west-2:
    /// dynamodb-conformance, error-messages/transactWriteItems).
    func checkNoEmptyKeys(in table: TableRecord) throws(DynamoError) {
        try table.checkNoEmptyKeys(of: target.bytes)
        for index in table.indexes.sorted(by: { $0.name < $1.name }) {
            for attribute in index.key.attributes where !table.key.attributes.contains(attribute) {
                if isPut, let value = target.bytes.rawValue(named: attribute.name).map(CanonicalReader.value),
                    value.isEmpty(keyFor: attribute)
                {
                    try index.check(value, for: attribute)
                }
                if update?.assignedValue(to: attribute.name)?.isEmpty(keyFor: attribute) == true {
                    throw .emptyIndexKeyOfUpdate(attribute)
                }
            }
        }
    }

    /// Where the item lies.
    ///
    /// - Throws: the member's own reason: keys of its item, or of its indexes, that are missing or of a wrong type.
    func key(in table: TableRecord) throws(DynamoError) -> StorageKey {
        guard isPut else {
            let key = try table.key(named: target.bytes)
            try update?.checkTouches(none: table.key)
            return key
        }
        let key = try table.key(ofItem: target.bytes)
        try table.checkIndexKeys(of: target.bytes)
        return key
    }
}

extension TransactWriteMember {
    /// What the four kinds of members have in common.
    private struct Parameters {
        enum Kind: String { case conditionCheck, put, delete, update }

        var kind: Kind
        var table: String
        var target: WireItem?
        var updateExpression: String?
        var conditionExpression: String?
        var names: WireMap<Text>?
        var values: WireMap<WireAttributeValue>?
        var onFailure: ReturnValuesOnConditionCheckFailure?

        /// Source of the words: AWS in us-east-1 (dynamodb-conformance) for none, moto's tests for several.
        init(_ item: TransactWriteItem) throws(DynamoError) {
            switch (item.conditionCheck, item.put, item.delete, item.update) {
            case (nil, nil, nil, nil):
                throw .validation(
                    "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
            case (let check?, nil, nil, nil):
                self.init(.conditionCheck, check.tableName, check.key, onFailure: check.onFailure)
                set(check.conditionExpression, check.names, check.values)
            case (nil, let put?, nil, nil):
                self.init(.put, put.tableName, put.item, onFailure: put.onFailure)
                set(put.conditionExpression, put.names, put.values)
            case (nil, nil, let delete?, nil):
                self.init(.delete, delete.tableName, delete.key, onFailure: delete.onFailure)
                set(delete.conditionExpression, delete.names, delete.values)
            case (nil, nil, nil, let update?):
                self.init(.update, update.tableName, update.key, onFailure: update.onFailure)
                set(update.conditionExpression, update.names, update.values)
                updateExpression = update.updateExpression
            default:
                throw .validation("TransactItems can only contain one of Check, Put, Update or Delete")
            }
        }

        private init(
            _ kind: Kind, _ table: String, _ target: WireItem?, onFailure: ReturnValuesOnConditionCheckFailure?
        ) {
            self.kind = kind
            self.table = table
            self.target = target
            self.onFailure = onFailure
        }

        private mutating func set(
            _ condition: String?, _ names: WireMap<Text>?, _ values: WireMap<WireAttributeValue>?
        ) {
            conditionExpression = condition
            self.names = names
            self.values = values
        }

        var expressions: ExpressionParameters {
            let update: [(kind: ExpressionKind, text: String?)] = kind == .update ? [(.update, updateExpression)] : []
            return ExpressionParameters(
                names: names, values: values, expressions: update + [(.condition, conditionExpression)],
                layer: .older)
        }

        func add(to fingerprint: inout Fingerprint) {
            fingerprint.add(kind.rawValue)
            fingerprint.add(table)
            fingerprint.add(target?.bytes.utf8 ?? [])
            fingerprint.add(updateExpression)
            fingerprint.add(conditionExpression)
            fingerprint.add(names)
            fingerprint.add(values)
            fingerprint.add(onFailure?.rawValue)
        }
    }
}

extension TableRecord {
    /// Refuses an empty string or binary of the key's own type.
    func checkNoEmptyKeys(of item: ItemBytes) throws(DynamoError) {
        for attribute in key.attributes {
            guard let value = item.rawValue(named: attribute.name) else { continue }
            if CanonicalReader.value(value).isEmpty(keyFor: attribute) { throw .emptyKey(attribute) }
        }
    }
}

import DyadLanguage
package import DyadModel
import DyadStore

enum ReturnItemCollectionMetrics: String, WireEnum {
    case size = "SIZE"
    case none = "NONE"
}

enum ReturnValuesOnConditionCheckFailure: String, WireEnum {
    case allOld = "ALL_OLD"
    case none = "NONE"
}

extension ReturnValues? {
    /// What Put and Delete can return.
    func checkForReplacing() throws(DynamoError) -> Bool {
        switch self {
        case nil, .some(.none): return false
        case .allOld: return true
        default: throw .validation("ReturnValues can only be ALL_OLD or NONE")
        }
    }
}

extension ItemWrite {
    /// A write with the condition of its request: Expected or a ConditionExpression, which are never both there.
    init(
        _ action: Action, if expected: Condition?, or text: String?,
        showing onFailure: ReturnValuesOnConditionCheckFailure?, _ placeholders: inout Placeholders
    ) throws(DynamoError) {
        self.init(action: action, condition: expected, showsItemOnFailure: onFailure == .allOld)
        if let text { condition = try Condition(parsing: text, as: .condition, &placeholders) }
    }
}

extension ItemWrite.Outcome {
    /// What an update returns; nil when there is nothing to return.
    ///
    /// - Parameter update: nil when the request had none.
    func attributes(_ returnValues: ReturnValues, of update: Update?) -> ItemBytes? {
        func touched(of item: SizedItem?) -> ItemBytes? {
            guard let item, let update else { return nil }
            let part = update.touched(of: item.bytes)
            return part.isEmpty ? nil : ItemBytes(part)
        }
        return switch returnValues {
        case .none: nil
        case .allOld: old?.bytes
        case .allNew: new?.bytes
        case .updatedOld: touched(of: old)
        case .updatedNew: touched(of: new)
        }
    }
}

/// The answer of Put, Delete and Update.
package struct ItemWriteOutput: WireOutput {
    private let attributes: ItemBytes?
    private let capacity: ConsumedCapacity?
    private let detail: ReturnConsumedCapacity?
    private let collection: ItemCollectionMetrics?

    /// - Parameters:
    ///   - item: the item or its key, as the request has it.
    ///   - name: the table as the request names it, which may be its ARN.
    ///   - attributes: what ReturnValues asked for.
    ///   - rows: as they are after the write.
    init(
        _ outcome: ItemWrite.Outcome, of item: ItemBytes, at key: StorageKey, in table: TableRecord, named name: String,
        _ detail: ReturnConsumedCapacity?, _ metrics: ReturnItemCollectionMetrics?, attributes: ItemBytes?,
        on rows: Rows
    ) throws(DynamoError) {
        self.attributes = attributes
        self.detail = detail
        capacity = ConsumedCapacity(table: name, of: outcome, detail)
        collection = try ItemCollectionMetrics(metrics, of: item, at: key, in: table, on: rows)
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            if let attributes { json.member("Attributes") { $0.splice(attributes.utf8) } }
            json.member("ConsumedCapacity", capacity, detail)
            if let collection { json.member("ItemCollectionMetrics") { collection.write(to: &$0) } }
        }
    }
}

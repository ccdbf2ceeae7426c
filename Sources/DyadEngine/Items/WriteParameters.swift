package import DyadModel
import DyadStore

enum ReturnValues: String, WireEnum {
    case allNew = "ALL_NEW"
    case updatedOld = "UPDATED_OLD"
    case allOld = "ALL_OLD"
    case none = "NONE"
    case updatedNew = "UPDATED_NEW"
}

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

/// The answer of Put, Delete and Update.
package struct ItemWriteOutput: WireOutput {
    var attributes: ItemBytes?
    var capacity: ConsumedCapacity?
    var detail: ReturnConsumedCapacity?
    var collection: ItemCollectionMetrics?

    package func write(to json: inout JSONWriter) {
        json.object { json in
            if let attributes { json.member("Attributes") { $0.splice(attributes.utf8) } }
            json.member("ConsumedCapacity", capacity, detail)
            if let collection { json.member("ItemCollectionMetrics") { collection.write(to: &$0) } }
        }
    }
}

/// The size of the items that share a partition key, for tables with local indexes.
struct ItemCollectionMetrics: Sendable {
    /// The partition key attribute, as an item.
    let key: ItemBytes

    /// Nil unless it was asked for and the table has a local index.
    init?(_ asked: ReturnItemCollectionMetrics?, of item: ItemBytes, in table: TableRecord) {
        guard asked == .size, !table.localIndexes.isEmpty else { return nil }
        let names = table.key.partition.map(\.name)
        key = item.picking { names.contains($0) }
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("ItemCollectionKey") { $0.splice(key.utf8) }
            // AWS gives an estimate of the gigabytes, bounds included; a local collection is in the first.
            json.member("SizeEstimateRangeGB") { $0.splice("[0.0,1.0]".utf8) }
        }
    }
}

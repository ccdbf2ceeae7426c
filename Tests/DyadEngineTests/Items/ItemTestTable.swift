import DyadModel
import Testing

/// The tables that the tests of items use, on a region of their own.
struct ItemTables {
    let region: TestRegion

    /// `simple` (id S), `pair` (pk S, sk N; GSI by_g on g S with everything, GSI by_g_keys on g with keys only, LSI by_l on l S with x).
    init() throws {
        region = try TestRegion()
        try region.makeTable(
            #"{"TableName":"simple","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}"#
        )
        try region.makeTable(
            #"{"TableName":"pair","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST","GlobalSecondaryIndexes":[{"IndexName":"by_g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},{"IndexName":"by_g_keys","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],"LocalSecondaryIndexes":[{"IndexName":"by_l","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}"#
        )
    }

    func put(_ table: String, _ item: String) throws {
        try region.ok("PutItem", #"{"TableName":"\#(table)","Item":\#(item)}"#)
    }

    func get(_ table: String, _ key: String) throws -> String? {
        try region.ok("GetItem", #"{"TableName":"\#(table)","Key":\#(key)}"#).json("Item")
    }

    func query(_ parameters: String) throws -> Reply {
        try region.ok("Query", #"{"TableName":"pair",\#(parameters)}"#)
    }

    /// The rows that an index holds, read beside all operations.
    func rows(of index: String) throws -> Int {
        try region.ok("Scan", #"{"TableName":"pair","IndexName":"\#(index)","Select":"COUNT"}"#).integer("Count") ?? -1
    }
}

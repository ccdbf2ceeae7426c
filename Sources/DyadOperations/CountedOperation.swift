/// What is counted, and the requests of it. Items have 500 bytes.
enum CountedOperation: String, CaseIterable {
    case getItem = "GetItem"
    case putItem = "PutItem"
    /// Into a table with a global index that holds whole items, and a stream of both images.
    case putItemIndexed = "PutItem-index-stream"
    /// With a condition, and `SET a = a + :1`.
    case updateItem = "UpdateItem"
    /// Of 100 items.
    case query = "Query"
    /// Of 25 puts.
    case batchWriteItem = "BatchWriteItem"
    /// Of two puts, an update with a condition, and a check.
    case transactWriteItems = "TransactWriteItems"

    /// The operation's name on the wire.
    var target: String {
        switch self {
        case .putItemIndexed: "PutItem"
        default: rawValue
        }
    }

    private static let batchSize = 25

    /// Made before they are counted. Puts vary: what changes nothing is not written.
    var bodies: [[UInt8]] {
        (0..<2 * CountedEngine.itemCount).map { Array(body($0, variant: $0 / CountedEngine.itemCount).utf8) }
    }

    private func body(_ number: Int, variant: Int) -> String {
        let key = CountedEngine.key(number)
        let plain = #""TableName":"\#(CountedEngine.plainTable)""#
        let update = """
            \(plain),"Key":{\(key)},"UpdateExpression":"SET a = a + :1","ConditionExpression":"attribute_exists(pk)",\
            "ExpressionAttributeValues":{":1":{"N":"1"}}
            """
        switch self {
        case .getItem: return "{\(plain),\"Key\":{\(key)}}"
        case .putItem: return "{\(plain),\"Item\":\(CountedEngine.item(number, variant: variant))}"
        case .putItemIndexed:
            let item = CountedEngine.item(number, variant: variant)
            return "{\"TableName\":\"\(CountedEngine.indexedTable)\",\"Item\":\(item)}"
        case .updateItem: return "{\(update)}"
        case .query:
            return
                #"{\#(plain),"KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}}"#
        case .batchWriteItem:
            let puts = (number..<number + Self.batchSize).map {
                "{\"PutRequest\":{\"Item\":\(CountedEngine.item($0, variant: variant))}}"
            }
            return #"{"RequestItems":{"\#(CountedEngine.plainTable)":[\#(puts.joined(separator: ","))]}}"#
        case .transactWriteItems:
            let puts = (number + 1...number + 2).map {
                "{\"Put\":{\(plain),\"Item\":\(CountedEngine.item($0, variant: variant))}}"
            }
            let check =
                "{\"ConditionCheck\":{\(plain),\"Key\":{\(CountedEngine.key(number + 3))},"
                + "\"ConditionExpression\":\"attribute_exists(pk)\"}}"
            return "{\"TransactItems\":[\(puts.joined(separator: ",")),{\"Update\":{\(update)}},\(check)]}"
        }
    }
}

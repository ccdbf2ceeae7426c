import Testing

/// The words in which PutItem, UpdateItem and DeleteItem refuse before they look at a table.
///
/// Source, where nothing else is said: paritysuite/dynamodb-conformance, captures of September and October 2026 (31 of 33
/// regions), error-messages, validation-ordering and limits of the three.
struct WriteWordsTests {
    let region: TestRegion

    init() throws { region = try ItemTables().region }

    private static let one = "1 validation error detected: "
    private static let invalid = "One or more parameter values were invalid: "
    private static let returnValues =
        "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    private static let capacity =
        "Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
    private static let olderReturnValues =
        "Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    private static let noName =
        "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
    private static let tooDeep =
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"

    private static func nested(_ maps: Int) -> String {
        String(repeating: #"{"M":{"n":"#, count: maps) + #"{"S":"leaf"}"# + String(repeating: "}}", count: maps)
    }

    private func message(_ operation: String, _ members: String, table: String = "simple") throws -> String? {
        try region.send(operation, #"{"TableName":"\#(table)",\#(members)}"#).message
    }

    /// A place for a value, and the operation.
    static let places = [
        ("PutItem", #""Item":{"id":{"S":"a"},"v":"#, "}"),
        ("PutItem", #""Item":{"id":{"S":"a"},"v":{"M":{"x":{"L":["#, "]}}}}"),
        (
            "PutItem",
            #""Item":{"id":{"S":"a"}},"ConditionExpression":"v = :v","ExpressionAttributeValues":{":v":"#, "}"
        ),
        ("PutItem", #""Item":{"id":{"S":"a"}},"Expected":{"v":{"Value":"#, "}}"),
        (
            "UpdateItem",
            #""Key":{"id":{"S":"a"}},"UpdateExpression":"SET v = :v","ExpressionAttributeValues":{":v":"#, "}"
        ),
        ("UpdateItem", #""Key":{"id":{"S":"a"}},"AttributeUpdates":{"v":{"Action":"PUT","Value":"#, "}}"),
        ("UpdateItem", #""Key":{"id":"#, "}"),
        (
            "DeleteItem",
            #""Key":{"id":{"S":"a"}},"ConditionExpression":"v = :v","ExpressionAttributeValues":{":v":"#, "}"
        ),
        ("DeleteItem", #""Key":{"id":"#, "}"),
    ]

    @Test(
        arguments: places,
        [
            (#"{"N":"abc"}"#, "The parameter cannot be converted to a numeric value: abc"),
            (#"{"N":""}"#, "The parameter cannot be converted to a numeric value: "),
            (
                #"{"N":"1e126"}"#,
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            ),
            (#"{"SS":["b","a","b"]}"#, invalid + #"Input collection ["a", "b", "b"] contains duplicates."#),
            (
                #"{"BS":["/w==","AA==","AA=="]}"#,
                invalid + #"Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#
            ),
            (#"{"NS":["2","1","2"]}"#, invalid + "Input collection contains duplicates."),
            (#"{"SS":[]}"#, invalid + "An string set  may not be empty"),
            (#"{"NULL":false}"#, invalid + "Null attribute value types must have the value of true"),
        ])
    func `values are refused in an envelope, wherever they stand`(
        place: (operation: String, before: String, after: String), refusal: (value: String, words: String)
    ) throws {
        let members = place.before + refusal.value + place.after
        #expect(try message(place.operation, members) == Self.one + refusal.words)
        // Before the table is looked up.
        #expect(try message(place.operation, members, table: "none") == Self.one + refusal.words)
    }

    @Test func `what is wrong with an expression and its placeholders is in the envelope`() throws {
        let key = #""Key":{"id":{"S":"a"}},"#
        #expect(
            try message("UpdateItem", key + #""UpdateExpression":"INVALID SYNTAX HERE""#)
                == Self.one + #"Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX""#)
        #expect(
            try message("DeleteItem", key + #""ConditionExpression":"""#)
                == Self.one + "Invalid ConditionExpression: The expression can not be empty;")
        #expect(
            try message("DeleteItem", key + ##""ExpressionAttributeNames":{"#a":"a"}"##)
                == Self.one + "ExpressionAttributeNames can only be specified when using expressions")
        #expect(
            try message("DeleteItem", key + #""ExpressionAttributeValues":{":a":{"S":"a"}}"#)
                == Self.one + "ExpressionAttributeValues can only be specified when using expressions")
        #expect(
            try message(
                "UpdateItem",
                key + #""UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"S":"x"},":b":{"S":"x"}}"#)
                == Self.one + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}")
        #expect(
            try message("DeleteItem", key + #""ReturnValues":"UPDATED_NEW""#)
                == Self.one + "ReturnValues can only be ALL_OLD or NONE")
    }

    @Test func `what a table says, and what is too large or of no form, is bare`() throws {
        #expect(
            try message("DeleteItem", #""Key":{"other":{"S":"a"}}"#)
                == "The provided key element does not match the schema")
        #expect(
            try message("UpdateItem", #""Key":{"id":{"S":"a"}},"UpdateExpression":"SET a = b""#)
                == "The provided expression refers to an attribute that does not exist in the item")
        // dynoxide's tests, made after eu-west-2.
        #expect(
            try message("PutItem", #""Item":{"id":{"S":"a"},"v":{}}"#)
                == "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
        let large = String(repeating: "x", count: 410_000)
        #expect(
            try message("PutItem", #""Item":{"id":{"S":"a"},"v":{"S":"\#(large)"}}"#)
                == "Item size has exceeded the maximum allowed size")
    }

    @Test(arguments: [("PutItem", "Item"), ("UpdateItem", "Key"), ("DeleteItem", "Key")])
    func `an empty table name is told alone`(operation: String, member: String) throws {
        let members = #""\#(member)":{},"ReturnValues":"X","ReturnConsumedCapacity":"X""#
        #expect(try message(operation, members, table: "") == Self.one + Self.noName)
    }

    @Test func `Put and Delete tell all wrong words, Update tells of ReturnValues alone`() throws {
        let words = #","ReturnValues":"X","ReturnConsumedCapacity":"X""#
        #expect(
            try message("PutItem", #""Item":{"id":{"S":"a"}},"ReturnItemCollectionMetrics":"X""# + words)
                == "3 validation errors detected: \(Self.capacity); \(Self.returnValues); "
                + "Value 'X' at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"
        )
        #expect(
            try message("DeleteItem", #""Key":{"id":{"S":"a"}}"# + words)
                == "2 validation errors detected: \(Self.capacity); \(Self.returnValues)")
        #expect(try message("UpdateItem", #""Key":{"id":{"S":"a"}}"# + words) == Self.one + Self.returnValues)
    }

    @Test func `without a key the older words are told, all of them`() throws {
        let update =
            #""UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"S":"x"}},"ReturnValues":"X","ReturnConsumedCapacity":"X""#
        #expect(
            try message("UpdateItem", update, table: "")
                == "4 validation errors detected: \(Self.capacity); Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1; \(Self.olderReturnValues); Value null at 'key' failed to satisfy constraint: Member must not be null"
        )
    }

    // MARK: Values that nest beyond the newer layer

    @Test func `what nests in more than 61 maps is refused in the older words`() throws {
        func put(_ maps: Int) throws -> String? {
            try message("PutItem", #""Item":{"id":{"S":"a"},"d":\#(Self.nested(maps))}"#)
        }
        #expect(try put(31) == nil)
        #expect(try put(32) == Self.one + Self.tooDeep)
        #expect(try put(61) == Self.one + Self.tooDeep)
        #expect(try put(63) == Self.tooDeep)
        let deep = Self.nested(63)
        #expect(
            try message(
                "UpdateItem",
                #""Key":{"id":{"S":"a"}},"UpdateExpression":"SET d = :v","ExpressionAttributeValues":{":v":\#(deep)}"#)
                == "ExpressionAttributeValues contains invalid value: \(Self.tooDeep) for key :v")
        for place in [
            #""Key":{"id":\#(deep)}"#, #""Key":{"id":{"S":"a"}},"Expected":{"d":{"Value":\#(deep)}}"#,
            #""Key":{"id":{"S":"a"}},"ConditionExpression":"d = :v","ExpressionAttributeValues":{":v":\#(deep)}"#,
        ] {
            #expect(
                try message("DeleteItem", place + #","ReturnValues":"X""#) == Self.one + Self.olderReturnValues)
        }
        #expect(
            try message(
                "DeleteItem",
                #""Key":{"id":{"S":"a"}},"ConditionExpression":"d = :v","ExpressionAttributeValues":{":v":\#(deep)},"ReturnValues":"UPDATED_NEW""#
            ) == "ReturnValues can only be ALL_OLD or NONE")
    }

    @Test func `an unknown ConditionalOperator is told in the newer words unless a value nests too deep`() throws {
        func put(_ maps: Int) throws -> String? {
            try message(
                "PutItem",
                #""Item":{"id":{"S":"a"}},"Expected":{"a":{"Value":\#(Self.nested(maps))},"b":{"Exists":false}},"ConditionalOperator":"XOR""#
            )
        }
        // The envelope and the first words are inferred from Query's.
        #expect(
            try put(40)
                == Self.one + "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")
        #expect(
            try put(100)
                == Self.one
                + "Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]"
        )
    }
}

import DyadModel
import Testing

struct LegacyParameterTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    private func put(_ members: String) throws -> Reply {
        try region.send("PutItem", #"{"TableName":"simple","Item":{"id":{"S":"a"}},\#(members)}"#)
    }

    private func update(_ updates: String, key: String = "a", _ more: String = "") throws -> Reply {
        try region.send(
            "UpdateItem",
            #"{"TableName":"simple","Key":{"id":{"S":"\#(key)"}},"AttributeUpdates":\#(updates)\#(more)}"#)
    }

    @Test func `Expected guards a put, a delete and an update`() throws {
        let absent = #""Expected":{"id":{"Exists":false}}"#
        #expect(try put(absent).error == nil)
        #expect(try put(absent).error == "ConditionalCheckFailedException: The conditional request failed")
        let one = #","Expected":{"v":{"Value":{"N":"1"}}}"#
        #expect(try update(#"{"v":{"Value":{"N":"1"}}}"#).error == nil)
        #expect(try update(#"{"v":{"Value":{"N":"1"},"Action":"ADD"}}"#, one).error == nil)
        #expect(try update(#"{"v":{"Value":{"N":"1"},"Action":"ADD"}}"#, one).code == "ConditionalCheckFailedException")
        let delete =
            #"{"TableName":"simple","Key":{"id":{"S":"a"}},"Expected":{"v":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"2"}]},"w":{"ComparisonOperator":"NULL"}}"#
        #expect(try region.send("DeleteItem", delete + "}").code == "ConditionalCheckFailedException")
        #expect(try region.send("DeleteItem", delete + #","ConditionalOperator":"OR"}"#).error == nil)
        #expect(try tables.get("simple", #"{"id":{"S":"a"}}"#) == nil)
    }

    @Test(arguments: [
        (#"{"a":{}}"#, "Value must be provided when Exists is null for Attribute: a"),
        (#"{"a":{"Exists":true}}"#, "Value must be provided when Exists is true for Attribute: a"),
        (#"{"a":{"Exists":false,"Value":{"N":"1"}}}"#, "Value cannot be used when Exists is false for Attribute: a"),
        (
            #"{"a":{"AttributeValueList":[{"N":"1"}]}}"#,
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"
        ),
        (
            #"{"a":{"Value":{"N":"1"},"AttributeValueList":[{"N":"1"}],"ComparisonOperator":"EQ"}}"#,
            "Value and AttributeValueList cannot be used together for Attribute: a"
        ),
        (
            #"{"a":{"Exists":false,"ComparisonOperator":"NULL"}}"#,
            "Exists and ComparisonOperator cannot be used together for Attribute: a"
        ),
        (
            #"{"a":{"ComparisonOperator":"LT"}}"#,
            "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a"
        ),
        (
            #"{"a":{"ComparisonOperator":"NULL","Value":{"N":"1"}}}"#,
            "Invalid number of argument(s) for the NULL ComparisonOperator"
        ),
    ])
    func `Expected is refused in AWS's words (dynalite's tests)`(expected: String, words: String) throws {
        #expect(
            try put(#""Expected":\#(expected)"#).error
                == "ValidationException: 1 validation error detected: One or more parameter values were invalid: \(words)"
        )
    }

    /// dynamodb-conformance, validation-ordering/updateItem, captured from two regions in October 2026.
    @Test func `an update without a key hears of all else first`() throws {
        let reply = try region.send(
            "UpdateItem",
            #"{"TableName":"simple","AttributeUpdates":{"x":{"Action":"PUT","Value":{"S":"1"}}},"Expected":{"a":{"Exists":false},"b":{"Exists":false}},"ConditionalOperator":"XOR"}"#
        )
        #expect(
            reply.error
                == "ValidationException: 2 validation errors detected: Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]; Value null at 'key' failed to satisfy constraint: Member must not be null"
        )
    }

    @Test func `ConditionalOperator needs two conditions to join`() throws {
        #expect(
            try put(#""ConditionalOperator":"OR""#).message
                == "1 validation error detected: ConditionalOperator cannot be used without Filter or Expected")
        #expect(
            try put(#""ConditionalOperator":"OR","Expected":{"a":{"Exists":false}}"#).message
                == "1 validation error detected: ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )
        #expect(
            try put(#""ConditionalOperator":"and","Expected":{"a":{"Exists":false}}"#).message
                == "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
        )
    }

    @Test func `old and new parameters are not mixed`() throws {
        #expect(
            try put(#""Expected":{"a":{"Exists":false}},"ConditionExpression":"attribute_exists(id)""#).message
                == "1 validation error detected: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
        )
        // KeyConditions alone may stand beside another expression.
        let query = try tables.query(
            #""KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"FilterExpression":"attribute_exists(x)""#
        )
        #expect(query.integer("Count") == 0)
    }

    @Test func `an update that only deletes makes no item, an empty one does`() throws {
        #expect(try update(#"{"v":{"Action":"DELETE"}}"#, key: "new").error == nil)
        #expect(try tables.get("simple", #"{"id":{"S":"new"}}"#) == nil)
        #expect(try update("{}", key: "new").error == nil)
        #expect(try tables.get("simple", #"{"id":{"S":"new"}}"#) == #"{"id":{"S":"new"}}"#)
    }

    @Test func `an update does not touch keys, and returns what it touched`() throws {
        #expect(
            try update(#"{"id":{"Value":{"S":"b"}}}"#).message
                == "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"
        )
        let reply = try update(#"{"v":{"Value":{"N":"7"}},"w":{"Action":"DELETE"}}"#, #","ReturnValues":"UPDATED_NEW""#)
        #expect(reply.json("Attributes") == #"{"v":{"N":"7"}}"#)
        #expect(
            try update(#"{"v":{"Value":{"N":"7"},"Action":"SET"}}"#).message
                == "1 validation error detected: Value 'SET' at 'attributeUpdates.v.member.action' failed to satisfy constraint: Member must satisfy enum value set: [ADD, PUT, DELETE]"
        )
    }

    @Test func `a query takes KeyConditions and QueryFilter, a scan ScanFilter`() throws {
        for number in 1...4 {
            try tables.put("pair", #"{"pk":{"S":"a"},"sk":{"N":"\#(number)"},"x":{"N":"\#(number * 10)"}}"#)
        }
        let keys =
            #""KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},"sk":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"2"},{"N":"3"}]}}"#
        #expect(try tables.query(keys).integer("Count") == 2)
        let filtered = try tables.query(
            keys + #","QueryFilter":{"x":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"30"},{"N":"40"}]}}"#)
        #expect(filtered.integer("Count") == 1)
        #expect(filtered.integer("ScannedCount") == 2)
        #expect(try tables.query(keys + #","QueryFilter":{}"#).integer("Count") == 2)
        let scan = try region.ok(
            "Scan",
            #"{"TableName":"pair","ScanFilter":{"x":{"ComparisonOperator":"GE","AttributeValueList":[{"N":"30"}]},"pk":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"b"}]}}}"#
        )
        #expect(scan.integer("Count") == 2)
    }

    @Test func `a query refuses filters on its key, and conditions without an operator`() throws {
        let keys = #""KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}}"#
        let onKey = try region.send(
            "Query",
            #"{"TableName":"pair",\#(keys),"QueryFilter":{"sk":{"ComparisonOperator":"NOT_NULL"}}}"#)
        #expect(
            onKey.message == "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk")
        let bare = try region.send("Query", #"{"TableName":"pair",\#(keys),"QueryFilter":{"x":{}}}"#)
        #expect(
            bare.message
                == "1 validation error detected: Value null at 'queryFilter.x.member.comparisonOperator' failed to satisfy constraint: Member must not be null"
        )
        let none = try region.send("Query", #"{"TableName":"pair","KeyConditions":{}}"#)
        #expect(none.message == "Conditions can be of length 1 or 2 only")
    }
}

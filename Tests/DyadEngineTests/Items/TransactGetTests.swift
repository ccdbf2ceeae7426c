import DyadModel
import Testing

struct TransactGetTests {
    let tables: ItemTables
    var region: TestRegion { tables.region }

    init() throws { tables = try ItemTables() }

    private func get(_ id: String, _ more: String = "") -> String {
        #"{"Get":{"TableName":"simple","Key":{"id":{"S":"\#(id)"}}\#(more)}}"#
    }

    @Test func `items come in the members' order, an absent one as an empty response`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"v":{"N":"1"},"w":{"N":"2"}}"#)
        try tables.put("pair", #"{"pk":{"S":"p"},"sk":{"N":"1"}}"#)
        let reply = try region.ok(
            "TransactGetItems",
            transaction(
                #"{"Get":{"TableName":"pair","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}"#, get("none"),
                get("a", ##","ProjectionExpression":"#v","ExpressionAttributeNames":{"#v":"v"}"##)))
        #expect(
            reply.text == #"{"Responses":[{"Item":{"pk":{"S":"p"},"sk":{"N":"1"}}},{},{"Item":{"v":{"N":"1"}}}]}"#)
    }

    @Test func `a read costs two units for each 4 KB, of a missing item too`() throws {
        try tables.put("simple", #"{"id":{"S":"a"},"v":{"S":"\#(String(repeating: "x", count: 5000))"}}"#)
        let reply = try region.ok(
            "TransactGetItems", transaction(get("a"), get("none"), and: #","ReturnConsumedCapacity":"INDEXES""#))
        #expect(
            reply.json("ConsumedCapacity")
                == #"[{"TableName":"simple","CapacityUnits":6.0,"ReadCapacityUnits":6.0,"Table":{"CapacityUnits":6.0,"ReadCapacityUnits":6.0}}]"#
        )
    }

    @Test func `a key that is none cancels with its reason`() throws {
        let reply = try region.send(
            "TransactGetItems", transaction(get("a"), #"{"Get":{"TableName":"simple","Key":{}}}"#))
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"None"},{"Code":"ValidationError","Message":"The provided key element does not match the schema"}]"#
        )
    }

    @Test func `more than four megabytes are refused`() throws {
        let text = String(repeating: "x", count: 400_000)
        for id in 0..<11 { try tables.put("simple", #"{"id":{"S":"\#(id)"},"v":{"S":"\#(text)"}}"#) }
        let members = (0..<11).map { get("\($0)") }
        let reply = try region.send("TransactGetItems", #"{"TransactItems":[\#(members.joined(separator: ","))]}"#)
        #expect(reply.code == "ValidationException")
        try region.ok(
            "TransactGetItems", #"{"TransactItems":[\#(members.dropLast().joined(separator: ","))]}"#)
    }
}

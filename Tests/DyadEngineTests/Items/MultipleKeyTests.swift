import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

private let attributes = #"""
    {"AttributeName":"id","AttributeType":"S"},{"AttributeName":"h","AttributeType":"S"},
    {"AttributeName":"i","AttributeType":"N"},{"AttributeName":"r","AttributeType":"S"},
    {"AttributeName":"t","AttributeType":"N"},{"AttributeName":"u","AttributeType":"B"}
    """#

/// Key h (S), i (N); r (S), t (N), u (B).
private func index(_ name: String, _ projection: String) -> String {
    #"""
    {"IndexName":"\#(name)","KeySchema":[
     {"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"i","KeyType":"HASH"},
     {"AttributeName":"r","KeyType":"RANGE"},{"AttributeName":"t","KeyType":"RANGE"},
     {"AttributeName":"u","KeyType":"RANGE"}],"Projection":{"ProjectionType":"\#(projection)"}}
    """#
}

/// Indexes whose partition and sort keys are of several attributes each.
struct MultipleKeyTests {
    let region: TestRegion

    init() throws {
        region = try TestRegion()
        try region.makeTable(
            #"""
            {"TableName":"tlog","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[\#(attributes)],
             "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
             "GlobalSecondaryIndexes":[\#(index("byAll", "ALL")),\#(index("byKeys", "KEYS_ONLY"))]}
            """#)
    }

    private func put(_ id: String, _ members: String) throws -> Reply {
        try region.send("PutItem", #"{"TableName":"tlog","Item":{"id":{"S":"\#(id)"},\#(members)}}"#)
    }

    private func item(_ r: String, _ t: Int, _ u: String = "AA==", h: String = "h", i: Int = 1) -> String {
        #""h":{"S":"\#(h)"},"i":{"N":"\#(i)"},"r":{"S":"\#(r)"},"t":{"N":"\#(t)"},"u":{"B":"\#(u)"},"x":{"N":"7"}"#
    }

    private func query(_ sort: String = "", _ values: String = "", _ more: String = "", on index: String = "byAll")
        throws -> Reply
    {
        try region.send(
            "Query",
            #"""
            {"TableName":"tlog","IndexName":"\#(index)","KeyConditionExpression":"i = :i AND h = :h\#(sort)",
             "ExpressionAttributeValues":{":h":{"S":"h"},":i":{"N":"1"}\#(values)}\#(more)}
            """#)
    }

    private func identities(_ reply: Reply) -> [String] {
        reply["Items"]?.elements.map { $0["id"]?["S"]?.string ?? "-" } ?? ["no items: \(reply.text)"]
    }

    /// In the order of the index: sort attributes one after another, numbers by value, binaries by bytes.
    private func fill() throws {
        for (id, members) in [
            ("5", item("b", -1)), ("2", item("a", 10, "AA==")), ("1", item("a", 9, "/w==")), ("4", item("aa", 1)),
            ("3", item("a", 10, "AAA=")), ("other", item("a", 1, i: 2)), ("another", item("a", 1, h: "g")),
        ] {
            #expect(try put(id, members).status == 200)
        }
    }

    @Test func `items stand in the order of the sort attributes, both ways`() throws {
        try fill()
        #expect(identities(try query()) == ["1", "2", "3", "4", "5"])
        #expect(identities(try query("", "", #","ScanIndexForward":false"#)) == ["5", "4", "3", "2", "1"])
    }

    @Test(arguments: [
        (" AND r = :r", #",":r":{"S":"a"}"#, ["1", "2", "3"]),
        (" AND begins_with(r, :r)", #",":r":{"S":"a"}"#, ["1", "2", "3", "4"]),
        (" AND r > :r", #",":r":{"S":"a"}"#, ["4", "5"]),
        (" AND t >= :t AND r = :r", #",":r":{"S":"a"},":t":{"N":"10"}"#, ["2", "3"]),
        (" AND r = :r AND t < :t", #",":r":{"S":"a"},":t":{"N":"10"}"#, ["1"]),
        (" AND r = :r AND t BETWEEN :s AND :t", #",":r":{"S":"a"},":s":{"N":"9"},":t":{"N":"9.5"}"#, ["1"]),
        (
            " AND r = :r AND t = :t AND u = :u", #",":r":{"S":"a"},":t":{"N":"10"},":u":{"B":"AA=="}"#,
            ["2"]
        ),
        (
            " AND r = :r AND t = :t AND begins_with(u, :u)",
            #",":r":{"S":"a"},":t":{"N":"10"},":u":{"B":"AA=="}"#, ["2", "3"]
        ),
    ])
    func `conditions narrow from the left`(sort: String, values: String, expected: [String]) throws {
        try fill()
        #expect(identities(try query(sort, values)) == expected)
    }

    @Test(arguments: [1, 2, 3], ["true", "false"])
    func `a page's last key has every key attribute and is where the next goes on`(
        limit: Int, forward: String
    ) throws {
        try fill()
        var found: [String] = []
        var start = ""
        repeat {
            let reply = try query("", "", #","Limit":\#(limit),"ScanIndexForward":\#(forward)\#(start)"#, on: "byKeys")
            found += identities(reply)
            start = reply.json("LastEvaluatedKey").map { #","ExclusiveStartKey":\#($0)"# } ?? ""
            if let key = reply["LastEvaluatedKey"] {
                #expect(["id", "h", "i", "r", "t", "u"].allSatisfy { key[$0] != nil })
                #expect(key["x"] == nil)
            }
        } while !start.isEmpty && found.count < 100
        #expect(found == (forward == "true" ? ["1", "2", "3", "4", "5"] : ["5", "4", "3", "2", "1"]))
    }

    @Test func `a start key lacks nothing, has the types of the key and lies where the query reads`() throws {
        try fill()
        let whole = #""id":{"S":"1"},"h":{"S":"h"},"i":{"N":"1"},"r":{"S":"a"},"t":{"N":"9"},"u":{"B":"/w=="}"#
        func answer(_ key: String, _ sort: String = "", _ values: String = "") throws -> String? {
            try query(sort, values, #","ExclusiveStartKey":{\#(key)}"#).error
        }
        #expect(try answer(whole) == nil)
        let invalid = "ValidationException: The provided starting key is invalid"
        for name in ["id", "h", "i", "r", "t", "u"] {
            let lacking = whole.split(separator: ",").filter { !$0.hasPrefix("\"\(name)\"") }.joined(separator: ",")
            #expect(try answer(lacking) == invalid)
        }
        #expect(try answer(whole + #","x":{"N":"7"}"#) == invalid)
        #expect(
            try answer(whole.replacing("9", "x").replacing(#"{"N":"x"}"#, #"{"S":"x"}"#))
                == "ValidationException: The provided key element does not match the schema")
        #expect(
            try answer(whole.replacing(#""i":{"N":"1"}"#, #""i":{"N":"2"}"#))
                == "ValidationException: The provided starting key is outside query boundaries based on provided "
                + "conditions")
        #expect(
            try answer(whole, " AND r = :r AND t > :t", #",":r":{"S":"a"},":t":{"N":"9"}"#)
                == "ValidationException: The provided starting key does not match the range key predicate")
    }

    @Test func `an item that lacks a key attribute is not in the index, and comes with the attribute`() throws {
        for name in ["h", "i", "r", "t", "u"] {
            let members = item("a", 1).split(separator: ",").filter { !$0.hasPrefix("\"\(name)\"") }
            #expect(try put(name, members.joined(separator: ",")).status == 200)
        }
        #expect(identities(try query()) == [])
        try region.ok(
            "UpdateItem",
            #"""
            {"TableName":"tlog","Key":{"id":{"S":"t"}},"UpdateExpression":"SET t = :t",
             "ExpressionAttributeValues":{":t":{"N":"3"}}}
            """#)
        #expect(identities(try query()) == ["t"])
        try region.ok(
            "UpdateItem", #"{"TableName":"tlog","Key":{"id":{"S":"t"}},"UpdateExpression":"REMOVE i"}"#)
        #expect(identities(try query()) == [])
        try region.expectIndexAgrees("tlog")
    }

    @Test func `each key attribute has its type, and a length together with its kind`() throws {
        let mismatch = "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key "
        #expect(
            try put("1", item("a", 1).replacing(#""i":{"N":"1"}"#, #""i":{"S":"1"}"#)).error
                == mismatch + "i Expected: N Actual: S IndexName: byAll")
        #expect(
            try put("1", item("a", 1).replacing(#""r":{"S":"a"}"#, #""r":{"S":""}"#)).error
                == "ValidationException: One or more parameter values are not valid. A value specified for a secondary "
                + "index key is not supported. The AttributeValue for a key attribute cannot contain an empty string "
                + "value. IndexName: byAll, IndexKey: r")
        let long = { (count: Int) in String(repeating: "l", count: count) }
        // A number of one digit takes two bytes of an index's key here, and a binary of one byte one.
        #expect(try put("1", item(long(1021), 1)).status == 200)
        let tooLong = "ValidationException: One or more parameter values were invalid: "
        let sortTooLong = tooLong + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
        #expect(try put("2", item(long(1022), 1)).error == sortTooLong)
        #expect(
            try region.send(
                "UpdateItem",
                #"""
                {"TableName":"tlog","Key":{"id":{"S":"1"}},"UpdateExpression":"SET r = :r",
                 "ExpressionAttributeValues":{":r":{"S":"\#(long(1022))"}}}
                """#
            ).error == sortTooLong)
        #expect(
            try put("2", item("a", 1, h: long(2047))).error
                == tooLong + "Size of hashkey has exceeded the maximum size limit of2048 bytes")
        #expect(
            try query(" AND r = :r AND t = :t", #",":r":{"S":"\#(long(1023))"},":t":{"N":"1"}"#).error
                == sortTooLong)
    }

    @Test func `keys alone are all the keys`() throws {
        _ = try put("1", item("a", 1))
        let only = try #require(try query("", "", "", on: "byKeys").at("Items.0"))
        #expect(only.members.map { $0.name }.sorted() == ["h", "i", "id", "r", "t", "u"])
        let charged = try query("", "", #","ReturnConsumedCapacity":"INDEXES""#, on: "byKeys")
        #expect(
            charged.json("ConsumedCapacity.GlobalSecondaryIndexes") == #"{"byKeys":{"CapacityUnits":0.5}}"#)
        #expect(
            try query("", #",":f":{"N":"1"}"#, #","FilterExpression":"t = :f""#).error
                == "ValidationException: Filter Expression can only contain non-primary key attributes: "
                + "Primary key attribute: t")
    }

    @Test func `an index of several attributes is described, filled, kept over a restart, and deleted`() throws {
        let clock = ManualClock()
        let folder = "/tmp/dyad-test-\(RandomIdentity().uuid())"
        func create() -> String {
            #""AttributeDefinitions":[\#(attributes)],"GlobalSecondaryIndexUpdates":[{"Create":\#(index("late", "ALL"))}]"#
        }
        func schema(_ reply: Reply) -> [String] {
            reply.at("Table.GlobalSecondaryIndexes.0.KeySchema")?.elements.map {
                "\($0["AttributeName"]?.string ?? "")\($0["KeyType"]?.string?.first ?? "?")"
            } ?? []
        }
        do {
            let region = try TestRegion(storage: .folder(folder), clock: clock)
            try region.makeTable(
                onDemand("tlog").replacing(#""pk""#, #""id""#))
            for number in 0..<3 {
                try region.ok(
                    "PutItem", #"{"TableName":"tlog","Item":{"id":{"S":"\#(number)"},\#(item("a", -number))}}"#)
            }
            try region.ok("PutItem", #"{"TableName":"tlog","Item":{"id":{"S":"sparse"},"h":{"S":"h"}}}"#)
            #expect(try region.update("tlog", create()).status == 200)
            try region.advance(by: 10)
        }
        let region = try TestRegion(storage: .folder(folder), clock: clock)
        try region.advance(by: 10)
        #expect(schema(try region.table("tlog")) == ["hH", "iH", "rR", "tR", "uR"])
        #expect(try region.table("tlog").integer("Table.GlobalSecondaryIndexes.0.ItemCount") == 3)
        let scanned = try region.ok("Scan", #"{"TableName":"tlog","IndexName":"late"}"#)
        #expect(identities(scanned) == ["2", "1", "0"])
        try region.expectIndexAgrees("tlog")
        #expect(
            try region.update("tlog", #""GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"late"}}]"#).status == 200
        )
        try region.advance(by: 10)
        #expect(
            try region.table("tlog").json("Table.AttributeDefinitions")
                == #"[{"AttributeName":"id","AttributeType":"S"}]"#)
    }

    @Test func `UpdateTable refuses keys in CreateTable's words`() throws {
        func answer(_ elements: String) throws -> String? {
            try region.update(
                "tlog",
                #"""
                "AttributeDefinitions":[\#(attributes)],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"new",
                 "KeySchema":[\#(elements)],"Projection":{"ProjectionType":"ALL"}}}]
                """#
            ).error
        }
        let element = { (name: String, type: String) in #"{"AttributeName":"\#(name)","KeyType":"\#(type)"}"# }
        let hashes = ["id", "h", "i", "r", "t"].map { element($0, "HASH") }.joined(separator: ",")
        let invalid = "ValidationException: One or more parameter values were invalid: "
        #expect(
            try answer(hashes) == invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes")
        #expect(
            try answer([element("h", "HASH"), element("r", "RANGE"), element("i", "HASH")].joined(separator: ","))
                == invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema")
    }

    @Test func `batches and transactions keep such an index too`() throws {
        let batch = (0..<3).map { #"{"PutRequest":{"Item":{"id":{"S":"\#($0)"},\#(item("a", $0))}}}"# }
        try region.ok("BatchWriteItem", #"{"RequestItems":{"tlog":[\#(batch.joined(separator: ","))]}}"#)
        try region.ok(
            "TransactWriteItems",
            #"""
            {"TransactItems":[{"Put":{"TableName":"tlog","Item":{"id":{"S":"0"},\#(item("z", 0))}}},
             {"Delete":{"TableName":"tlog","Key":{"id":{"S":"1"}}}}]}
            """#)
        #expect(identities(try query()) == ["2", "0"])
        let refused = try region.send(
            "TransactWriteItems",
            #"""
            {"TransactItems":[{"Put":{"TableName":"tlog","Item":{"id":{"S":"5"},
             \#(item("a", 1).replacing(#""t":{"N":"1"}"#, #""t":{"S":"1"}"#))}}}]}
            """#)
        #expect(refused.string("CancellationReasons.0.Code") == "ValidationError")
        try region.expectIndexAgrees("tlog")
    }
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}

import DyadModel
import Testing

/// INSERT, UPDATE and DELETE. Sources: dynamodb-conformance, partiql/executeStatement, setFunctions, fromFirstUpdate and
/// whereFunctions, recorded from AWS.
struct StatementWriteTests {
    let statements: StatementTables
    var tables: ItemTables { statements.tables }

    init() throws {
        statements = try StatementTables()
        try tables.put("simple", #"{"id":{"S":"a"},"n":{"N":"1"},"l":{"L":[{"N":"1"}]},"ss":{"SS":["a","b"]}}"#)
    }

    private func item(_ id: String = "a") throws -> String? { try tables.get("simple", #"{"id":{"S":"\#(id)"}}"#) }

    @Test func `INSERT puts what is not there`() throws {
        let reply = try statements.run(
            "INSERT INTO simple VALUE {'id': 'x', 'n': 1E3, 's': <<'b', 'a'>>, 'p': ?, 'm': {'k': [true, null]}}",
            [#"{"B":"AQ=="}"#])
        #expect(reply.text == #"{"Items":[]}"#)
        #expect(
            try item("x")
                == #"{"id":{"S":"x"},"m":{"M":{"k":{"L":[{"BOOL":true},{"NULL":true}]}}},"n":{"N":"1000"},"p":{"B":"AQ=="},"s":{"SS":["a","b"]}}"#
        )
    }

    @Test func `INSERT of what is there changes nothing`() throws {
        let before = try item()
        #expect(
            try statements.send("INSERT INTO simple VALUE {'id': 'a'}").error
                == "DuplicateItemException: Duplicate primary key exists in table")
        #expect(try item() == before)
    }

    @Test func `INSERT takes a whole item for its parameter`() throws {
        try statements.run("INSERT INTO simple VALUE ?", [#"{"M":{"id":{"S":"y"},"n":{"N":"2"}}}"#])
        #expect(try item("y") == #"{"id":{"S":"y"},"n":{"N":"2"}}"#)
    }

    @Test func `UPDATE sets, removes, appends and adds`() throws {
        try statements.run(
            "UPDATE simple SET n = n + 1, m = {'x': 1} SET l = list_append(l, [2]) SET ss = SET_ADD(ss, <<'c'>>) REMOVE gone WHERE id = 'a'"
        )
        #expect(
            try item()
                == #"{"id":{"S":"a"},"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"}}},"n":{"N":"2"},"ss":{"SS":["a","b","c"]}}"#
        )
        try statements.run(
            "FROM simple WHERE id = 'a' SET ss = set_delete(ss, ?) REMOVE m REMOVE l[0]", [#"{"SS":["a","b","c"]}"#])
        #expect(try item() == #"{"id":{"S":"a"},"l":{"L":[{"N":"2"}]},"n":{"N":"2"}}"#)
    }

    @Test func `UPDATE changes only what is there`() throws {
        for condition in ["id = 'none'", "id = 'none' AND attribute_not_exists(id)", "id = 'a' AND n = 2"] {
            let reply = try statements.send("UPDATE simple SET n = 5 WHERE \(condition)")
            #expect(reply.error == "ConditionalCheckFailedException: The conditional request failed")
        }
        #expect(try item("none") == nil)
        try statements.run("UPDATE simple SET n = 5 WHERE id = 'a' AND n = 1 AND id = 'a'")
    }

    @Test func `a failed condition shows the item when it is asked to`() throws {
        let reply = try statements.send(
            "UPDATE simple SET n = 5 WHERE id = 'a' AND n = 2", [], #","ReturnValuesOnConditionCheckFailure":"ALL_OLD""#
        )
        #expect(reply.json("Item.n") == #"{"N":"1"}"#)
    }

    @Test func `DELETE of what is not there succeeds, whatever it asks`() throws {
        try statements.run("DELETE FROM simple WHERE id = 'none' AND n = 1")
        #expect(try statements.items("DELETE FROM simple WHERE id = 'none' RETURNING ALL OLD *") == "[]")
        #expect(
            try statements.send("DELETE FROM simple WHERE id = 'a' AND n = 2").code == "ConditionalCheckFailedException"
        )
        #expect(try item() != nil)
        try statements.run("DELETE FROM simple WHERE id = 'a' AND n = 1")
        #expect(try item() == nil)
    }

    static let returned: [(statement: String, items: String)] = [
        ("SET n = 2 WHERE id = 'a' RETURNING MODIFIED OLD *", #"[{"n":{"N":"1"}}]"#),
        ("SET n = 2 WHERE id = 'a' RETURNING MODIFIED NEW *", #"[{"n":{"N":"2"}}]"#),
        (
            "SET n = 2 WHERE id = 'a' RETURNING ALL OLD *",
            #"[{"id":{"S":"a"},"l":{"L":[{"N":"1"}]},"n":{"N":"1"},"ss":{"SS":["a","b"]}}]"#
        ),
        (
            "REMOVE l REMOVE ss WHERE id = 'a' RETURNING ALL NEW *", #"[{"id":{"S":"a"},"n":{"N":"1"}}]"#
        ),
        ("REMOVE n WHERE id = 'a' RETURNING MODIFIED NEW *", "[]"),
        ("SET fresh = 1 WHERE id = 'a' RETURNING MODIFIED OLD *", "[]"),
        ("SET n = 2 WHERE id = 'a'", "[]"),
    ]

    @Test(arguments: returned)
    func `an update returns what it is asked for`(statement: String, items: String) throws {
        #expect(try statements.items("UPDATE simple \(statement)") == items)
    }

    static let refusals: [(statement: String, message: String)] = [
        ("UPDATE simple SET n = 1", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "UPDATE simple SET n = 1 WHERE id IN ['a']",
            "Where clause does not contain a mandatory equality on all key attributes"
        ),
        (
            "DELETE FROM simple WHERE n = 1",
            "Where clause does not contain a mandatory equality on all key attributes"
        ),
        (
            "DELETE FROM simple WHERE id = 'a' OR id = 'b'",
            "Where clause does not contain a mandatory equality on all key attributes"
        ),
        (
            "DELETE FROM simple WHERE id = 'a' AND id = 'b'",
            "Multiple conditions on same key id. Only single item Update/Insert/Delete are supported"
        ),
        ("DELETE FROM simple WHERE id = 1", "The provided key element does not match the schema"),
        (
            "UPDATE simple SET id = 'b' WHERE id = 'a'",
            "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"
        ),
        (
            "UPDATE simple SET ss = set_add(ss, <<1>>) WHERE id = 'a'",
            "An operand in the update expression has an incorrect data type"
        ),
        (
            "UPDATE simple SET x = list_append(x, [1]) WHERE id = 'a'",
            "The provided expression refers to an attribute that does not exist in the item"
        ),
        (
            "INSERT INTO simple VALUE {'n': 1}",
            "One or more parameter values were invalid: Missing the key id in the item"
        ),
        (
            "INSERT INTO simple VALUE {'id': 1}",
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"
        ),
        (
            "EXISTS(SELECT * FROM simple WHERE id = 'a' AND n = 1)",
            "EXISTS can only be used in ExecuteTransaction write requests."
        ),
    ]

    @Test(arguments: refusals)
    func `a write that names no one item, or no legal one, is refused`(statement: String, message: String) throws {
        let before = try item()
        #expect(try statements.send(statement).error == "ValidationException: \(message)")
        #expect(try item() == before)
    }

    @Test func `a statement's change is in the stream as any other`() throws {
        try statements.run("INSERT INTO pair VALUE {'pk': 'a', 'sk': 1, 'g': 'g'}")
        try statements.run("UPDATE pair SET n = 1 WHERE pk = 'a' AND sk = 1")
        try statements.run("DELETE FROM pair WHERE pk = 'a' AND sk = 1")
        let region = statements.region
        let arn = try region.ok("DescribeTable", #"{"TableName":"pair"}"#).string("Table.LatestStreamArn") ?? ""
        let shard =
            try region.ok("DescribeStream", #"{"StreamArn":"\#(arn)"}"#).string("StreamDescription.Shards.0.ShardId")
            ?? ""
        let iterator =
            try region.ok(
                "GetShardIterator",
                #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#
            ).string("ShardIterator") ?? ""
        let records = try region.ok("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
        #expect((0..<3).map { records.string("Records.\($0).eventName") } == ["INSERT", "MODIFY", "REMOVE"])
        #expect(try tables.rows(of: "by_g") == 0)
    }

    @Test func `writes cost what the operations they lower to cost`() throws {
        let capacity = #","ReturnConsumedCapacity":"INDEXES""#
        let reply = try statements.run("INSERT INTO pair VALUE {'pk': 'a', 'sk': 1, 'g': 'g'}", [], capacity)
        #expect(
            reply.json("ConsumedCapacity")
                == #"{"TableName":"pair","CapacityUnits":3.0,"Table":{"CapacityUnits":1.0},"GlobalSecondaryIndexes":{"by_g":{"CapacityUnits":1.0},"by_g_keys":{"CapacityUnits":1.0}}}"#
        )
    }
}

import DyadModel
import Testing

/// SELECT. Sources: dynamodb-conformance, partiql/grammar, executeStatement, indexQualifier, whereFunctions and
/// whereOverlap; floci's integration tests of documented syntax, edge cases and access paths: all recorded from AWS.
struct SelectTests {
    let statements: StatementTables
    var tables: ItemTables { statements.tables }

    /// Two partitions of three items, two of which are in the indexes.
    init() throws {
        statements = try StatementTables()
        for partition in ["a", "b"] {
            for sk in 1...3 {
                let indexed = sk < 3 ? #","g":{"S":"g"},"l":{"S":"l\#(sk)"},"x":{"S":"x\#(sk)"}"# : ""
                try tables.put(
                    "pair",
                    #"{"pk":{"S":"\#(partition)"},"sk":{"N":"\#(sk)"},"n":{"N":"\#(sk)"},"m":{"M":{"k":{"L":[{"N":"\#(sk)"}]}}}\#(indexed)}"#
                )
            }
        }
    }

    private func keys(_ condition: String, at location: SourceLocation = #_sourceLocation) throws -> [String] {
        try statements.sortKeys("SELECT pk, sk FROM pair WHERE \(condition)", at: location)
    }

    @Test func `a key is read in the order of its sort key`() throws {
        #expect(try keys("pk = 'a'") == ["1", "2", "3"])
        #expect(try keys("'a' = pk AND sk >= 2") == ["2", "3"])
        #expect(try keys("pk = 'a' AND sk BETWEEN 1 AND 2") == ["1", "2"])
        #expect(try keys("pk = 'a' AND sk > 1 AND sk < 3") == ["2"])
        #expect(try keys("pk = 'a' AND 2 > sk") == ["1"])
        #expect(try keys("pk = 'a' AND sk IN [3, 1]") == ["1", "3"])
        #expect(try keys("pk = 'a' AND (sk < 2 OR sk > 2 OR sk = 2)") == ["1", "2", "3"])
        #expect(try keys("pk = 'a' AND sk <> 2") == ["1", "3"])
        #expect(try keys("pk = 'a' AND pk = 'b'") == [])
        #expect(try keys("pk = 'none'") == [])
    }

    @Test func `partitions are read one after the other`() throws {
        #expect(try keys("pk IN ['b', 'a']") == ["1", "2", "3", "1", "2", "3"])
        #expect(try keys("pk = 'a' AND sk = 1 OR pk = 'b' AND sk > 1") == ["1", "2", "3"])
    }

    @Test func `what names no partition scans, and filters`() throws {
        #expect(try Set(keys("sk = 2")) == ["2"])
        #expect(try keys("sk = 2").count == 2)
        #expect(try keys("pk = 'a' OR sk = 1").count == 4)
        #expect(try keys("pk > 'a'").count == 3)
        #expect(try keys("NOT pk = 'a'").count == 3)
        #expect(try keys("pk > 1") == [])
    }

    @Test func `a condition's functions and types are those of expressions`() throws {
        #expect(try keys("pk = 'a' AND attribute_exists(g)") == ["1", "2"])
        #expect(try keys("pk = 'a' AND g IS MISSING") == ["3"])
        #expect(try keys("pk = 'a' AND ATTRIBUTE_TYPE(m, 'M') AND size(m) = 1 AND n <= 2") == ["1", "2"])
        #expect(try keys("pk = 'a' AND begins_with(\"x\", 'x') AND contains(x, '2')") == ["2"])
        #expect(try keys("pk = 'a' AND m.k[0] = 3 AND m IS STRUCT AND n IS NOT NULL AND x IS NOT NULL") == ["3"])
        #expect(try keys("pk = 'a' AND (n BETWEEN 0 AND 2) = false") == ["3"])
        #expect(try keys("pk = 'a' AND attribute_exists(g) IN [false]") == ["3"])
        #expect(try keys("pk = 'a' AND NOT x = 'x1'") == ["2", "3"])
    }

    @Test func `columns are named by the last name of their path`() throws {
        let items = try statements.items("SELECT n, m.k, m.k[0], nope FROM pair WHERE pk = 'a' AND sk = 1")
        #expect(items == #"[{"k":{"L":[{"N":"1"}]},"k[0]":{"N":"1"},"n":{"N":"1"}}]"#)
        #expect(try statements.items("SELECT nope FROM pair WHERE pk = 'a' AND sk = 1") == "[{}]")
    }

    static let orders: [(order: String, keys: [String])] = [
        ("sk", ["1", "2", "3"]), ("sk ASC", ["1", "2", "3"]), ("sk DESC", ["3", "2", "1"]),
        // AWS, oddly: floci's integration test of documented syntax.
        ("pk ASC", ["3", "2", "1"]),
    ]

    @Test(arguments: orders)
    func `ORDER BY orders a partition`(order: String, keys expected: [String]) throws {
        #expect(try keys("pk = 'a' ORDER BY \(order)") == expected)
    }

    @Test func `ORDER BY orders partitions`() throws {
        let items = try statements.items(
            "SELECT pk, sk FROM pair WHERE pk IN ['a', 'b'] AND sk < 3 ORDER BY pk DESC, sk ASC")
        #expect(
            items
                == #"[{"pk":{"S":"b"},"sk":{"N":"1"}},{"pk":{"S":"b"},"sk":{"N":"2"}},{"pk":{"S":"a"},"sk":{"N":"1"}},{"pk":{"S":"a"},"sk":{"N":"2"}}]"#
        )
    }

    static let refusals: [(statement: String, message: String)] = [
        ("FROM pair WHERE n = 1 ORDER BY n", "Attribute n in ORDER BY clause must be part of the primary key"),
        (
            "FROM pair WHERE n = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        ),
        (
            "FROM pair WHERE pk IN ['a', 'b'] ORDER BY sk",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
        ),
        ("FROM pair WHERE pk = 1", "Key attribute's data type should match its data type in table's schema: Key pk"),
        (
            "FROM pair WHERE pk = 'a' AND sk = 'x'",
            "Key attribute's data type should match its data type in table's schema: Key sk"
        ),
        (
            "FROM pair WHERE pk IN ['a', 'a']",
            "Overlapping conditions with range keys are not supported in where clause"
        ),
        (
            "FROM pair WHERE pk = 'a' AND (sk > 0 OR sk < 5)",
            "Overlapping conditions with range keys are not supported in where clause"
        ),
        (
            "FROM pair WHERE (pk = 'a' AND n = 1) OR (pk = 'a' AND n = 2)",
            "Overlapping conditions with range keys are not supported in where clause"
        ),
        (
            "FROM pair WHERE pk IN [\((0...50).map { "'\($0)'" }.joined(separator: ","))]",
            "Too many decomposed read operations for a given query."
        ),
        (
            "FROM pair WHERE pk IN [\((0..<26).map { "'\($0)'" }.joined(separator: ","))] AND sk IN [1, 2]",
            "Too many decomposed read operations for a given query."
        ),
        ("FROM pair.nope WHERE pk = 'a'", "The table does not have the specified index"),
        (
            "FROM pair.by_g_keys WHERE g = 'g' AND x = 'x1'",
            "One or more parameter values were invalid: Secondary index by_g_keys does not project one or more filter attributes: [x]"
        ),
        (
            "FROM pair.by_l WHERE pk = 'a' AND n = 1",
            "One or more parameter values were invalid: Secondary index by_l does not project one or more filter attributes: [n]"
        ),
    ]

    @Test(arguments: refusals)
    func `what a table cannot answer is refused`(statement: String, message: String) throws {
        let reply = try statements.send("SELECT * \(statement)")
        #expect(reply.error == "ValidationException: \(message)")
    }

    @Test func `a negated condition on the sort key may overlap, and nothing comes twice`() throws {
        #expect(try keys("pk = 'a' AND NOT sk = 2 OR pk = 'a' AND sk = 3") == ["1", "3"])
        #expect(try keys("pk = 'a' AND sk <> 1 OR pk = 'a' AND sk = 1") == ["1", "2", "3"])
    }

    @Test func `an absent table is told before all else of it`() throws {
        #expect(
            try statements.send("SELECT * FROM nope.i WHERE pk = 1").error
                == "ResourceNotFoundException: Requested resource not found")
    }

    // MARK: Indexes

    @Test func `an index gives what it projects`() throws {
        #expect(
            try statements.items("SELECT * FROM \"pair\".\"by_g_keys\" WHERE g = 'g' AND pk = 'a' AND sk = 1")
                == #"[{"g":{"S":"g"},"pk":{"S":"a"},"sk":{"N":"1"}}]"#)
        #expect(
            try statements.items("SELECT * FROM pair.by_l WHERE pk = 'a' AND l = 'l1'")
                == #"[{"l":{"S":"l1"},"pk":{"S":"a"},"sk":{"N":"1"},"x":{"S":"x1"}}]"#)
    }

    @Test func `a local index reaches for the columns it lacks, a global one does not`() throws {
        let reply = try statements.run(
            "SELECT n FROM pair.by_l WHERE pk = 'a'", [], #","ReturnConsumedCapacity":"INDEXES""#)
        #expect(reply.json("Items") == #"[{"n":{"N":"1"}},{"n":{"N":"2"}}]"#)
        #expect(
            reply.json("ConsumedCapacity")
                == #"{"TableName":"pair","CapacityUnits":1.5,"Table":{"CapacityUnits":1.0},"LocalSecondaryIndexes":{"by_l":{"CapacityUnits":0.5}}}"#
        )
        #expect(
            try statements.send("SELECT n, m FROM pair.by_g_keys WHERE g = 'g'").message
                == "One or more parameter values were invalid: Global secondary index by_g_keys does not project [n, m]"
        )
    }

    @Test func `consistent reads are for tables and local indexes`() throws {
        let consistent = #","ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL""#
        #expect(
            try statements.run("SELECT * FROM pair WHERE pk = 'a'", [], consistent).json("ConsumedCapacity")
                == #"{"TableName":"pair","CapacityUnits":1.0}"#)
        try statements.run("SELECT * FROM pair.by_l WHERE pk = 'a'", [], consistent)
        #expect(
            try statements.send("SELECT * FROM pair.by_g WHERE g = 'g'", [], consistent).message
                == "Strongly consistent read is not supported on Global Secondary Indexes")
    }

    // MARK: Pages

    static let paged = [
        "SELECT pk, sk FROM pair WHERE pk = 'a'",
        "SELECT pk, sk FROM pair WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk DESC",
        "SELECT pk, sk FROM pair", "SELECT pk, sk FROM pair WHERE n > 1",
        "SELECT pk, sk FROM pair.by_g WHERE g = 'g' ORDER BY sk DESC",
    ]

    @Test(arguments: paged, [1, 2, 5])
    func `pages make up the whole`(statement: String, limit: Int) throws {
        let whole = try statements.items(statement)
        var pages: [String] = []
        var token = ""
        repeat {
            let reply = try statements.run(statement, [], #","Limit":\#(limit)\#(token)"#)
            pages.append(String((reply.json("Items") ?? "[]").dropFirst().dropLast()))
            #expect((reply["NextToken"] == nil) == (reply["LastEvaluatedKey"] == nil))
            token = reply.string("NextToken").map { #","NextToken":"\#($0)""# } ?? ""
        } while !token.isEmpty && pages.count < 20
        #expect("[\(pages.filter { !$0.isEmpty }.joined(separator: ","))]" == whole)
    }

    @Test func `a token is its statement's`() throws {
        let statement = "SELECT * FROM pair WHERE pk = ?"
        let token = try statements.run(statement, [#"{"S":"a"}"#], #","Limit":1"#).string("NextToken") ?? ""
        let more = #","NextToken":"\#(token)""#
        try statements.run(statement, [#"{"S":"a"}"#], more + #","Limit":2,"ConsistentRead":true"#)
        let mismatch = "ValidationException: NextToken does not match request"
        #expect(try statements.send(statement, [#"{"S":"b"}"#], more).error == mismatch)
        #expect(try statements.send("SELECT pk FROM pair WHERE pk = ?", [#"{"S":"a"}"#], more).error == mismatch)
        for wrong in ["x", "AAAA", String(token.dropLast(8)), String(repeating: "A", count: 100)] {
            let reply = try statements.send(statement, [#"{"S":"a"}"#], #","NextToken":"\#(wrong)""#)
            #expect(reply.error?.contains("NextToken") == true, "\(wrong): \(reply.text)")
        }
    }

    @Test func `a limit below one is refused before the statement is read`() throws {
        #expect(
            try statements.send("nonsense", [], #","Limit":0"#).message
                == "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        )
    }
}

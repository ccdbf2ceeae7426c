import DyadModel
import Testing

/// BatchExecuteStatement and ExecuteTransaction. Sources: dynamodb-conformance, partiql/batchExecuteStatement and
/// executeTransaction; floci's integration tests 9, 10 and 23 to 27; dynoxide's captures: all recorded from AWS.
struct StatementGroupTests {
    let statements: StatementTables
    var tables: ItemTables { statements.tables }

    init() throws {
        statements = try StatementTables()
        try tables.put("simple", #"{"id":{"S":"a"},"n":{"N":"1"}}"#)
        try tables.put("simple", #"{"id":{"S":"b"},"n":{"N":"2"}}"#)
    }

    private func statement(_ text: String, _ parameters: String..., more: String = "") -> String {
        StatementTables.body(text, parameters, more)
    }

    private func item(_ id: String) throws -> String? { try tables.get("simple", #"{"id":{"S":"\#(id)"}}"#) }

    // MARK: Batches

    @Test func `a batch of reads answers in order, an absent item by its table alone`() throws {
        let reply = try statements.batch(
            statement("SELECT n FROM simple WHERE id = 'b'"), statement("SELECT * FROM simple WHERE id IN ['none']"),
            statement("SELECT * FROM simple WHERE id = ?", #"{"S":"a"}"#, more: #","ConsistentRead":true"#),
            more: #","ReturnConsumedCapacity":"TOTAL""#)
        #expect(
            reply.json("Responses")
                == #"[{"TableName":"simple","Item":{"n":{"N":"2"}}},{"TableName":"simple"},{"TableName":"simple","Item":{"id":{"S":"a"},"n":{"N":"1"}}}]"#
        )
        #expect(reply.json("ConsumedCapacity") == #"[{"TableName":"simple","CapacityUnits":2.0}]"#)
    }

    @Test func `each member of a batch fails by itself`() throws {
        let reply = try statements.batch(
            statement("INSERT INTO simple VALUE {'id': 'a'}"), statement("SLECT * FROM simple WHERE id = 'c'"),
            statement("UPDATE simple SET n = 9 WHERE id = 'b' RETURNING ALL NEW *"),
            statement("DELETE FROM simple WHERE id = 'c' RETURNING ALL NEW *"),
            statement("DELETE FROM nope WHERE id = 'a'"),
            more: #","ReturnConsumedCapacity":"INDEXES""#)
        #expect(reply.status == 200)
        #expect(
            reply.json("Responses.0")
                == #"{"Error":{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},"TableName":"simple"}"#
        )
        #expect(
            reply.json("Responses.1")
                == #"{"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be processed: Expected data manipulation"}}"#
        )
        #expect(reply.json("Responses.2") == #"{"TableName":"simple","Item":{"id":{"S":"b"},"n":{"N":"9"}}}"#)
        #expect(reply.string("Responses.3.Error.Code") == "ValidationError")
        #expect(
            reply.json("Responses.4")
                == #"{"Error":{"Code":"ResourceNotFound","Message":"Requested resource not found"}}"#)
        #expect(
            reply.json("ConsumedCapacity")
                == #"[{"TableName":"simple","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0}}]"#)
    }

    @Test func `a batch in which nothing was done cost nothing`() throws {
        let reply = try statements.batch(
            statement("INSERT INTO simple VALUE {'id': 'a'}"), more: #","ReturnConsumedCapacity":"TOTAL""#)
        #expect(reply["ConsumedCapacity"] == nil)
    }

    static let partial = [
        "SELECT * FROM simple WHERE n = 1", "SELECT * FROM simple", "SELECT * FROM simple WHERE id = 'a' AND n = 1",
        "SELECT * FROM simple WHERE id = 'a' AND id = 'b'", "SELECT * FROM pair WHERE pk = 'a'",
        "SELECT * FROM pair.by_g WHERE g = 'a' AND sk = 1",
    ]

    @Test(arguments: partial)
    func `a SELECT of several names one item and asks nothing else`(text: String) throws {
        #expect(
            try statements.batch(statement(text)).string("Responses.0.Error.Message")
                == "Select statements within BatchExecuteStatement must specify the primary key in the where clause.")
        #expect(
            try statements.transaction(statement(text)).error?.hasPrefix(
                "ValidationException: Validation failed in TransactStatements[0]: ") == true)
    }

    static let refused: [(members: [String], message: String)] = [
        (
            ["SELECT * FROM simple WHERE id = 'a'", "DELETE FROM simple WHERE id = 'b'"],
            "Read and write requests together in the same batch is not supported."
        ),
        (
            ["SELECT * FROM simple WHERE id = 'a'", "SELECT n FROM simple WHERE id = 'a'"],
            "Provided list of item keys contains duplicates"
        ),
        (
            ["DELETE FROM simple WHERE id = 'a'", "UPDATE simple SET n = 3 WHERE id = 'a'"],
            "Provided list of item keys contains duplicates"
        ),
    ]

    @Test(arguments: refused)
    func `a batch that contradicts itself is refused whole`(members: [String], message: String) throws {
        let list = members.map { statement($0) }.joined(separator: ",")
        let reply = try statements.batch(list)
        #expect(reply.error == "ValidationException: \(message)")
        #expect(try item("a") == #"{"id":{"S":"a"},"n":{"N":"1"}}"#)
    }

    // MARK: Transactions

    @Test func `a transaction of writes does all`() throws {
        let reply = try statements.transaction(
            statement("EXISTS(SELECT * FROM simple WHERE id = 'b' AND n = 2)"),
            statement("INSERT INTO simple VALUE {'id': 'c'}"), statement("UPDATE simple SET n = n + 1 WHERE id = 'a'"),
            more: #","ReturnConsumedCapacity":"TOTAL""#)
        #expect(
            reply.text
                == #"{"ConsumedCapacity":[{"TableName":"simple","CapacityUnits":6.0,"WriteCapacityUnits":6.0}],"Responses":[]}"#
        )
        #expect(try item("a") == #"{"id":{"S":"a"},"n":{"N":"2"}}"#)
        #expect(try item("c") != nil)
    }

    @Test func `a transaction does nothing when one member cannot be done`() throws {
        let reply = try statements.transaction(
            statement("UPDATE simple SET n = 7 WHERE id = 'b'"), statement("INSERT INTO simple VALUE {'id': 'a'}"),
            statement("EXISTS(SELECT * FROM simple WHERE id = 'c' AND n = 2)"))
        #expect(reply.code == "TransactionCanceledException")
        #expect(
            reply.json("CancellationReasons")
                == #"[{"Code":"None"},{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}]"#
        )
        #expect(try item("b") == #"{"id":{"S":"b"},"n":{"N":"2"}}"#)
    }

    static let cancelled: [(member: String, reason: String)] = [
        ("DELETE FROM nope WHERE id = 'a'", #"{"Code":"ResourceNotFound","Message":"Requested resource not found"}"#),
        (
            "DELETE FROM simple WHERE id = 1",
            #"{"Code":"ValidationError","Message":"The provided key element does not match the schema"}"#
        ),
        (
            "DELETE FROM pair WHERE pk = 'a'",
            #"{"Code":"ValidationError","Message":"The provided key element does not match the schema"}"#
        ),
        (
            "INSERT INTO pair VALUE {'pk': 'a'}",
            #"{"Code":"ValidationError","Message":"One or more parameter values were invalid: Missing the key sk in the item"}"#
        ),
    ]

    @Test(arguments: cancelled)
    func `what names no item cancels with its reason`(member: String, reason: String) throws {
        let reply = try statements.transaction(
            statement("UPDATE simple SET n = 7 WHERE id = 'b'"), statement(member))
        #expect(reply.json("CancellationReasons") == #"[{"Code":"None"},\#(reason)]"#)
    }

    static let invalid: [(member: String, message: String)] = [
        ("SLECT * FROM simple", "Statement wasn't well formed, can't be processed: Expected data manipulation"),
        (
            "UPDATE simple SET n = 1 WHERE id = 'a' RETURNING ALL NEW *",
            "RETURNING clause is not supported in ExecuteTransaction."
        ),
        (
            "SELECT * FROM simple WHERE id = 'a' AND n = 1",
            "Select statements within ExecuteTransaction must specify the primary key in the where clause."
        ),
        ("SELECT * FROM pair.by_g WHERE g = 'g'", "Reads on indices are not supported within transactions."),
        (
            "EXISTS(SELECT * FROM simple WHERE id = 'a')",
            "EXISTS() must contain a single item read with additional condition"
        ),
        (
            "SELECT * FROM pair WHERE pk IN ['a', 'a'] AND sk = 1",
            "Overlapping conditions with range keys are not supported in where clause"
        ),
    ]

    @Test(arguments: invalid)
    func `a statement that no transaction takes refuses it`(member: String, message: String) throws {
        #expect(
            try statements.transaction(statement(member)).error
                == "ValidationException: Validation failed in TransactStatements[0]: \(message)")
    }

    @Test func `reads and writes do not mix, and no item is named twice`() throws {
        #expect(
            try statements.transaction(
                statement("SELECT * FROM simple WHERE id = 'a'"), statement("DELETE FROM simple WHERE id = 'b'")
            ).message == "ExecuteTransaction API does not support both read and write operations in the same request.")
        let twice = "Transaction request cannot include multiple operations on one item"
        #expect(
            try statements.transaction(
                statement("DELETE FROM simple WHERE id = 'a'"), statement("UPDATE simple SET n = 1 WHERE id = 'a'")
            ).message == twice)
        #expect(
            try statements.transaction(
                statement("SELECT * FROM simple WHERE id = 'a'"), statement("SELECT n FROM simple WHERE id = 'a'")
            ).message == twice)
    }

    @Test func `a transaction of reads answers in order`() throws {
        let reply = try statements.transaction(
            statement("SELECT n FROM simple WHERE id = 'b'"), statement("SELECT * FROM simple WHERE id = 'none'"),
            more: #","ReturnConsumedCapacity":"TOTAL""#)
        #expect(reply.json("Responses") == #"[{"Item":{"n":{"N":"2"}}},{}]"#)
        #expect(
            reply.json("ConsumedCapacity")
                == #"[{"TableName":"simple","CapacityUnits":4.0,"ReadCapacityUnits":4.0}]"#)
    }

    @Test func `a token makes a repetition harmless`() throws {
        let token = #","ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL""#
        let update = statement("UPDATE simple SET n = n + 1 WHERE id = ?", #"{"S":"a"}"#)
        _ = try statements.transaction(update, more: token)
        let again = try statements.transaction(update, more: token)
        #expect(
            again.json("ConsumedCapacity")
                == #"[{"TableName":"simple","CapacityUnits":2.0,"ReadCapacityUnits":2.0}]"#)
        #expect(try item("a") == #"{"id":{"S":"a"},"n":{"N":"2"}}"#)
        let other = statement("UPDATE simple SET n = n + 1 WHERE id = ?", #"{"S":"b"}"#)
        #expect(try statements.transaction(other, more: token).code == "IdempotentParameterMismatchException")
        // The tokens of TransactWriteItems are others.
        try statements.region.ok(
            "TransactWriteItems",
            #"{"ClientRequestToken":"t","TransactItems":[{"Delete":{"TableName":"simple","Key":{"id":{"S":"b"}}}}]}"#)
    }
}

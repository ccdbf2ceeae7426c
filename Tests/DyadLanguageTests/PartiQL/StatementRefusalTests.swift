import DyadLanguage
import DyadModel
import Testing

/// What AWS says of statements before it looks at their tables.
///
/// Sources: dynamodb-conformance, error-messages/partiqlGrammar, partiqlFunctions, partiqlIndexQualifier and partiql
/// (October 2026); floci's integration tests of documented syntax and edge cases (September 2026): all recorded from AWS.
/// Where neither knows, the words are those of the parser that AWS was recorded to use, or of DynamoDB local.
@Suite struct StatementRefusalTests {
    private static let malformed = "Statement wasn't well formed, can't be processed: "

    static let grammar: [(statement: String, reason: String)] = [
        ("SLECT * FROM \"t\" WHERE pk = 'x'", "Expected data manipulation"),
        ("UPDATE Payment-x SET a = 1 WHERE pk = 'x'", "Expected data manipulation"),
        ("UPDATE t WHERE pk = 'x'", "Expected data manipulation"),
        ("SELECT * FROM t WHERE pk = 1 foo", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE pk = 1 e5", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE pk = 1)", "Unexpected token after expression"),
        ("INSERT INTO t VALUE {'pk': 1} foo", "Unexpected token after expression"),
        ("UPDATE t SET a = 9 WHERE pk = 1 foo", "Unexpected token after expression"),
        ("DELETE FROM t WHERE pk = 1 ORDER BY pk", "Unexpected token after expression"),
        ("SELECT * FROM t ORDER BY pk WHERE pk = 1", "Unexpected token after expression"),
        ("FROM t SET c = 1 WHERE pk = 'x'", "Unexpected token after expression"),
        ("INSERT INTO t x VALUE {'pk': 'x'}", "Unexpected token after expression"),
        ("SELECT * FROM t; SELECT * FROM t", "Unexpected token after semicolon. (Only one query is allowed.)"),
        ("SELECT * FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE;", "Unexpected term"),
        ("SELECT * FROM t WHERE NOT", "Unexpected term"),
        ("SELECT * FROM t WHERE (", "Unexpected term"),
        ("SELECT * FROM", "Unexpected term"),
        ("DELETE FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE a = 1 AND", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 OR", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE ORDER BY pk", "Unexpected keyword"),
        ("SELECT * FROM t WHERE IS NULL", "Unexpected operator"),
        ("SELECT * FROM t WHERE pk = LIKE", "Unexpected operator"),
        ("SELECT * FROM t WHERE x IS FOO", "Expected type name"),
        ("DELETE FROM", "Expected identifier for simple path"),
        ("DELETE FROM WHERE pk = 'x'", "Expected identifier for simple path"),
        ("DELETE t WHERE pk = 'x'", "Expected FROM after DELETE"),
        ("SELECT a WHERE pk = 'x'", "Expected FROM after SELECT list"),
        ("SELECT m.inner FROM t", "Invalid path dot component"),
        ("UPDATE t SET a WHERE pk = 'x'", "Expected '='"),
        ("SELECT * FROM t WHERE a BETWEEN 1 AND", "Expected expression after AND"),
        (
            "DELETE FROM t WHERE pk = 'x' RETURNING OLD *",
            "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."
        ),
        ("INSERT INTO t VALUE {'pk' 1}", "Expected COLON"),
        ("SELECT * FROM t WHERE pk = 1e2147483648", ""),
        ("SELECT * FROM t WHERE pk = 1e99999999999", ""),
        ("SELECT * FROM t WHERE pk = 1.5e-2147483647", ""),
        ("SELECT * FROM t WHERE pk = 1 # note", ""),
        ("SELECT * FROM t WHERE pk = 1 /* note", ""),
        ("SELECT * FROM \"t WHERE pk = 1", ""),
        ("SELECT * FROM t WHERE pk = 'x", ""),
    ]

    @Test(arguments: grammar)
    func `a statement that cannot be read says why`(statement: String, reason: String) {
        #expect(refusal(of: statement) == Self.malformed + reason)
    }

    static let meaning: [(statement: String, message: String)] = [
        ("x IS INT4", "Unsupported operation: IsType"),
        ("SELECT * FROM t x WHERE pk = 'x'", "Aliasing is not supported"),
        ("SELECT * FROM t AS x WHERE pk = 'x'", "Aliasing is not supported"),
        ("SELECT s AS x FROM t", "Aliasing is not supported"),
        ("UPDATE t x SET a = 3 WHERE pk = 'x'", "Aliasing is not supported"),
        ("DELETE FROM t x WHERE pk = 'x'", "Aliasing is not supported"),
        ("SELECT id FROM dbimp_page LIMIT 5", "Unsupported clause: LIMIT at 1:33:1"),
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ("SELECT attribute_exists(ss) FROM t", "Unexpected path component at 1:8:16"),
        ("SELECT 1 FROM t", "Unexpected path component at 1:8:1"),
        ("SELECT a, a FROM t", "Duplicate identifiers in select clause: a"),
        ("SELECT a.z, b.z FROM t", "Duplicate identifiers in select clause: z"),
        ("SELECT l[-1] FROM t", "List index is not within the allowable range; index: [-1] at 1:11:1"),
        ("SELECT l[2147483648] FROM t", "List index is not within the allowable range; index: [2147483648] at 1:10:10"),
        ("SELECT * FROM t, u", "Only select from a single table or index is supported."),
        ("SELECT * FROM \"t\".\"i\".\"x\"", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM \"t\".\"\"", "Path component cannot be an empty string"),
        ("SELECT * FROM \"\"", "Path component cannot be an empty string"),
        ("SELECT * FROM t WHERE a", "WHERE clause must contain an expression that resolves to a boolean"),
        ("SELECT * FROM t WHERE EXISTS(ss)", "Unrecognized function: exists at 1:23:6"),
        ("SELECT * FROM t WHERE set_add(ss, <<'x'>>) = ss", "Unrecognized function: set_add at 1:23:7"),
        (
            "SELECT * FROM t WHERE attribute_exists('ss')",
            "Operator or function requires a document path; operator or function: attribute_exists"
        ),
        (
            "SELECT * FROM t WHERE attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 0"
        ),
        (
            "SELECT * FROM t WHERE attribute_type(a, 1)",
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"
        ),
        (
            "SELECT * FROM t WHERE a < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
        ),
        (
            "SELECT * FROM t WHERE attribute_exists(n) > false",
            "Incorrect operand type for operator or function; operator or function: >, operand type: BOOL"
        ),
        (
            "SELECT * FROM t WHERE a IN [\((0...100).map(String.init).joined(separator: ","))]",
            "The IN operator is provided with too many operands; number of operands: 101"
        ),
        ("SELECT * FROM t ORDER BY pk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("SELECT * FROM t WHERE a = <<>>", "Empty bags are not supported"),
        (
            "SELECT * FROM t WHERE a = <<'x', 1>>",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
        ),
        (
            "SELECT * FROM t WHERE a = <<'x', 'x'>>",
            "One or more parameter values were invalid: Input collection [x, x] contains duplicates."
        ),
        (
            "SELECT * FROM t WHERE a = <<2, 2.0>>",
            "One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under root"
        ),
        (
            "SELECT * FROM t WHERE pk = 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root"
        ),
        (
            "UPDATE t SET a = 1e-131 WHERE pk = 1",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range under root"
        ),
        (
            "SELECT * FROM t WHERE pk = 123456789012345678901234567890123456789",
            "Attempting to store more than 38 significant digits in a Number under root"
        ),
        (
            "INSERT INTO t VALUE {'pk': 1, 'm': {'x': 1e126}}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root.x"
        ),
        (
            "INSERT INTO t VALUE {'pk': 1, 'l': [1, 1e126]}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root[1]"
        ),
        (
            "INSERT INTO t VALUE {'pk': 'x', 'm': {'k': ?}}",
            "Unsupported data type: Parameter under key root.k at 1:44:1"
        ),
        (
            "INSERT INTO t VALUE {'pk': 'x', 'ss': set_add(<<'a'>>, <<'b'>>)}",
            "Unsupported data type: set_add under key root at 1:39:7"
        ),
        ("INSERT INTO t VALUE {'pk': 'x'} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        (
            "INSERT INTO \"t\".\"i\" VALUE {'pk': 'x'}",
            "FROM clause may only contain a single table name in data manipulation statements"
        ),
        ("UPDATE \"t\".\"i\" SET a = 1 WHERE pk = 'x'", "This operation is not supported on an index"),
        ("DELETE FROM \"t\".\"i\" WHERE pk = 'x'", "This operation is not supported on an index"),
        (
            "DELETE FROM t WHERE pk = 'x' RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
        ),
        ("UPDATE t SET ss = set_add(ss) WHERE pk = 'x'", "SET_ADD must have exactly two arguments at 1:19:7"),
        (
            "UPDATE t SET u = set_add(ss, <<'x'>>) WHERE pk = 'x'",
            "The first argument to SET_ADD must equal the assignment value at 1:18:7"
        ),
        (
            "UPDATE t SET ss = set_delete(ss, 'a') WHERE pk = 'x'",
            "The second argument to SET_DELETE must be a value with type SET at 1:30:2"
        ),
        (
            "UPDATE t SET n = 'a' + 1 WHERE pk = 'x'",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S"
        ),
        ("UPDATE t SET n = f(1) WHERE pk = 'x'", "Unrecognized function: f at 1:18:1"),
    ]

    @Test(arguments: meaning)
    func `what PartiQL has and DynamoDB has not is refused`(statement: String, message: String) {
        #expect(refusal(of: statement, [s("p")]) == message)
    }

    @Test func `each place for a parameter needs one`() {
        #expect(
            refusal(of: "SELECT * FROM t WHERE a = ? AND b = ?", [n(1)])
                == "Number of parameters in request and statement don't match.")
    }

    @Test func `literals nest one level less than items, and the place is spelled out`() {
        func nested(_ levels: Int) -> String {
            String(repeating: "{'a': ", count: levels) + "1" + String(repeating: "}", count: levels)
        }
        #expect(refusal(of: "UPDATE t SET m = \(nested(31)) WHERE pk = 'x'") == nil)
        #expect(
            refusal(of: "UPDATE t SET m = \(nested(32)) WHERE pk = 'x'")
                == "Nesting Levels have exceeded supported limits under root" + String(repeating: ".a", count: 32))
    }

    /// Each opens one more level.
    static let deep = ["(", "[", "NOT ", "- ", "1 = ", "1 + ", "{'a':", "size(", "f(1, "]

    @Test(arguments: deep)
    func `a statement that nests without end is refused, not followed`(start: String) {
        let text = String(repeating: start, count: 1500)
        #expect(refusal(of: "SELECT * FROM t WHERE \(text)1")?.hasPrefix(Self.malformed) == true)
        #expect(refusal(of: "UPDATE t SET a = \(text)1 WHERE pk = 'x'")?.hasPrefix(Self.malformed) == true)
    }

    @Test func `a long run of conditions is no deep one`() {
        let run = (0..<250).map { "a\($0) = 1" }
        #expect(refusal(of: "SELECT * FROM t WHERE \(run.joined(separator: " AND "))") == nil)
        #expect(refusal(of: "SELECT * FROM t WHERE \(run.joined(separator: " OR "))") == nil)
    }

    static let legal = [
        "select * from \"t\" where pk = 'it''s' -- a note", "SELECT * /* a note */ FROM t;",
        "SELECT a, b.c, d[0].e FROM t.i WHERE pk IN ('a', 'b') AND size(a) >= 2",
        "SELECT * FROM t WHERE pk = - - 1 AND NOT (a != 1 OR b <> 2)",
        "SELECT * FROM t WHERE (n BETWEEN 0 AND 5) = true AND attribute_exists(ss) = attribute_exists(flag)",
        "SELECT * FROM t WHERE a NOT IN [1, 2] AND b NOT BETWEEN 1 AND 2 AND c IS NOT MISSING AND d IS BOOL",
        "INSERT INTO t value {'pk': ?, 's': <<'a', 'b'>>, 'l': [1, {'x': null}], 'n': .5e1}",
        "UPDATE t SET a = 1, b = b - 1 SET c = list_append(c, [1]) REMOVE d REMOVE e[0] WHERE pk = 'x' RETURNING ALL NEW *",
        "FROM t WHERE pk = 'x' SET a = 1 REMOVE b RETURNING MODIFIED OLD *",
        "DELETE FROM t WHERE pk = 'x' AND a IS NULL RETURNING ALL OLD *",
        "EXISTS(SELECT * FROM t WHERE pk = 'x' AND a = 1)",
    ]

    @Test(arguments: legal)
    func `what AWS runs is read`(statement: String) {
        #expect(refusal(of: statement, [s("p")]) == nil)
    }
}

/// The message of what is thrown for a statement, at once or behind its table.
private func refusal(of statement: String, _ parameters: [AttributeValue] = []) -> String? {
    message {
        let statement = try PartiQLStatement(parsing: statement, parameters)
        if case .select(let select) = statement, let fault = select.fault { throw fault }
    }
}

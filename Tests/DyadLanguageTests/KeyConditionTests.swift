import DyadLanguage
import DyadModel
import Testing

@Suite struct KeyConditionTests {
    static let hash = KeySchema(partition: [.init("p", .string)], sort: [])
    static let composite = KeySchema(partition: [.init("p", .string)], sort: [.init("c", .number)])
    static let texts = KeySchema(partition: [.init("p", .string)], sort: [.init("c", .string)])
    /// An index with two partition and three sort attributes.
    static let multiple = KeySchema(
        partition: [.init("h", .string), .init("i", .number)],
        sort: [.init("r", .string), .init("t", .number), .init("u", .string)])

    private func bound(
        _ text: String, _ values: [Text: AttributeValue], to schema: KeySchema = composite, names: [Text: Text]? = nil
    ) throws -> BoundKeyCondition {
        var placeholders = try Placeholders(names: names, values: values)
        let condition = try KeyCondition(parsing: text, &placeholders)
        try placeholders.checkAllUsed()
        return try condition.bind(to: schema)
    }

    @Test func `the partition alone`() throws {
        let all = try bound(" p  =   :p ", [":p": s("x")])
        #expect(all == BoundKeyCondition(partition: [s("x")], sortEquals: [], sort: nil))
    }

    static let sorts: [(String, SortCondition)] = [
        ("c = :v", .equal(n(3))), ("c < :v", .less(n(3))), ("c <= :v", .lessOrEqual(n(3))), ("c > :v", .greater(n(3))),
        ("c >= :v", .greaterOrEqual(n(3))), (":v = c", .equal(n(3))), (":v < c", .greater(n(3))),
        (":v <= c", .greaterOrEqual(n(3))), (":v > c", .less(n(3))), (":v >= c", .lessOrEqual(n(3))),
        ("c BeTwEeN :v aNd :v", .between(n(3), n(3))),
    ]

    @Test(arguments: sorts)
    func `one condition on the sort key, in either order, with parentheses or without`(
        text: String, expected: SortCondition
    ) throws {
        for text in ["p = :p AND \(text)", "\(text) AND p = :p", "((\(text)) AND (:p = p))"] {
            let bound = try bound(text, [":p": s("x"), ":v": n(3)])
            #expect(bound == BoundKeyCondition(partition: [s("x")], sortEquals: [], sort: expected))
        }
    }

    @Test func `begins_with and placeholders for names`() throws {
        let found = try bound(
            "#p = :p AND begins_with(#c, :v)", [":p": s("x"), ":v": s("00")], to: Self.texts,
            names: ["#p": "p", "#c": "c"])
        #expect(found.sort == .beginsWith(s("00")))
    }

    static let complaints: [(String, String)] = [
        // The expression itself.
        ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
        ("p", "Invalid KeyConditionExpression: Syntax error; token: \"<EOF>\", near: \"p\""),
        ("p = :p AND c != :n", "Invalid KeyConditionExpression: Syntax error; token: \"!\", near: \"c !=\""),
        (
            "p = :q",
            "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: :q"
        ),
        ("p = :p AND dog(c, :n)", "Invalid KeyConditionExpression: Invalid function name; function: dog"),
        (
            "p = :p AND BEGINS_WITH(c, :s)",
            "Invalid KeyConditionExpression: Invalid function name; function: BEGINS_WITH"
        ),
        (
            "p = :p AND begins_with(c, :n)",
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
                + "operator or function: begins_with, operand type: N"
        ),
        ("((c = :n) AND ((p = :p)))", "Invalid KeyConditionExpression: The expression has redundant parentheses;"),
        (
            "p = :p AND c BETWEEN :n AND :m",
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
                + "lower bound; lower bound operand: AttributeValue: {N:3}, upper bound operand: AttributeValue: {N:2}"
        ),
        // Its shape.
        ("c = :n OR p = :p", "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT c = :n AND p = :p", "Invalid operator used in KeyConditionExpression: NOT"),
        ("p = :p AND c <> :n", "Invalid operator used in KeyConditionExpression: <>"),
        ("p = :p AND c IN (:n)", "Invalid operator used in KeyConditionExpression: IN"),
        ("p = :p AND attribute_exists(c)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
        ("p = :p AND attribute_not_exists(c)", "Invalid operator used in KeyConditionExpression: attribute_not_exists"),
        ("p = :p AND attribute_type(c, :s)", "Invalid operator used in KeyConditionExpression: attribute_type"),
        ("p = :p AND contains(c, :n)", "Invalid operator used in KeyConditionExpression: contains"),
        ("p = :p AND size(c) = :n", "KeyConditionExpressions cannot contain nested operations"),
        ("p = :p AND a.b < :n", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("p = c", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
        (":p = :n", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        (
            "p = :p AND :n BETWEEN c AND :n",
            "Invalid condition in KeyConditionExpression: "
                + "BETWEEN operator must have the key attribute as its first operand"
        ),
        (
            "p = :p AND begins_with(:s, c)",
            "Invalid condition in KeyConditionExpression: "
                + "begins_with operator must have the key attribute as its first operand"
        ),
        (
            "p = :p AND p = :p",
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
        ),
        (
            "p = :p AND c >= :m AND c <= :n",
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
        ),
        // This key.
        (
            "p = :p AND c < :n AND a < :n",
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"
        ),
        ("c = :n", "Query condition missed key schema element: p"),
        ("a = :n", "Query condition missed key schema element: p"),
        ("p = :p AND a < :n", "Query condition missed key schema element: c"),
        ("p < :p", "Query key condition not supported"),
        ("begins_with(p, :p)", "Query key condition not supported"),
        (
            "p = :n",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        ),
        (
            "p = :p AND c = :s",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        ),
        (
            "p = :e",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
                + "string value. Key: p"
        ),
    ]

    /// Known from dynalite, ScyllaDB's test_key_condition_expression.py and the conformance suite.
    @Test(arguments: complaints)
    func `AWS's complaint about a key condition`(text: String, expected: String) {
        let values: [Text: AttributeValue] = [":p": s("x"), ":n": n(3), ":m": n(2), ":s": s("S"), ":e": s("")]
        #expect(
            message {
                var placeholders = try Placeholders(names: nil, values: values)
                _ = try KeyCondition(parsing: text, &placeholders).bind(to: Self.composite)
            } == expected)
    }

    @Test func `its shape is told without a schema, its key only with one`() throws {
        var placeholders = try Placeholders(names: nil, values: [":n": n(1)])
        try KeyCondition(parsing: "a = :n", &placeholders).checkShape()
        let bad = try KeyCondition(parsing: "a = :n OR b = :n", &placeholders)
        #expect(message { try bad.checkShape() } == "Invalid operator used in KeyConditionExpression: OR")
    }

    @Test func `a table without sort key takes no second condition`() {
        #expect(
            message { _ = try bound("p = :p AND c = :c", [":p": s("x"), ":c": n(1)], to: Self.hash) }
                == "The number of query conditions (2) exceeds the number of key attributes defined in the schema (1)")
    }

    @Test func `an empty sort key value is told too`() {
        #expect(
            message { _ = try bound("p = :p AND c > :c", [":p": s("x"), ":c": s("")], to: Self.texts) }
                == "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                + "empty string value. Key: c")
    }

    @Test func `several attributes: the partition wholly, the sort from the left, a range only last`() throws {
        let values: [Text: AttributeValue] = [":h": s("x"), ":i": n(1), ":r": s("y"), ":t": n(2)]
        #expect(
            try bound("r = :r AND t > :t AND i = :i AND h = :h", values, to: Self.multiple)
                == BoundKeyCondition(partition: [s("x"), n(1)], sortEquals: [s("y")], sort: .greater(n(2))))
        #expect(
            try bound("h = :h AND i = :i", [":h": s("x"), ":i": n(1)], to: Self.multiple)
                == BoundKeyCondition(partition: [s("x"), n(1)], sortEquals: [], sort: nil))
        #expect(
            try bound("h = :h AND i = :i AND r = :r", values.filter { $0.key != ":t" }, to: Self.multiple)
                == BoundKeyCondition(partition: [s("x"), n(1)], sortEquals: [], sort: .equal(s("y"))))
    }

    static let multipleComplaints: [(String, String)] = [
        ("h = :h", lacking("HASH", "i")), ("r = :r", lacking("HASH", "h, i")),
        ("h = :h AND i > :i", lacking("HASH", "i")),
        ("h = :h AND i = :i AND t = :t", lacking("RANGE", "r", before: "t")),
        ("h = :h AND i = :i AND u = :r", lacking("RANGE", "r, t", before: "u")),
        ("h = :h AND i = :i AND r = :r AND u = :r", lacking("RANGE", "t", before: "u")),
        ("h = :h AND i = :i AND r > :r AND t = :t", lacking("RANGE", "r", before: "t")),
        ("h = :h AND i = :i AND begins_with(r, :r) AND t > :t", lacking("RANGE", "r", before: "t")),
        ("h = :h AND i = :i AND another = :t", "Query condition missed key schema element: r"),
        (
            "h = :h AND i = :i AND r = :r AND t = :t AND u = :r AND another = :t",
            "The number of query conditions (6) exceeds the number of key attributes defined in the schema (5)"
        ),
        (
            "h = :h AND i = :r",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        ),
        (
            "h = :h AND i = :i AND r = :t",
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        ),
    ]

    private static func lacking(_ kind: String, _ names: String, before later: String? = nil) -> String {
        "\(kind) key attributes \(names) must have equality conditions specified in the query"
            + (later.map { " because a condition is present on key attribute \($0)" } ?? "")
    }

    /// Known from the conformance suite's multiAttributeGsiKey and ScyllaDB's test_gsi_composite.py.
    @Test(arguments: multipleComplaints)
    func `AWS's complaint about a condition of a key of several attributes`(text: String, expected: String) throws {
        let values: [Text: AttributeValue] = [":h": s("x"), ":i": n(1), ":r": s("y"), ":t": n(2)]
        var placeholders = try Placeholders(names: nil, values: values)
        let condition = try KeyCondition(parsing: text, &placeholders)
        #expect(message { _ = try condition.bind(to: Self.multiple) } == expected)
    }
}

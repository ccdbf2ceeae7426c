import DyadLanguage
import DyadModel
import Testing

@Suite struct ConditionMessageTests {
    @Test(arguments: [parentheses, functions, undefined, operands, distinct, bounds].joined())
    func `AWS's complaint about a condition`(transcript: Transcript) throws {
        var placeholders = try transcript.placeholders()
        #expect(
            message { _ = try Condition(parsing: transcript.expression, as: .filter, &placeholders) }
                == "Invalid FilterExpression: " + transcript.message)
    }

    static let parentheses: [Transcript] = [
        "((attribute_not_exists(pk)))", "((a = b))", "(((a) = b))", "a = ((b))", "((a)) = b",
        "contains(((a)), b)", "((a.b)) = c", "a = b AND ((c = d OR e = f))", "a IN (((b)))",
    ].map { Transcript($0, "The expression has redundant parentheses;", source: Source.dynalite) }

    @Test(arguments: [
        "(a = b)", "(a) = (b)", "((a) = (b))", "(a).b = c", "((a).b) = c", "(a = b) AND (c = d)",
        "((a = b) AND (c = d))",
        "(NOT (a = b))", "((size(a)) > b)", "(size(a)) > b", "a IN ((b), (c))", "a BETWEEN (b) AND (c)",
        "(contains(a, b))",
    ])
    func `one pair of parentheses around anything is fine`(text: String) throws { _ = try condition(text) }

    static let functions: [Transcript] = [
        Transcript("dog(a) = b", "Invalid function name; function: dog", source: Source.alternator),
        Transcript("dog(a) AND ttl = b", "Invalid function name; function: dog", source: Source.dynalite),
        Transcript(
            "if_not_exists(a, b) = c", "The function is not allowed in a condition expression; function: if_not_exists",
            source: Source.local),
        Transcript(
            "list_append(a, b) = c", "The function is not allowed in a condition expression; function: list_append",
            source: Source.local),
        Transcript(
            "size(a)", "The function is not allowed to be used this way in an expression; function: size",
            source: Source.alternator),
        Transcript(
            "NOT size(a)", "The function is not allowed to be used this way in an expression; function: size",
            source: Source.dynalite),
        Transcript(
            "attribute_exists(a) < :v",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
            source: Source.alternator),
        Transcript(
            "contains(a, begins_with(b, c))",
            "The function is not allowed to be used this way in an expression; function: begins_with",
            source: Source.dynalite),
        Transcript(
            "a IN (contains(b, c))",
            "The function is not allowed to be used this way in an expression; function: contains",
            source: Source.dynalite),
        Transcript(
            "attribute_exists(a, ttl)", "Attribute name is a reserved keyword; reserved keyword: ttl",
            source: Source.dynalite),
    ]

    static let undefined: [Transcript] = [
        Transcript(
            "#missing = :v",
            "An expression attribute name used in the document path is not defined; attribute name: #missing",
            source: Source.conformance),
        Transcript(
            "a = :v", "An expression attribute value used in expression is not defined; attribute value: :v",
            source: Source.dynalite),
        Transcript(
            "a.#b[1].#c = :v",
            "An expression attribute name used in the document path is not defined; attribute name: #c",
            names: ["#b": "b"], source: Source.dynalite),
        Transcript(
            "attribute_exists(:v)",
            "An expression attribute value used in expression is not defined; attribute value: :v",
            source: Source.alternator),
        // One condition after the other: the operand count of the first before the undefined value of the second.
        Transcript(
            "attribute_exists(a, b) AND c = :v",
            "Incorrect number of operands for operator or function; "
                + "operator or function: attribute_exists, number of operands: 2",
            source: Source.dynalite),
        Transcript(
            "attribute_exists(a, :v) AND c = d",
            "An expression attribute value used in expression is not defined; attribute value: :v",
            source: Source.dynalite),
    ]

    static let operands: [Transcript] =
        [
            ("size(a, a) = b", "size", 2), ("contains(a)", "contains", 1), ("begins_with(a, b, c)", "begins_with", 3),
            ("attribute_type(a)", "attribute_type", 1), ("attribute_not_exists(a, b)", "attribute_not_exists", 2),
        ].map { (text, function, count) in
            Transcript(
                text,
                "Incorrect number of operands for operator or function; "
                    + "operator or function: \(function), number of operands: \(count)",
                source: Source.dynalite)
        }
        + [
            ("begins_with(a, :v)", "begins_with", "N", n(2)), ("begins_with(:v, a)", "begins_with", "SS", ss("a")),
            ("begins_with(a, size(b))", "begins_with", "N", nil), ("size(:v) = a", "size", "BOOL", .bool(true)),
            ("size(:v) = a", "size", "N", n(1)), ("size(size(a)) = b", "size", "N", nil),
            ("attribute_type(a, :v)", "attribute_type", "N", n(1)),
            ("attribute_type(a, b)", "attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}", nil),
            ("a > :v", ">", "L", l(n(1))), (":v <= a", "<=", "L", l(n(1))), ("a < :v", "<", "BOOL", .bool(true)),
            ("a >= :v", ">=", "M", m([:])), ("a BETWEEN :v AND b", "BETWEEN", "L", l(n(1))),
        ].map { (text, function, type, value: AttributeValue?) in
            Transcript(
                text,
                "Incorrect operand type for operator or function; operator or function: \(function), "
                    + "operand type: \(type)",
                values: value.map { [":v": $0] } ?? [:], source: Source.dynalite)
        }
        + [
            Transcript(
                "attribute_exists(:v)",
                "Operator or function requires a document path; operator or function: attribute_exists",
                values: [":v": n(1)], source: Source.alternator),
            Transcript(
                "attribute_not_exists(size(a))",
                "Operator or function requires a document path; operator or function: attribute_not_exists",
                source: Source.dynalite),
            Transcript(
                "attribute_type(a, :v)",
                "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                values: [":v": s("DOG")], source: Source.dynalite),
        ]

    static let distinct: [Transcript] = [
        ("contains(#a, #a)", "contains", "[data_]"), ("#a = data_", "=", "[data_]"),
        ("a[1].b <> a[1].b", "<>", "[a, [1], b]"),
        ("begins_with(a.b, a.b)", "begins_with", "[a, b]"), ("a IN (b, a)", "IN", "[a]"),
    ].map { (text, function, path) in
        Transcript(
            text,
            "The first operand must be distinct from the remaining operands for this operator or function; "
                + "operator: \(function), first operand: \(path)",
            names: text.contains("#a") ? ["#a": "data_"] : [:], source: Source.conformance)
    }

    static let bounds: [Transcript] = [
        Transcript(
            "a BETWEEN :x AND :y",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                + "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
            values: [":x": n(2), ":y": n(1)], source: Source.dynalite),
        Transcript(
            "a BETWEEN :x AND :y",
            "The BETWEEN operator requires same data type for lower and upper bounds; "
                + "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:dog}",
            values: [":x": n(2), ":y": s("dog")], source: Source.dynalite),
    ]

    @Test func `a filter may not name the key of what is queried`() throws {
        let schema = KeySchema(partition: [.init("pk", .string)], sort: [.init("sk", .string)])
        #expect(
            message { try condition("a = b AND size(sk) > pk.x").checkFilters(none: schema) }
                == "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk")
        #expect(
            message { try condition("a.pk = b OR contains(c, sk)").checkFilters(none: schema) }
                == "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk")
        try condition("a.pk = b").checkFilters(none: schema)
    }

    @Test func `it knows the top-level attributes it reads`() throws {
        let names = ["#x": "a.b"] as [Text: Text]
        let text =
            "#x.c = d[1] OR NOT (size(e) IN (f, g) AND contains(h, i)) OR attribute_exists(j) OR k BETWEEN m AND o"
        #expect(
            try condition(text, names: names).rootNames
                == ["a.b", "d", "e", "f", "g", "h", "i", "j", "k", "m", "o"])
    }
}

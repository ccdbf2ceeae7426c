import DyadLanguage
import DyadModel
import Testing

@Suite struct UpdateMessageTests {
    @Test(arguments: [order, paths, functions, operands].joined())
    func `AWS's complaint about an update`(transcript: Transcript) throws {
        var placeholders = try transcript.placeholders()
        #expect(
            message { _ = try Update(parsing: transcript.expression, &placeholders) }
                == "Invalid UpdateExpression: " + transcript.message)
    }

    /// Each class of complaint over the whole expression before the next.
    static let order: [Transcript] = [
        Transcript(
            "set #c = if_not_exist(:c) set ttl = d", "Attribute name is a reserved keyword; reserved keyword: ttl",
            source: Source.dynalite),
        Transcript(
            "set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist",
            source: Source.dynalite),
        Transcript(
            "set a = #c set c = :d", "The \"SET\" section can only be used once in an update expression;",
            source: Source.dynalite),
        Transcript(
            "remove #d set a = b remove e", "The \"REMOVE\" section can only be used once in an update expression;",
            source: Source.dynalite),
        Transcript(
            "add #d :e set a = b add e :f", "The \"ADD\" section can only be used once in an update expression;",
            source: Source.dynalite),
        Transcript(
            "delete #d :e set a = b delete #e :f",
            "The \"DELETE\" section can only be used once in an update expression;", source: Source.dynalite),
        Transcript(
            "SET a = :v, a = #c",
            "An expression attribute name used in the document path is not defined; attribute name: #c",
            source: Source.dynalite),
        Transcript(
            "SET a = if_not_exists(:c), a = b",
            "An expression attribute value used in expression is not defined; attribute value: :c",
            source: Source.dynalite),
        Transcript(
            "set b = list_append(:a, a), c = if_not_exists(a) add a.b :a",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
                + "typeSet: ALLOWED_FOR_ADD_OPERAND",
            values: [":a": s("a")], source: Source.dynalite),
    ]

    static let paths: [Transcript] =
        [
            ("set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", "overlap", "[c, [1], a]", "[c]"),
            ("set c.b.#c = a, c = a, #d = a", "overlap", "[c, b, c]", "[c]"),
            ("set a = b remove a, #c, #d", "overlap", "[a]", "[a]"),
            ("set #c[3].#d = a, #c[3] = a", "overlap", "[c, [3], [3]]", "[c, [3]]"),
            ("remove c, #c.a, #d", "overlap", "[c]", "[c, a]"),
            ("remove a, #c, a, #d", "overlap", "[a]", "[a]"),
            ("set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", "conflict", "[c, [3], [3]]", "[c, [3], [3]]"),
            ("remove a.#c set a[1] = #d", "conflict", "[a, c]", "[a, [1]]"),
            ("set a.b.c = b, a.b[2] = b", "conflict", "[a, b, c]", "[a, b, [2]]"),
        ].map { (text, verb, one, two) in
            Transcript(
                text,
                "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
                    + "path one: \(one), path two: \(two)",
                names: ["#c": "c", "#d": "[3]"], source: Source.dynalite)
        }

    static let functions: [Transcript] = [
        Transcript("SET a = f(b,c,d)", "Invalid function name; function: f", source: Source.alternator),
        Transcript("SET a = f123_hi(b,c,d)", "Invalid function name; function: f123_hi", source: Source.alternator),
        Transcript(
            "SET a = LIST_APPEND(b, c)", "Invalid function name; function: LIST_APPEND", source: Source.alternator),
        Transcript(
            "SET a = size(b)", "The function is not allowed in an update expression; function: size",
            source: Source.local),
        Transcript(
            "SET a = list_append(list_append(b, c), d)",
            "The function is not allowed to be used this way in an expression; function: list_append",
            source: Source.alternator),
        Transcript(
            "set a = if_not_exists(c)",
            "Incorrect number of operands for operator or function; "
                + "operator or function: if_not_exists, number of operands: 1",
            source: Source.dynalite),
        Transcript(
            "set a = list_append(b, c, d)",
            "Incorrect number of operands for operator or function; "
                + "operator or function: list_append, number of operands: 3",
            source: Source.alternator),
        Transcript(
            "set a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
            source: Source.dynalite),
        Transcript(
            "set a = if_not_exists(:a, c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
            values: [":a": n(1)], source: Source.dynalite),
    ]

    static let operands: [Transcript] =
        [
            ("add a.b :a", s("a"), "ADD", "STRING"), ("delete a.b :a", s("a"), "DELETE", "STRING"),
            ("add a.b :a", .null, "ADD", "NULL"), ("add a.b :a", .bool(false), "ADD", "BOOLEAN"),
            ("delete a.b :a", .bool(false), "DELETE", "BOOLEAN"), ("add a.b :a", b(1), "ADD", "BINARY"),
            ("delete a.b :a", m([:]), "DELETE", "MAP"), ("add a.b :a", l(n(1)), "ADD", "LIST"),
            ("delete a.b :a", n(1), "DELETE", "NUMBER"),
        ].map { (text, value: AttributeValue, action, type) in
            Transcript(
                text, "Incorrect operand type for operator or function; operator: \(action), operand type: \(type)",
                values: [":a": value], source: Source.dynalite)
        }
        + [
            ("set a = list_append(:a, a)", s("a"), "list_append", "S"),
            ("set a = list_append(a, :a)", n(1), "list_append", "N"),
            ("set a = list_append(a, :a)", ss("a"), "list_append", "SS"),
            ("set a = list_append(a, :a)", m([:]), "list_append", "M"),
            ("set a = a + :a", s("a"), "+", "S"), ("set a = :a - a", b(1), "-", "B"), ("set a = :a + b", l(), "+", "L"),
        ].map { (text, value: AttributeValue, function, type) in
            Transcript(
                text,
                "Incorrect operand type for operator or function; operator or function: \(function), "
                    + "operand type: \(type)",
                values: [":a": value], source: Source.dynalite)
        }

    @Test(arguments: ["set a = (b + c)", "set a = ((b.c.d)+(e))", "set a = (b)", "set a = if_not_exists((a), (b))"])
    func `one pair of parentheses around anything is fine`(text: String) throws { _ = try update(text) }

    @Test func `the key cannot be changed, by any action`() throws {
        let schema = KeySchema(partition: [.init("pk", .string)], sort: [.init("sk", .string)])
        for (text, name) in [
            ("SET pk = :v", "pk"), ("SET a = :v REMOVE sk", "sk"), ("ADD sk :v", "sk"), ("SET pk.a = :v", "pk"),
        ] {
            #expect(
                message { try update(text, values: [":v": n(1)]).checkTouches(none: schema) }
                    == "One or more parameter values were invalid: "
                    + "Cannot update attribute \(name). This attribute is part of the key")
        }
        try update("SET a = pk, b.sk = sk").checkTouches(none: schema)
    }
}

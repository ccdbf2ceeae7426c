import DyadLanguage
import DyadModel
import Testing

/// `token` is what cannot stand there, `near` runs from the token before to the token after it, as written.
@Suite struct SyntaxErrorTests {
    static let conditions: [(String, token: String, near: String)] = [
        ("a-b", "-", "a-b"),
        ("a", "<EOF>", "a"),
        (":a", "<EOF>", ":a"),
        ("a IN ()", ")", "()"),
        ("a =", "<EOF>", "="),
        ("a = = b", "=", "= = b"),
        ("a = b c", "c", "b c"),
        ("a = b AND", "<EOF>", "AND"),
        ("a = 1", "1", "= 1"),
        ("a = \"x\"", "\"", "= \"x"),
        ("a != :v", "!", "a !="),
        ("(a = b", "<EOF>", "b"),
        ("a = b)", ")", "b)"),
        ("a AND b = c", "AND", "a AND b"),
        ("attribute_exists(_c)", "_", "(_c"),
        ("attribute_exists(c._d)", "_", "._d"),
        ("a[:i] = b", ":i", "[:i]"),
        ("a[#i] = b", "#i", "[#i]"),
        ("a[-1] = b", "-", "[-1"),
        ("a. = b", "=", ". = b"),
        ("a = # ", "#", "= # "),
        ("ä = b", "ä", "ä ="),
        ("a BETWEEN b", "<EOF>", "b"),
        ("a BETWEEN b OR c", "OR", "b OR c"),
        ("and = b", "and", "and ="),
        ("a = in", "in", "= in"),
        ("f() = b", ")", "() ="),
        ("a = (b = c)", "=", "b = c"),
        ("NOT a", "<EOF>", "a"),
    ]

    @Test(arguments: conditions)
    func `a condition says where it stopped making sense`(text: String, token: String, near: String) {
        #expect(
            message { _ = try condition(text) }
                == "Invalid ConditionExpression: Syntax error; token: \"\(token)\", near: \"\(near)\"")
    }

    static let updates: [(String, token: String, near: String)] = [
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("SET _123 = :v", "_", "SET _123"),
        ("SET a", "<EOF>", "a"),
        ("SET", "<EOF>", "SET"),
        ("add a", "<EOF>", "a"),
        ("set a=set", "set", "=set"),
        ("remove a = b", "=", "a = b"),
        ("add a = b", "=", "a = b"),
        ("delete a b", "b", "a b"),
        ("delete a if_not_exist(b)", "if_not_exist", "a if_not_exist("),
        ("remove a b", "b", "a b"),
        ("set :a = b", ":a", "set :a ="),
        ("set a = b / c", "/", "b / c"),
        ("set a[1] = 1", "1", "= 1"),
        ("SET if_not_exist(a, b) = a", "(", "if_not_exist(a"),
        ("set (a = (b + c))", "(", "set (a"),
        ("set a = (b.c).d + e", ".", ").d"),
        ("set a = b + c + d", "+", "c + d"),
        ("set a = (b + c) + d", "+", ") + d"),
        ("set c = if_not_exists(c, :v+:w)", "+", ":v+:w"),
        ("set a = b,", "<EOF>", ","),
        ("set hi-there = :v", "-", "hi-there"),
        ("set a = b, set c = d", "set", ", set c"),
    ]

    @Test(arguments: updates)
    func `an update says where it stopped making sense`(text: String, token: String, near: String) {
        #expect(
            message { _ = try update(text) }
                == "Invalid UpdateExpression: Syntax error; token: \"\(token)\", near: \"\(near)\"")
    }

    static let projections: [(String, token: String, near: String)] = [
        ("!!", "!", "!!"),
        ("a,", "<EOF>", ","),
        (",a", ",", ",a"),
        ("a,,b", ",", ",,b"),
        ("a b", "b", "a b"),
        (":a", ":a", ":a"),
        ("a[0", "<EOF>", "0"),
        ("size(a)", "(", "size(a"),
    ]

    @Test(arguments: projections)
    func `a projection says where it stopped making sense`(text: String, token: String, near: String) {
        #expect(
            message { _ = try projection(text) }
                == "Invalid ProjectionExpression: Syntax error; token: \"\(token)\", near: \"\(near)\"")
    }

    @Test func `every kind of expression names its parameter, and none may be empty`() throws {
        for kind in [ExpressionKind.condition, .filter, .keyCondition] {
            #expect(
                message {
                    var placeholders = Placeholders()
                    _ = try Condition(parsing: "", as: kind, &placeholders)
                } == "Invalid \(kind.rawValue): The expression can not be empty;")
        }
        #expect(message { _ = try update("") } == "Invalid UpdateExpression: The expression can not be empty;")
        #expect(message { _ = try projection("") } == "Invalid ProjectionExpression: The expression can not be empty;")
    }

    @Test func `white space may stand between any two tokens, in paths too`() throws {
        let item: Item = ["a": m(["b": l(n(1), n(7))])]
        let text = "\n attribute_exists\t( a . b [ 1 ] )\r\n"
        #expect(try condition(text).isSatisfied(by: item))
        #expect(try projection(" a . b [ 1 ] ").apply(to: item) == ["a": m(["b": l(n(7))])])
    }

    @Test func `keywords are told in any case, functions are not`() throws {
        let item: Item = ["a": n(1)]
        #expect(
            try condition("nOt a BeTwEeN :x aNd :y oR a iN (:x)", values: [":x": n(5), ":y": n(6)])
                .isSatisfied(by: item))
        #expect(try update("sEt b = a rEmOvE a").apply(to: item) == ["b": n(1)])
        #expect(
            message { _ = try condition("ATTRIBUTE_EXISTS(a)") }
                == "Invalid ConditionExpression: Invalid function name; function: ATTRIBUTE_EXISTS")
    }
}

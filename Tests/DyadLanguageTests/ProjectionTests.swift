import DyadLanguage
import DyadModel
import Testing

/// Known from ScyllaDB's test_projection_expression.py, which runs against AWS too.
@Suite struct ProjectionTests {
    static let item: Item = [
        "p": s("key"), "a": m(["b": l(n(2), n(4), m(["x": s("hi"), "y": s("yo")])), "c": n(5)]), "b": s("hello"),
    ]

    static let shown: [(String, Item)] = [
        ("a", ["a": item["a"] ?? .null]),
        ("b, p", ["b": s("hello"), "p": s("key")]),
        ("a.b", ["a": m(["b": l(n(2), n(4), m(["x": s("hi"), "y": s("yo")]))])]),
        ("a.b[0]", ["a": m(["b": l(n(2))])]),
        ("a.b[2]", ["a": m(["b": l(m(["x": s("hi"), "y": s("yo")]))])]),
        ("a.b[2].y", ["a": m(["b": l(m(["y": s("yo")]))])]),
        ("a.b[1], a.b[0]", ["a": m(["b": l(n(2), n(4))])]),
        ("a.b[2].x, a.b[0]", ["a": m(["b": l(n(2), m(["x": s("hi")]))])]),
        ("a.b[2].x, a.b[2].y", ["a": m(["b": l(m(["x": s("hi"), "y": s("yo")]))])]),
        ("a.b[0],a.c", ["a": m(["b": l(n(2)), "c": n(5)])]),
        ("a.c,b", ["a": m(["c": n(5)]), "b": s("hello")]),
        ("a.x, a.b[0], x, a.b[3].x", ["a": m(["b": l(n(2))])]),
        ("x", [:]), ("a.b[3]", [:]), ("a.x", [:]), ("a.x.y", [:]), ("a.b[3].x", [:]),
        ("a.b.x", [:]), ("a[0]", [:]), ("a.b[0].x", [:]), ("a.b[0][0]", [:]),
    ]

    @Test(arguments: shown)
    func `it keeps maps' shape and closes lists' gaps`(text: String, expected: Item) throws {
        #expect(try projection(text).apply(to: Self.item) == expected)
    }

    @Test func `empty documents are shown when they are named, not when they are passed through`() throws {
        let item: Item = ["a": m(["b": m([:]), "c": l()])]
        #expect(try projection("a.b, a.c").apply(to: item) == item)
        #expect(try projection("a.b.x, a.c[0]").apply(to: item) == [:])
    }

    @Test func `a dot in a placeholder's name is part of the name`() throws {
        let item: Item = ["a.b": s("hi"), "a": m(["b": s("yo")])]
        #expect(try projection("a.b").apply(to: item) == ["a": m(["b": s("yo")])])
        #expect(try projection("#n", names: ["#n": "a.b"]).apply(to: item) == ["a.b": s("hi")])
    }

    static let overlaps: [(String, String, String)] = [
        ("a, a", "[a]", "[a]"), ("a, a.b[0]", "[a]", "[a, b, [0]]"), ("a.b.d.e, a.b", "[a, b, d, e]", "[a, b]"),
        ("a[1], b, a[1]", "[a, [1]]", "[a, [1]]"), ("a.b[0],a.b[0]", "[a, b, [0]]", "[a, b, [0]]"),
        ("#a, a", "[a]", "[a]"),
    ]

    @Test(arguments: overlaps)
    func `no path may be in another`(text: String, one: String, two: String) {
        #expect(
            message { _ = try projection(text, names: ["#a": "a"]) }
                == "Invalid ProjectionExpression: Two document paths overlap with each other; "
                + "must remove or rewrite one of these paths; path one: \(one), path two: \(two)")
    }

    @Test(arguments: ["a, b", "a.b, a.c", "a.b.d, a.b.e", "a[1], a[2]", "a.b, a.c[2]"])
    func `paths side by side are fine`(text: String) throws { _ = try projection(text) }

    @Test func `no path may take a list for what another takes for a map`() {
        #expect(
            message { _ = try projection("a.b, a[1]") }
                == "Invalid ProjectionExpression: Two document paths conflict with each other; "
                + "must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]")
    }

    @Test func `reserved words are told before undefined names`() {
        #expect(
            message { _ = try projection("#x, name") }
                == "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name")
        #expect(
            message { _ = try projection("#x, a, a") }
                == "Invalid ProjectionExpression: An expression attribute name used in the document path is not "
                + "defined; attribute name: #x")
    }

    @Test func `it says when plain names are all it takes`() throws {
        #expect(try projection("b, #n, a", names: ["#n": "c.d"]).plainNames == ["b", "c.d", "a"])
        #expect(try projection("b, a[0]").plainNames == nil)
        #expect(try projection("b.x, b.y, a").rootNames == ["a", "b"])
    }
}

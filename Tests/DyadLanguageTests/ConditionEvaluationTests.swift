import DyadLanguage
import DyadModel
import Testing

/// What conditions mean; known from ScyllaDB's test_condition_expression.py, which runs against AWS too.
@Suite struct ConditionEvaluationTests {
    private func holds(_ text: String, _ item: Item, _ values: [Text: AttributeValue]? = nil) throws -> Bool {
        try condition(text, values: values).isSatisfied(by: item)
    }

    @Test func `equality knows all ten types, and no two types are equal`() throws {
        for (i, left) in oneOfEach.enumerated() {
            for (j, right) in oneOfEach.enumerated() {
                #expect(try holds("a = b", ["a": left, "b": right]) == (i == j))
                #expect(try holds("a = :v", ["a": left], [":v": right]) == (i == j))
                #expect(try holds("a <> :v", ["a": left], [":v": right]) == (i != j))
            }
        }
    }

    @Test func `numbers are equal by value, strings by bytes`() throws {
        #expect(try holds("a = :v", ["a": .number(DynamoNumber("1.0"))], [":v": n(1)]))
        #expect(try !holds("a = :v", ["a": s("\u{E9}")], [":v": s("e\u{301}")]))
    }

    @Test func `the absent equals nothing and differs from everything, itself included`() throws {
        #expect(try !holds("a = b", [:]))
        #expect(try holds("a <> b", [:]))
        #expect(try holds("a <> :v", [:], [":v": n(1)]))
        for comparator in ["<", "<=", ">", ">="] {
            #expect(try !holds("a \(comparator) b", [:]))
            #expect(try holds("NOT a \(comparator) :v", [:], [":v": n(1)]))
        }
        #expect(try !holds("a IN (b)", [:]))
        #expect(try !holds("a BETWEEN b AND c", [:]))
    }

    @Test(arguments: [(s("cat"), s("dog")), (n(-3), n(2)), (b(127), b(128)), (s("Z"), s("a")), (s("a"), s("aa"))])
    func `strings, numbers and binaries have an order`(small: AttributeValue, great: AttributeValue) throws {
        let item: Item = ["a": small, "b": great]
        #expect(try holds("a < b", item) && holds("a <= b", item) && holds("b > a", item) && holds("b >= a", item))
        #expect(try !holds("b < a", item) && !holds("b <= a", item) && !holds("a > b", item) && !holds("a >= b", item))
        let same: Item = ["a": small, "b": small]
        #expect(try !holds("a < b", same) && holds("a <= b", same) && !holds("a > b", same) && holds("a >= b", same))
        #expect(try holds("a BETWEEN :x AND :y", ["a": small], [":x": small, ":y": great]))
        #expect(try holds("a BETWEEN :x AND :y", ["a": great], [":x": small, ":y": great]))
        #expect(try !holds("a BETWEEN b AND c", ["a": small, "b": great, "c": small]))
    }

    @Test func `other types have none, and different types do not compare`() throws {
        for value in oneOfEach where ![.string, .number, .binary].contains(value.kind) {
            #expect(try !holds("a <= b", ["a": value, "b": value]))
            #expect(try !holds("a >= b", ["a": value, "b": value]))
        }
        #expect(try !holds("a > :v", ["a": n(1)], [":v": s("17")]))
        #expect(try !holds("a BETWEEN b AND :v", ["a": n(1), "b": n(0)], [":v": s("dog")]))
    }

    @Test func `IN compares with each, whatever their types`() throws {
        #expect(try holds("a IN (:x, :y)", ["a": n(174)], [":x": s("dog"), ":y": n(174)]))
        for value in oneOfEach { #expect(try holds("a IN (b)", ["a": value, "b": value])) }
        #expect(try !holds("a IN (:x)", ["a": n(2)], [":x": n(1)]))
    }

    @Test func `begins_with knows strings and binaries, in either order`() throws {
        #expect(try holds("begins_with(a, :v)", ["a": s("hello")], [":v": s("hell")]))
        #expect(try holds("begins_with(:v, a)", ["a": s("he")], [":v": s("hello")]))
        #expect(try holds("begins_with(a, :v)", ["a": b(1, 2)], [":v": b(1)]))
        #expect(try !holds("begins_with(a, :v)", ["a": s("hello")], [":v": s("dog")]))
        #expect(try !holds("begins_with(a, :v)", ["a": n(12)], [":v": s("1")]))
        #expect(try !holds("begins_with(a, b)", ["a": s("1")]))
        #expect(try holds("begins_with(a, :v)", ["a": s("x")], [":v": s("")]))
        // "e" is a prefix of "é" in two scalars, by bytes.
        #expect(try holds("begins_with(a, :v)", ["a": s("e\u{301}")], [":v": s("e")]))
    }

    @Test func `contains looks into strings, binaries, sets and lists`() throws {
        #expect(try holds("contains(a, :v)", ["a": s("hello")], [":v": s("ell")]))
        #expect(try holds("contains(a, :v)", ["a": s("hello")], [":v": s("lo")]))
        #expect(try holds("contains(a, :v)", ["a": s("hello")], [":v": s("")]))
        #expect(try !holds("contains(a, :v)", ["a": s("hello")], [":v": s("lol")]))
        #expect(try !holds("contains(a, :v)", ["a": s("")], [":v": s("l")]))
        #expect(try holds("contains(a, :v)", ["a": b(1, 1, 2, 3)], [":v": b(1, 2)]))
        #expect(try holds("contains(a, :v)", ["a": ns(2, 4)], [":v": n(4)]))
        #expect(try holds("contains(a, :v)", ["a": ss("x", "yz")], [":v": s("yz")]))
        #expect(try !holds("contains(a, :v)", ["a": ss("x", "yz")], [":v": s("y")]))
        #expect(try holds("contains(a, :v)", ["a": .binarySet([[1]])], [":v": b(1)]))
        #expect(try holds("contains(a, :v)", ["a": l(s("hi"), ns(1, 2), l(n(3)))], [":v": ns(2, 1)]))
        #expect(try holds("contains(a, :v)", ["a": l(l(n(3), n(4)))], [":v": l(n(3), n(4))]))
        #expect(try !holds("contains(a, :v)", ["a": ns(1, 2)], [":v": ns(1)]))
        #expect(try !holds("contains(a, :v)", ["a": m(["x": n(1)])], [":v": n(1)]))
        #expect(try !holds("contains(a, b)", ["a": s("x")]))
    }

    @Test(arguments: zip(oneOfEach, [5, nil, 2, nil, nil, 1, 1, 2, 2, 2]))
    func `size counts what a value has, and numbers, booleans and null have none`(
        value: AttributeValue, size: Int?
    ) throws {
        #expect(try holds("size(a) = :v", ["a": value], [":v": n(size ?? 1)]) == (size != nil))
        #expect(try holds("size(a) >= :v", ["a": value], [":v": n(0)]) == (size != nil))
    }

    @Test func `a string's size is in UTF-16 units`() throws {
        #expect(try holds("size(a) = :v", ["a": s("é𝄞")], [":v": n(3)]))
    }

    @Test func `size compares with attributes, and to a string is no error`() throws {
        #expect(try holds("size(a) = b", ["a": s("hello"), "b": n(5)]))
        #expect(try !holds("size(a) = :v", ["a": s("hello")], [":v": s("dog")]))
        #expect(try holds("b IN (size(a), c)", ["a": s("hello"), "b": n(5)]))
    }

    @Test func `attribute_type tells each of the ten, of a value too`() throws {
        for value in oneOfEach {
            for kind in AttributeValue.Kind.allCases {
                #expect(
                    try holds("attribute_type(a, :t)", ["a": value], [":t": s(kind.rawValue)]) == (value.kind == kind))
            }
        }
        #expect(try holds("attribute_type(:v, :t)", [:], [":v": n(0), ":t": s("N")]))
        #expect(try !holds("attribute_type(a, :t)", [:], [":t": s("NULL")]))
    }

    @Test func `paths lead into documents, and nowhere is false`() throws {
        let item: Item = ["b": m(["x": n(1), "y": l(n(-1), n(2), n(0))])]
        #expect(try holds("attribute_exists(b.x)", item))
        #expect(try holds("b.x < b.y[1]", item))
        #expect(try !holds("b.x < b.y[0]", item))
        #expect(try !holds("b.z < b.y[100]", item))
        #expect(
            try holds(
                "attribute_not_exists(b[0]) AND attribute_not_exists(b.y.x) AND attribute_not_exists(b.x.x)", item))
    }

    @Test func `a placeholder is one name, whatever is in it`() throws {
        let item: Item = ["a.b": n(1), "and": m(["or": n(2)])]
        let names: [Text: Text] = ["#a": "a.b", "#and": "and", "#or": "or"]
        #expect(try condition("#a < #and.#or", names: names).isSatisfied(by: item))
    }

    @Test func `NOT binds closer than AND, AND closer than OR`() throws {
        let item: Item = ["a": n(1), "b": n(2), "c": n(3)]
        #expect(try holds("a < b OR c < b AND b < c", item))
        #expect(try holds("a < b OR a < c AND c < a", item))
        #expect(try !holds("(a < b OR a < c) AND c < a", item))
        #expect(try !holds("NOT a < b AND c < b", item))
        #expect(try holds("NOT (a < b AND c < b)", item))
        #expect(try holds("b BETWEEN a AND c AND a < b", item))
        #expect(try holds("NOT NOT NOT NOT a < b", item))
    }

    @Test(arguments: [
        ("aabaaab", "aaab", true), ("aaaab", "aab", true), ("abababac", "ababac", true), ("ababab", "abac", false),
        ("aaa", "aaaa", false), ("abc", "c", true), ("abc", "d", false), ("abc", "abc", true), ("", "", true),
    ])
    func `contains finds a part wherever it begins`(text: String, part: String, found: Bool) throws {
        #expect(try holds("contains(a, :v)", ["a": s(text)], [":v": s(part)]) == found)
        let binary = AttributeValue.binary(Array(text.utf8))
        #expect(try holds("contains(a, :v)", ["a": binary], [":v": .binary(Array(part.utf8))]) == found)
    }

    /// 40,000 million comparisons if each place were tried anew.
    @Test func `contains looks at each byte of a large value a few times`() throws {
        let text = AttributeValue.binary([UInt8](repeating: 97, count: 400_000))
        let part = AttributeValue.binary([UInt8](repeating: 97, count: 200_000) + [98])
        #expect(try !holds("contains(a, :v)", ["a": text], [":v": part]))
    }
}

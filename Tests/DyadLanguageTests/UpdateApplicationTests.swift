import DyadLanguage
import DyadModel
import Testing

/// What updates do; known from ScyllaDB's test_update_expression.py and test_returnvalues.py, which run against AWS too.
@Suite struct UpdateApplicationTests {
    private func after(
        _ text: String, _ item: Item, _ values: [Text: AttributeValue]? = nil
    ) throws -> Item {
        try update(text, values: values).apply(to: item)
    }

    private let badPath = "The document path provided in the update expression is invalid for update"
    private let absent = "The provided expression refers to an attribute that does not exist in the item"
    private let wrongType = "An operand in the update expression has an incorrect data type"

    @Test func `SET writes, overwrites and copies; the rest of the item stays`() throws {
        #expect(
            try after("SET b = :v, c = a", ["a": s("x"), "b": n(1)], [":v": n(2)]) == [
                "a": s("x"), "b": n(2), "c": s("x"),
            ])
    }

    @Test func `every operand reads the old item`() throws {
        #expect(try after("REMOVE a SET b = a", ["a": n(1)]) == ["b": n(1)])
        #expect(try after("SET a = b, b = a", ["a": n(1), "b": n(2)]) == ["a": n(2), "b": n(1)])
        #expect(message { _ = try after("SET x = :v, y = x", [:], [":v": n(1)]) } == absent)
    }

    @Test func `an absent operand is an error, also in functions and sums`() {
        for text in [
            "SET c = z", "SET z = z", "SET a = list_append(z, :l)", "SET a = :n + z", "SET a = if_not_exists(z, y)",
        ] {
            #expect(
                message {
                    var placeholders = try Placeholders(names: nil, values: [":l": l(), ":n": n(1)])
                    _ = try Update(parsing: text, &placeholders).apply(to: ["p": n(1)])
                } == absent)
        }
    }

    @Test func `sums and differences are exact`() throws {
        #expect(try after("SET b = a + :v", ["a": n(2)], [":v": n(3)]) == ["a": n(2), "b": n(5)])
        #expect(try after("SET a = :v - a", ["a": n(2)], [":v": n(3)]) == ["a": n(1)])
        #expect(try after("SET a = a + a", ["a": .number(DynamoNumber("0.1"))]) == ["a": .number(DynamoNumber("0.2"))])
        #expect(message { _ = try after("SET a = a + :v", ["a": s("x")], [":v": n(3)]) } == wrongType)
        let great = AttributeValue.number(try DynamoNumber("9.9e125"))
        #expect(
            message { _ = try after("SET a = a + a", ["a": great]) }
                == "Number overflow. Attempting to store a number with magnitude larger than supported range")
    }

    @Test func `list_append joins two lists, and if_not_exists chooses`() throws {
        #expect(try after("SET a = list_append(a, :v)", ["a": l(n(1))], [":v": l(n(2))]) == ["a": l(n(1), n(2))])
        #expect(try after("SET b = list_append(:v, a)", ["a": l(n(1))], [":v": l(n(2))])["b"] == l(n(2), n(1)))
        #expect(message { _ = try after("SET a = list_append(a, :v)", ["a": n(1)], [":v": l()]) } == wrongType)
        #expect(try after("SET a = if_not_exists(a, :v)", ["a": n(1)], [":v": n(2)]) == ["a": n(1)])
        #expect(try after("SET b = if_not_exists(c, :v)", ["a": n(1)], [":v": n(2)])["b"] == n(2))
        #expect(try after("SET b = if_not_exists(a, z)", ["a": n(1)])["b"] == n(1))
        #expect(
            try after("SET a = list_append(if_not_exists(a, :v), :v)", [:], [":v": l(n(2))]) == ["a": l(n(2), n(2))])
        #expect(try after("SET a = if_not_exists(a, :v) + :v", [:], [":v": n(2)]) == ["a": n(4)])
        #expect(try after("SET x = if_not_exists(b, if_not_exists(a, :v))", ["a": n(1)], [":v": n(2)])["x"] == n(1))
    }

    @Test func `ADD counts, starts at nothing, and joins sets`() throws {
        #expect(try after("ADD a :v, b :v", ["a": n(3)], [":v": n(4)]) == ["a": n(7), "b": n(4)])
        #expect(
            try after("ADD a :v, b :v", ["a": ss("x", "y")], [":v": ss("y", "z")]) == [
                "a": ss("x", "y", "z"), "b": ss("y", "z"),
            ])
        #expect(try after("ADD a :v", ["a": ns(1)], [":v": ns(2)]) == ["a": ns(1, 2)])
        for (old, value) in [(s("x"), n(1)), (ss("x"), n(1)), (ss("x"), ns(1)), (l(n(1)), ns(1)), (n(1), ns(1))] {
            #expect(message { _ = try after("ADD a :v", ["a": old], [":v": value]) } == wrongType)
        }
    }

    @Test func `DELETE takes members away, and with the last the attribute`() throws {
        #expect(try after("DELETE a :v", ["a": ss("x", "y")], [":v": ss("y", "z")]) == ["a": ss("x")])
        #expect(try after("DELETE a :v", ["a": ss("x"), "b": n(1)], [":v": ss("x")]) == ["b": n(1)])
        #expect(try after("DELETE a :v", ["b": n(1)], [":v": ss("x")]) == ["b": n(1)])
        #expect(try after("DELETE m.a :v", ["m": m(["a": ns(1)])], [":v": ns(1)]) == ["m": m([:])])
        for old in [s("x"), ns(1), l(s("x"))] {
            #expect(message { _ = try after("DELETE a :v", ["a": old], [":v": ss("x")]) } == wrongType)
        }
    }

    @Test func `nested paths change what they name alone`() throws {
        let item: Item = [
            "a": m(["b": n(3), "c": l(s("hi"), m(["x": m(["y": l(n(3), n(5), n(7))]), "q": n(2)]))]), "d": n(5),
        ]
        #expect(
            try after("SET a.c[1].x.y[1] = :v", item, [":v": n(9)])
                == [
                    "a": m(["b": n(3), "c": l(s("hi"), m(["x": m(["y": l(n(3), n(9), n(7))]), "q": n(2)]))]), "d": n(5),
                ])
        #expect(
            try after("REMOVE a.c[1].x.y[1], a.c[1].q", item)
                == ["a": m(["b": n(3), "c": l(s("hi"), m(["x": m(["y": l(n(3), n(7))])]))]), "d": n(5)])
        #expect(
            try after("SET a.e = a.c[1].x.y[2], a.b = :v REMOVE d ADD a.c[1].q :v", item, [":v": n(1)])
                == [
                    "a": m(["b": n(1), "e": n(7), "c": l(s("hi"), m(["x": m(["y": l(n(3), n(5), n(7))]), "q": n(3)]))])
                ])
    }

    @Test func `indexes mean the old list, whatever is removed or set`() throws {
        let item: Item = ["a": l(n(2), n(3), n(4), n(5), n(6), n(7))]
        for text in ["REMOVE a[1] SET a[3] = :v", "SET a[3] = :v REMOVE a[1]"] {
            #expect(try after(text, item, [":v": n(17)]) == ["a": l(n(2), n(4), n(17), n(6), n(7))])
        }
        #expect(try after("REMOVE a[0], a[5], a[3], a[17]", item) == ["a": l(n(3), n(4), n(6))])
    }

    @Test func `what is set beyond a list's end is appended, by index`() throws {
        #expect(
            try after("SET a[84] = :x, a[37] = :y, a[1] = :z", ["a": l(n(0))], [":x": n(1), ":y": n(2), ":z": n(3)])
                == ["a": l(n(0), n(3), n(2), n(1))])
        #expect(try after("ADD a[9] :x", ["a": l()], [":x": n(1)]) == ["a": l(n(1))])
    }

    @Test func `a document may become empty`() throws {
        #expect(try after("REMOVE a.b, c[0]", ["a": m(["b": n(1)]), "c": l(n(1))]) == ["a": m([:]), "c": l()])
    }

    @Test(arguments: [
        "SET a.c = :v", "SET b.c = :v", "SET c.c = :v", "SET a[0] = :v", "SET c[0] = :v", "SET m[0] = :v",
        "SET b[0].x = :v",
        "SET b[7].x = :v", "SET m.x.y = :v", "ADD c.c :v", "ADD b[0].x :v",
    ])
    func `a path through nothing or through a scalar is an error`(text: String) {
        let item: Item = ["a": s("hello"), "b": l(s("hi")), "m": m([:])]
        #expect(message { _ = try after(text, item, [":v": n(7)]) } == badPath)
        #expect(message { _ = try update(text, values: [":v": n(7)]).apply(to: [:], isNew: true) } == badPath)
    }

    @Test func `REMOVE minds such a path too, unless there is no item at all`() throws {
        for text in ["REMOVE a.c", "REMOVE b.c", "REMOVE c.c", "REMOVE a[0]", "REMOVE c[0]"] {
            #expect(message { _ = try after(text, ["a": s("hello"), "b": l(s("hi"))]) } == badPath)
            #expect(try update(text).apply(to: ["p": n(1)], isNew: true) == ["p": n(1)])
        }
        let item: Item = ["a": m(["x": n(3)]), "b": l(s("hi"))]
        #expect(try after("REMOVE a.y, b[7], c", item) == item)
    }

    @Test func `operands are told before paths`() {
        #expect(message { _ = try after("SET a.b = z", [:]) } == absent)
    }

    // MARK: ReturnValues

    @Test func `UPDATED_OLD and UPDATED_NEW show the touched paths alone`() throws {
        let item: Item = ["p": s("k"), "a": m(["b": s("dog"), "c": l(n(1), n(2), n(3))]), "d": s("cat")]
        let change = try update("SET a.c[1] = :v, a.b = :w, e = :v REMOVE d", values: [":v": n(7), ":w": s("yo")])
        let new = try change.apply(to: item)
        #expect(change.touched(of: item) == ["a": m(["b": s("dog"), "c": l(n(2))]), "d": s("cat")])
        #expect(change.touched(of: new) == ["a": m(["b": s("yo"), "c": l(n(7))]), "e": n(7)])
        #expect(change.touchedPaths.map(\.root) == ["a", "a", "e", "d"])
    }

    @Test func `an element appended is not shown, and where one was removed the next one is`() throws {
        let item: Item = ["a": l(n(1), n(2), n(3))]
        let append = try update("SET a[100] = :v", values: [":v": n(7)])
        #expect(append.touched(of: try append.apply(to: item)) == [:])
        let remove = try update("REMOVE a[1], a[3]")
        #expect(remove.touched(of: item) == ["a": l(n(2))])
        #expect(remove.touched(of: try remove.apply(to: item)) == ["a": l(n(3))])
    }

    @Test func `it knows which attributes it reads or changes`() throws {
        let text = "SET a.b = if_not_exists(c.d, e), f = g + h, i = list_append(j, k) REMOVE l ADD m :v DELETE o :s"
        let roots = try update(text, values: [":v": n(1), ":s": ss("x")]).rootNames
        #expect(roots.count == Set(roots).count)
        #expect(
            Set(roots)
                == ["a", "c", "e", "f", "g", "h", "i", "j", "k", "l", "m", "o"])
    }
}

import DyadLanguage
import DyadModel
import Testing

/// What is known of a text serves the next request; nobody may see it by anything but the time.
@Suite struct TextCacheTests {
    @Test func `the same condition means what each request's placeholders say`() throws {
        let text = "#cached = :cached"
        for (name, value) in [("a", n(1)), ("b", s("x")), ("a", s("y"))] as [(Text, AttributeValue)] {
            let read = try condition(text, names: ["#cached": name], values: [":cached": value])
            #expect(read.rootNames == [name])
            #expect(read.isSatisfied(by: [name: value] as Item))
            #expect(!read.isSatisfied(by: [name: n(7)] as Item))
        }
        #expect(
            message { _ = try condition(text, names: ["#cached": "a"]) }
                == "Invalid ConditionExpression: An expression attribute value used in expression is not defined; "
                + "attribute value: :cached")
    }

    @Test func `the same update means what each request's placeholders say`() throws {
        let text = "SET #cached.b = if_not_exists(c, :cached) REMOVE d"
        for (name, value) in [("a", n(1)), ("e", s("x"))] as [(Text, AttributeValue)] {
            let read = try update(text, names: ["#cached": name], values: [":cached": value])
            #expect(Set(read.rootNames) == [name, "c", "d"])
            #expect(try read.apply(to: [name: m([:]), "d": n(1)]) == [name: m(["b": value])])
        }
        for _ in 0..<2 {
            // Names are told of before values.
            #expect(
                message { _ = try update(text) }
                    == "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; "
                    + "attribute name: #cached")
            #expect(
                message { _ = try update(text, names: ["#cached": "a"]) }
                    == "Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
                    + "attribute value: :cached")
        }
    }

    @Test func `without placeholders a text is the same each time, and its placeholders stay unused`() throws {
        for _ in 0..<3 {
            var placeholders = try Placeholders(names: ["#n": "a"], values: nil)
            let read = try Condition(parsing: "attribute_exists(cached.a)", as: .condition, &placeholders)
            #expect(read.isSatisfied(by: ["cached": m(["a": n(1)])] as Item))
            #expect(try Projection(parsing: "cached.a, b", &placeholders).paths.count == 2)
            #expect(throws: DynamoError.self) { try placeholders.checkAllUsed() }
        }
    }

    @Test func `a complaint is told each time, in the words of the parameter`() throws {
        for _ in 0..<2 {
            for kind in [ExpressionKind.condition, .filter, .condition] {
                for text in ["cached =", "cached = cached", "date = cached", "size(cached)", "attribute_exists(a, b)"] {
                    var placeholders = Placeholders()
                    let words = message { _ = try Condition(parsing: text, as: kind, &placeholders) }
                    #expect(words?.hasPrefix("Invalid \(kind.rawValue): ") == true, "\(text)")
                }
                var placeholders = Placeholders()
                #expect(throws: Never.self) { try Condition(parsing: "cached = b2", as: kind, &placeholders) }
            }
        }
    }

    @Test func `more texts than are kept are read rightly, and long ones too`() throws {
        for round in 0..<2 {
            for number in 0..<600 {
                let read = try condition("a\(number) = :v", values: [":v": n(round)])
                #expect(read.rootNames == [Text("a\(number)")])
            }
            let long = (0..<100).map { "attribute_exists(a\($0))" }.joined(separator: " AND ")
            #expect(try condition(long).paths.count == 100)
        }
    }
}

import DyadLanguage
import DyadModel
import Testing

@Suite struct LimitTests {
    @Test func `an expression has 4096 bytes at most, told before its syntax`() throws {
        _ = try condition("a = b" + String(repeating: " ", count: 4091))
        #expect(
            message { _ = try condition(String(repeating: "(", count: 4109)) }
                == "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; "
                + "expression size: 4109")
    }

    /// dynamodb-conformance, validation-ordering/deepRequests, captured from ten regions.
    @Test func `an update that is too long is refused without its size`() {
        #expect(
            message { _ = try update("SET a = b" + String(repeating: " ", count: 4088)) }
                == "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;")
    }

    @Test func `the size is counted in bytes`() {
        #expect(
            message { _ = try projection(String(repeating: "é", count: 2049)) }
                == "Invalid ProjectionExpression: Expression size has exceeded the maximum allowed size; "
                + "expression size: 4098")
    }

    @Test func `a condition has 300 operators at most, and parentheses are none`() throws {
        // 299 operators: 150 comparisons, 149 ORs, each in parentheses of its own.
        _ = try condition("a<b " + String(repeating: "or (a<b ", count: 149) + String(repeating: ")", count: 149))
        #expect(
            message { _ = try condition("a<b " + String(repeating: "or a<b ", count: 454)) }
                == "Invalid ConditionExpression: The expression contains too many operators; operator count: 301")
        #expect(
            message { _ = try condition(String(repeating: "not ", count: 1000) + "a<b") }
                == "Invalid ConditionExpression: The expression contains too many operators; operator count: 301")
    }

    @Test func `299 NOTs turn a condition around`() throws {
        let odd = try condition(String(repeating: "not ", count: 299) + "attribute_exists(a)")
        #expect(!odd.isSatisfied(by: ["a": n(1)] as Item))
        #expect(odd.isSatisfied(by: [:] as Item))
    }

    @Test func `IN takes 100 values and refuses 101`() throws {
        func text(_ count: Int) -> String {
            "a IN (" + (0..<count).map { "b\($0)" }.joined(separator: ", ") + ")"
        }
        _ = try condition(text(100))
        #expect(
            message { _ = try condition(text(101)) }
                == "Invalid ConditionExpression: The IN operator is provided with too many operands; "
                + "number of operands: 101")
    }

    @Test func `a path has 32 elements at most`() throws {
        func text(_ count: Int) -> String { (0..<count).map { "a\($0)" }.joined(separator: ".") }
        _ = try projection(text(32))
        #expect(
            message { _ = try projection(text(33)) }
                == "Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 33")
    }

    @Test(arguments: ["2147483648", "99999999999999999999999"])
    func `an index has a limit`(index: String) {
        #expect(
            message { _ = try projection("a[\(index)]") }
                == "Invalid ProjectionExpression: List index is not within the allowable range; index: [\(index)]")
    }

    @Test func `the greatest index is only beyond the end`() throws {
        #expect(try projection("a[2147483647]").apply(to: ["a": l(n(1))]) == [:])
        #expect(try update("SET a[2147483647] = a[00]").apply(to: ["a": l(n(1))]) == ["a": l(n(1), n(1))])
    }

    /// Within the limit of size, and as deep as can be.
    static let hostile: [String] = [
        String(repeating: "(", count: 4096),
        String(repeating: "(", count: 2046) + "a<b" + String(repeating: ")", count: 2046),
        "a < " + String(repeating: "f(", count: 1355) + "b" + String(repeating: ")", count: 1355),
        "a < " + String(repeating: "size(", count: 680) + "b" + String(repeating: ")", count: 680),
        "a < " + String(repeating: "size((", count: 580) + "b" + String(repeating: "))", count: 580),
        "a = " + String(repeating: "(", count: 2000) + "b" + String(repeating: ")", count: 2000),
        String(repeating: "a[0]", count: 1024),
        String(repeating: "NOT (", count: 800),
        String(repeating: "(NOT ", count: 290) + "a=b" + String(repeating: ")", count: 290) + ")",
    ]

    @Test(arguments: hostile)
    func `no condition exhausts the stack`(text: String) {
        #expect(message { _ = try condition(text) }?.hasPrefix("Invalid ConditionExpression: ") == true)
    }

    @Test func `functions nested too deep are told by name`() {
        #expect(
            message { _ = try condition(Self.hostile[2]) }
                == "Invalid ConditionExpression: Invalid function name; function: f")
    }

    @Test func `290 parentheses that all mean something are no error`() throws {
        let deep = try condition(String(repeating: "(NOT ", count: 290) + "a=b" + String(repeating: ")", count: 290))
        #expect(deep.isSatisfied(by: ["a": n(1), "b": n(1)] as Item))
    }

    @Test func `if_not_exists nests as deep as it fits`() throws {
        let count = 200
        let text =
            "SET x=" + String(repeating: "if_not_exists(a,", count: count) + "b" + String(repeating: ")", count: count)
        #expect(try update(text).apply(to: ["b": n(1)]) == ["b": n(1), "x": n(1)])
        let nested = "SET x=" + String(repeating: "f(", count: 1300) + "b" + String(repeating: ")", count: 1300)
        #expect(message { _ = try update(nested) } == "Invalid UpdateExpression: Invalid function name; function: f")
        let parentheses = "SET x=" + String(repeating: "(", count: 2000) + "b" + String(repeating: ")", count: 2000)
        #expect(
            message { _ = try update(parentheses) }
                == "Invalid UpdateExpression: The expression has redundant parentheses;")
    }

    private func nested(_ levels: Int) -> AttributeValue { (0..<levels).reduce(s("x")) { value, _ in m(["a": value]) } }

    @Test func `no update makes an item nest deeper than 32 levels`() throws {
        let tooDeep =
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
        let old: Item = ["a": nested(31), "l": l(nested(29)), "x": m([:])]
        #expect(try update("SET x.a = :v", values: [":v": nested(30)]).apply(to: old)["x"] == nested(31))
        #expect(message { _ = try update("SET x.a = :v", values: [":v": nested(31)]).apply(to: old) } == tooDeep)
        // What an item holds already can be moved down too.
        #expect(message { _ = try update("SET x.a = a").apply(to: old) } == tooDeep)
        #expect(message { _ = try update("SET x.a = list_append(l, l)").apply(to: old) } == nil)
        #expect(message { _ = try update("SET l[1] = a").apply(to: old) } == tooDeep)
    }

    @Test func `an update that makes an item too large is refused before it fills the memory`() throws {
        let item: Item = ["l": .list(Array(repeating: .null, count: 190_000))]
        let actions = (0..<5).map { "a\($0) = list_append(l, l)" }.joined(separator: ", ")
        let tooLarge = "Item size to update has exceeded the maximum allowed size"
        #expect(message { _ = try update("SET \(actions)").apply(to: item, bytesMax: 409_600) } == tooLarge)
        // Wrong operands are told first, wherever they stand.
        #expect(
            message { _ = try update("SET \(actions), b = nowhere").apply(to: item, bytesMax: 409_600) }
                == "The provided expression refers to an attribute that does not exist in the item")
        #expect(try update("SET b = :v", values: [":v": s("12345")]).apply(to: [:], bytesMax: 6) == ["b": s("12345")])
        #expect(
            message { _ = try update("SET b = :v", values: [":v": s("123456")]).apply(to: [:], bytesMax: 6) }
                == tooLarge)
    }
}

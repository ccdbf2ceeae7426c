import DyadLanguage
import DyadModel
import Testing

/// A comparison of the attribute `a`.
private func holds(
    _ comparison: ComparisonOperator, _ values: AttributeValue..., of item: Item
) throws -> Bool {
    let condition = try LegacyCondition("a", comparison, values)
    return try #require(Condition(legacy: [condition], joinedBy: nil)).isSatisfied(by: item)
}

struct LegacyConditionTests {
    @Test func `comparisons answer as those of expressions do`() throws {
        let item: Item = ["a": n(3)]
        #expect(try holds(.equal, n(3), of: item))
        #expect(try !holds(.equal, s("3"), of: item))
        #expect(try holds(.notEqual, s("3"), of: item))
        #expect(try holds(.less, n(4), of: item))
        #expect(try holds(.lessOrEqual, n(3), of: item))
        #expect(try !holds(.greater, n(3), of: item))
        #expect(try holds(.greaterOrEqual, n(3), of: item))
        #expect(try holds(.between, n(3), n(4), of: item))
        #expect(try holds(.isIn, n(1), n(3), of: item))
        #expect(try !holds(.greater, s("1"), of: item))
        #expect(try holds(.beginsWith, s("he"), of: ["a": s("hello")]))
    }

    @Test func `NULL and NOT_NULL ask whether there is an attribute, not for its type`() throws {
        #expect(try holds(.notNull, of: ["a": .null]))
        #expect(try !holds(.null, of: ["a": .null]))
        #expect(try holds(.null, of: [:]))
    }

    @Test(arguments: [s("hello"), ss("ell", "x"), l(s("ell"))])
    func `CONTAINS looks into strings, sets and lists`(value: AttributeValue) throws {
        #expect(try holds(.contains, s("ell"), of: ["a": value]))
        #expect(try !holds(.notContains, s("ell"), of: ["a": value]))
        #expect(try holds(.notContains, s("dog"), of: ["a": value]))
        #expect(try holds(.notContains, n(1), of: ["a": value]))
    }

    @Test func `NE holds of what is absent, NOT_CONTAINS does not`() throws {
        #expect(try holds(.notEqual, n(1), of: [:]))
        #expect(try !holds(.notContains, n(1), of: [:]))
        #expect(try !holds(.between, n(0), n(9), of: [:]))
    }

    @Test func `conditions are joined by AND unless OR is said`() throws {
        let conditions = [try LegacyCondition("a", .equal, [n(1)]), try LegacyCondition("b", .equal, [n(2)])]
        let item: Item = ["a": n(1), "b": n(3)]
        #expect(try #require(Condition(legacy: conditions, joinedBy: nil)).isSatisfied(by: item) == false)
        #expect(try #require(Condition(legacy: conditions, joinedBy: .and)).isSatisfied(by: item) == false)
        #expect(try #require(Condition(legacy: conditions, joinedBy: .or)).isSatisfied(by: item))
        #expect(Condition(legacy: [], joinedBy: .or) == nil)
    }

    @Test(arguments: [
        (ComparisonOperator.equal, [], "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (.equal, [n(1), n(2)], "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (.null, [n(1)], "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (.isIn, [], "Invalid number of argument(s) for the IN ComparisonOperator"),
        (.between, [n(1)], "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
        (.isIn, [n(1), s("a")], "AttributeValues inside AttributeValueList must be of same type"),
        (.less, [.bool(true)], "ComparisonOperator LT is not valid for BOOL AttributeValue type"),
        (.isIn, [l(n(1))], "ComparisonOperator IN is not valid for L AttributeValue type"),
        (.contains, [l(n(1))], "ComparisonOperator CONTAINS is not valid for L AttributeValue type"),
        (.beginsWith, [n(1)], "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"),
    ])
    func `arguments are refused in AWS's words`(
        comparison: ComparisonOperator, values: [AttributeValue], words: String
    ) {
        let found = message { _ = try LegacyCondition("a", comparison, values) }
        #expect(found == "One or more parameter values were invalid: \(words)")
    }

    @Test func `bounds the wrong way round are refused`() {
        #expect(
            message { _ = try LegacyCondition("a", .between, [s("b"), s("a")]) }
                == "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
    }
}

struct LegacyKeyConditionTests {
    private let key = KeySchema(partition: [.init("p", .string)], sort: [.init("c", .number)])

    private func bound(_ conditions: LegacyCondition...) throws -> BoundKeyCondition {
        try KeyCondition(legacy: conditions).bind(to: key)
    }

    @Test func `they bind as expressions do`() throws {
        let p = try LegacyCondition("p", .equal, [s("x")])
        #expect(try bound(p) == BoundKeyCondition(partition: [s("x")], sortEquals: [], sort: nil))
        let c = try LegacyCondition("c", .between, [n(1), n(2)])
        #expect(
            try bound(c, p) == BoundKeyCondition(partition: [s("x")], sortEquals: [], sort: .between(n(1), n(2))))
    }

    @Test func `what no key can answer is refused in AWS's words`() throws {
        let p = try LegacyCondition("p", .equal, [s("x")])
        func refusal(_ conditions: LegacyCondition...) -> String? {
            message { _ = try KeyCondition(legacy: conditions).bind(to: key) }
        }
        let notIndexable = "Attempted conditional constraint is not an indexable operation"
        #expect(refusal(p, try LegacyCondition("c", .notEqual, [n(1)])) == notIndexable)
        #expect(refusal(try LegacyCondition("p", .null, [])) == notIndexable)
        let notEqual = refusal(try LegacyCondition("p", .less, [s("a")]))
        #expect(notEqual == "Query key condition not supported")
        let missed = refusal(try LegacyCondition("c", .equal, [n(1)]))
        #expect(missed == "Query condition missed key schema element: p")
        let foreign = refusal(p, try LegacyCondition("a", .equal, [n(1)]))
        #expect(foreign == "Query condition missed key schema element: c")
        let type = refusal(p, try LegacyCondition("c", .equal, [s("1")]))
        #expect(
            type == "One or more parameter values were invalid: Condition parameter type does not match schema type")
        #expect(message { _ = try KeyCondition(legacy: []) } == "Conditions can be of length 1 or 2 only")
    }

    @Test func `a key of several attributes takes as many conditions`() throws {
        let schema = KeySchema(
            partition: [.init("h", .string)], sort: [.init("r", .string), .init("t", .number)])
        func bound(_ conditions: LegacyCondition...) throws -> BoundKeyCondition {
            try KeyCondition(legacy: conditions).bind(to: schema)
        }
        let h = try LegacyCondition("h", .equal, [s("x")])
        let r = try LegacyCondition("r", .equal, [s("y")])
        let t = try LegacyCondition("t", .greater, [n(1)])
        #expect(
            try bound(t, h, r)
                == BoundKeyCondition(partition: [s("x")], sortEquals: [s("y")], sort: .greater(n(1))))
        #expect(
            message { _ = try bound(h, t) }
                == "RANGE key attributes r must have equality conditions specified in the query because a condition is "
                + "present on key attribute t")
        #expect(
            message { _ = try bound(r, t) }
                == "HASH key attributes h must have equality conditions specified in the query")
        let notEqual = try LegacyCondition("t", .notEqual, [n(1)])
        #expect(
            message { _ = try bound(h, r, notEqual) }
                == "Attempted conditional constraint is not an indexable operation")
    }
}

struct LegacyUpdateTests {
    private func applied(_ action: AttributeAction?, _ value: AttributeValue?, to item: Item) throws -> Item {
        try Update(legacy: [LegacyUpdate("a", action, value)]).apply(to: item)
    }

    @Test func `PUT sets, and is what is meant without an action`() throws {
        #expect(try applied(.put, n(2), to: ["a": n(1)]) == ["a": n(2)])
        #expect(try applied(nil, n(2), to: [:]) == ["a": n(2)])
    }

    @Test func `ADD sums numbers, joins sets and appends to lists`() throws {
        #expect(try applied(.add, n(2), to: ["a": n(1)]) == ["a": n(3)])
        #expect(try applied(.add, n(2), to: [:]) == ["a": n(2)])
        #expect(try applied(.add, ss("b"), to: ["a": ss("a")]) == ["a": ss("a", "b")])
        #expect(try applied(.add, l(n(2)), to: ["a": l(n(1))]) == ["a": l(n(1), n(2))])
        #expect(try applied(.add, l(n(2)), to: [:]) == ["a": l(n(2))])
    }

    @Test func `DELETE removes an attribute or members of a set`() throws {
        #expect(try applied(.delete, nil, to: ["a": n(1), "b": n(2)]) == ["b": n(2)])
        #expect(try applied(.delete, ss("a"), to: ["a": ss("a", "b")]) == ["a": ss("b")])
        #expect(try applied(.delete, ss("a"), to: ["a": ss("a")]) == [:])
        #expect(try applied(.delete, ss("a"), to: [:]) == [:])
    }

    @Test(arguments: [
        (AttributeAction.add, n(1)), (.add, ss("x")), (.add, l(n(1))), (.delete, ns(1)),
    ])
    func `an attribute of another type is refused in its own words`(
        action: AttributeAction, value: AttributeValue
    ) {
        #expect(
            message { _ = try applied(action, value, to: ["a": s("text")]) } == "Type mismatch for attribute to update")
    }

    @Test(arguments: [
        (AttributeAction.put, nil, "Only DELETE action is allowed when no attribute value is specified"),
        (.add, nil, "Only DELETE action is allowed when no attribute value is specified"),
        (.delete, n(1), "DELETE action with value is not supported for the type N"),
        (.add, s("x"), "ADD action is not supported for the type S"),
        (.add, m([:]), "ADD action is not supported for the type M"),
    ])
    func `actions are refused in AWS's words`(action: AttributeAction, value: AttributeValue?, words: String) {
        #expect(
            message { _ = try LegacyUpdate("a", action, value) }
                == "One or more parameter values were invalid: \(words)")
    }
}

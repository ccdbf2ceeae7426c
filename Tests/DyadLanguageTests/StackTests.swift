#if canImport(Glibc)
    import DyadLanguage
    import DyadModel
    import Glibc
    import Testing

    /// Parsers keep what is open on stacks of their own, and trees are no deeper than operators allow. So half a megabyte
    /// of stack, what threads have on some systems, is enough for anything; if it were not, this would crash.
    @Suite struct StackTests {
        @Test func `what is merely deep is legal`() throws {
            for evaluate in deep { #expect(try evaluate()) }
        }

        @Test func `hostile and merely deep expressions need little stack`() {
            let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
            pthread_attr_init(attributes)
            defer {
                pthread_attr_destroy(attributes)
                attributes.deallocate()
            }
            pthread_attr_setstacksize(attributes, 512 << 10)
            var thread = pthread_t()
            let created = pthread_create(
                &thread, attributes,
                { _ in
                    parseAll()
                    return nil
                }, nil)
            #expect(created == 0)
            if created == 0 { pthread_join(thread, nil) }
        }
    }

    private func parseAll() {
        for text in LimitTests.hostile { _ = message { _ = try condition(text) } }
        for start in StatementRefusalTests.deep {
            for levels in [1, 40, 44, 1500] {
                let text = String(repeating: start, count: levels)
                _ = message { _ = try PartiQLStatement(parsing: "SELECT * FROM t WHERE a = \(text)1", []) }
                _ = message { _ = try PartiQLStatement(parsing: "UPDATE t SET a = \(text)1 WHERE pk = 'x'", []) }
            }
        }
        for evaluate in deep { _ = try? evaluate() }
    }

    /// Legal, and as deep as can be.
    private let deep: [@Sendable () throws -> Bool] = [
        {
            let text = String(repeating: "(NOT ", count: 290) + "a=b" + String(repeating: ")", count: 290)
            return try !condition(text).isSatisfied(by: ["a": n(1)] as Item)
        },
        {
            let text =
                "a<b " + String(repeating: "and (a<b or (a<b ", count: 70) + String(repeating: "))", count: 70)
            return try condition(text).isSatisfied(by: ["a": n(1), "b": n(2)] as Item)
        },
        {
            let text =
                "SET x=" + String(repeating: "if_not_exists(c,", count: 240) + "b" + String(repeating: ")", count: 240)
            return try update(text).apply(to: ["b": n(2)])["x"] == n(2)
        },
        {
            let text = String(repeating: "(NOT ", count: 20) + "a = b" + String(repeating: ")", count: 20)
            let statement = try PartiQLStatement(parsing: "SELECT * FROM t WHERE \(text)", [])
            guard case .select(let select) = statement else { return false }
            return select.condition?.whole.isSatisfied(by: ["a": n(1), "b": n(1)] as Item) == true
        },
        {
            try projection("a" + String(repeating: "[0]", count: 31)).apply(to: ["a": l()]) == [:]
        },
    ]
#endif

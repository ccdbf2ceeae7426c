import DyadLanguage
import DyadModel
import Testing

@Suite struct UpdatePropertyTests {
    /// The reference marks elements of the old list one by one, then reads off what is left.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random SETs and REMOVEs of list elements do what doing them one by one to marked elements does`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let count = Int.random(in: 0...8, using: &random)
            var marked: [Int?] = Array(0..<count)
            let indexes = Array(0..<12).shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random))
            var sets: [String] = []
            var removes: [String] = []
            var appended: [(Int, Int)] = []
            for index in indexes {
                if Bool.random(using: &random) {
                    sets.append("a[\(index)] = :v\(index)")
                    if index < count { marked[index] = 100 + index } else { appended.append((index, 100 + index)) }
                } else {
                    removes.append("a[\(index)]")
                    if index < count { marked[index] = nil }
                }
            }
            let expected = marked.compactMap(\.self) + appended.sorted { $0.0 < $1.0 }.map(\.1)
            var clauses: [String] = []
            if !sets.isEmpty { clauses.append("SET " + sets.joined(separator: ", ")) }
            if !removes.isEmpty { clauses.append("REMOVE " + removes.joined(separator: ", ")) }
            var values: [Text: AttributeValue] = [:]
            for index in 0..<12 { values[Text(":v\(index)")] = n(100 + index) }
            let text = clauses.shuffled(using: &random).joined(separator: " ")
            let item: Item = ["a": .list((0..<count).map { n($0) })]
            let new = try update(text, values: values).apply(to: item)
            #expect(new == ["a": .list(expected.map { n($0) })], "seed \(seed): \(text) of \(count)")
        }
    }

    /// Setting a path, reading it, and removing it again.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `what is set is found, and nothing else is changed`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let item: Item = [
            "a": m(["x": l(n(0), m(["y": n(1), "z": l()])), "w": ss("q")]), "b": l(l(n(1), n(2)), n(3)), "c": s("c"),
        ]
        let paths = ["a.x[0]", "a.x[1].y", "a.x[1].n", "a.w", "a.k", "b[0][1]", "b[1]", "c", "e"]
        for _ in 0..<50 {
            let chosen = paths.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
            let text = "SET " + chosen.map { "\($0) = :v" }.joined(separator: ", ")
            let change = try update(text, values: [":v": s("new")])
            let new = try change.apply(to: item)
            for path in change.touchedPaths { #expect(path.value(in: new) == s("new")) }
            for path in try projection(paths.joined(separator: ", ")).paths where !change.touchedPaths.contains(path) {
                #expect(path.value(in: new) == path.value(in: item), "\(text)")
            }
        }
    }
}

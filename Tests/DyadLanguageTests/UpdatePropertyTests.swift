import DyadLanguage
import DyadModel
import Testing

@Suite struct UpdatePropertyTests {
    /// The reference marks elements of the old list one by one, then reads off what is left.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random SETs and REMOVEs of list elements do what doing them one by one to marked elements does`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
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
        var random = SeededRandom(seed: seed)
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

    /// Every action at once, each attribute by one of them: right sides see the item as it was, whatever their order.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a plain evaluator and the language agree on random actions`(seed: UInt64) throws {
        var author = ActionAuthor(random: SeededRandom(seed: seed))
        for _ in 0..<100 {
            let item = author.item()
            author.values = [:]
            var expected = item
            var clauses: [String: [String]] = [:]
            for name in ["n", "m", "l", "k", "ns", "ss", "fresh"].shuffled(using: &author.random).prefix(4) {
                let (clause, text, result) = author.action(on: Text(name), of: item)
                clauses[clause, default: []].append(text)
                expected[Text(name)] = result
            }
            let text = clauses.map { "\($0) \($1.joined(separator: ", "))" }.sorted()
                .shuffled(using: &author.random).joined(separator: " ")
            let values = author.values.isEmpty ? [:] : author.values
            let change = try update(text, values: values)
            let new = try change.apply(to: item)
            #expect(new == expected, "seed \(seed): \(text) with \(values) of \(item)")
            let stored = SizedItem(bytes: ItemBytes(item), size: item.size)
            let sized = try change.apply(to: stored, isNew: false, bytesMax: .max)
            #expect(sized == SizedItem(bytes: ItemBytes(expected), size: expected.size), "seed \(seed): \(text)")
            #expect(change.touched(of: stored.bytes) == change.touched(of: item))
        }
    }
}

/// Makes an action for an attribute, and what it comes to, by plain arithmetic of Int and Set.
private struct ActionAuthor {
    var random: SeededRandom
    var values: [Text: AttributeValue] = [:]

    /// `n` and `m` are numbers, `l` and `k` lists, `ns` and `ss` sets; each is missing now and then.
    mutating func item() -> Item {
        var item: Item = [:]
        for name in ["n", "m"] as [Text] where isLikely() { item[name] = n(small()) }
        for name in ["l", "k"] as [Text] where isLikely() { item[name] = .list(numbers().map { n($0) }) }
        if isLikely() { item["ns"] = .numberSet(Set(numbers().map { DynamoNumber($0) } + [DynamoNumber(0)])) }
        if isLikely() { item["ss"] = .stringSet(Set(numbers().map { Text("\($0)") } + ["0"])) }
        return item
    }

    private mutating func isLikely() -> Bool { Int.random(in: 0..<4, using: &random) > 0 }
    private mutating func small() -> Int { .random(in: -3...3, using: &random) }
    private mutating func numbers() -> [Int] { (0..<Int.random(in: 0...3, using: &random)).map { _ in small() } }

    private mutating func placeholder(_ value: AttributeValue) -> String {
        let name = ":v\(values.count)"
        values[Text(name)] = value
        return name
    }

    /// - Returns: the clause it stands in, its text, and the attribute afterwards.
    mutating func action(on name: Text, of item: Item) -> (String, String, AttributeValue?) {
        if !isLikely() {
            return Bool.random(using: &random)
                ? ("REMOVE", "\(name)", nil) : ("SET", "\(name) = \(placeholder(s("x")))", s("x"))
        }
        switch name {
        case "n", "m": return number(name, of: item)
        case "ns": return set(name, item[name])
        case "ss":
            let part = Set(numbers().map { Text("\($0)") } + ["7"])
            return ("ADD", "\(name) \(placeholder(.stringSet(part)))", .stringSet(part.union(Self.texts(item[name]))))
        case "l", "k": return list(name, of: item)
        default:
            let fallback = small()
            let found = item["n"] ?? n(fallback)
            return ("SET", "\(name) = if_not_exists(n, \(placeholder(n(fallback))))", found)
        }
    }

    private mutating func number(_ name: Text, of item: Item) -> (String, String, AttributeValue?) {
        let other = Text(name == "n" ? "m" : "n")
        let (amount, fallback) = (small(), small())
        let old = Self.int(item[name])
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return ("ADD", "\(name) \(placeholder(n(amount)))", n((old ?? 0) + amount))
        case 1:
            let sum = (old ?? fallback) + amount
            let text = "\(name) = if_not_exists(\(name), \(placeholder(n(fallback)))) + \(placeholder(n(amount)))"
            return ("SET", text, n(sum))
        default:
            let difference = amount - (Self.int(item[other]) ?? fallback)
            let text = "\(name) = \(placeholder(n(amount))) - if_not_exists(\(other), \(placeholder(n(fallback))))"
            return ("SET", text, n(difference))
        }
    }

    private mutating func set(_ name: Text, _ old: AttributeValue?) -> (String, String, AttributeValue?) {
        let members = Self.ints(old)
        let part = Set(numbers() + [1])
        let literal = placeholder(.numberSet(Set(part.map { DynamoNumber($0) })))
        let isAdding = Bool.random(using: &random)
        let result = isAdding ? members.union(part) : members.subtracting(part)
        // A set that loses its last member is gone.
        let value = result.isEmpty ? nil : AttributeValue.numberSet(Set(result.map { DynamoNumber($0) }))
        return (isAdding ? "ADD" : "DELETE", "\(name) \(literal)", value)
    }

    private mutating func list(_ name: Text, of item: Item) -> (String, String, AttributeValue?) {
        let other = Text(name == "l" ? "k" : "l")
        let part = numbers().map { n($0) }
        let literal = placeholder(.list(part))
        var found = part
        if case .list(let elements)? = item[other] { found = elements }
        let source = "if_not_exists(\(other), \(literal))"
        return Bool.random(using: &random)
            ? ("SET", "\(name) = list_append(\(literal), \(source))", .list(part + found))
            : ("SET", "\(name) = list_append(\(source), \(literal))", .list(found + part))
    }

    private static func int(_ value: AttributeValue?) -> Int? {
        guard case .number(let number)? = value else { return nil }
        return Int("\(number)")
    }

    private static func ints(_ value: AttributeValue?) -> Set<Int> {
        guard case .numberSet(let members)? = value else { return [] }
        return Set(members.compactMap { Int("\($0)") })
    }

    private static func texts(_ value: AttributeValue?) -> Set<Text> {
        guard case .stringSet(let members)? = value else { return [] }
        return members
    }
}

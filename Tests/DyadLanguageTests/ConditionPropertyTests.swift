import DyadLanguage
import DyadModel
import Testing

/// A condition, written by hand a second time and as plainly as can be: what the language is compared with.
private indirect enum Reference {
    case compare(String, Term, Term)
    case between(Term, Term, Term)
    case among(Term, [Term])
    case exists([Key]), absent([Key])
    case contains([Key], AttributeValue), begins([Key], AttributeValue), type([Key], String)
    case size(String, [Key], Int)
    case both(Reference, Reference), either(Reference, Reference), negated(Reference)

    enum Key { case name(String), index(Int) }
    enum Term { case path([Key]), literal(AttributeValue) }

    func isTrue(of item: Item) -> Bool {
        switch self {
        case .compare(let sign, let left, let right):
            return Self.compare(sign, Self.find(left, item), Self.find(right, item))
        case .between(let value, let low, let high):
            return Self.compare(">=", Self.find(value, item), Self.find(low, item))
                && Self.compare("<=", Self.find(value, item), Self.find(high, item))
        case .among(let value, let list):
            for other in list where Self.compare("=", Self.find(value, item), Self.find(other, item)) { return true }
            return false
        case .exists(let path): return Self.find(.path(path), item) != nil
        case .absent(let path): return Self.find(.path(path), item) == nil
        case .contains(let path, let wanted): return Self.contains(Self.find(.path(path), item), wanted)
        case .begins(let path, let start):
            switch (Self.find(.path(path), item), start) {
            case (.string(let text)?, .string(let start)): return text.string.utf8.starts(with: start.string.utf8)
            case (.binary(let bytes)?, .binary(let start)): return bytes.starts(with: start)
            default: return false
            }
        case .type(let path, let name): return Self.find(.path(path), item)?.kind.rawValue == name
        case .size(let sign, let path, let count):
            guard let size = Self.find(.path(path), item).flatMap(Self.size) else { return sign == "<>" }
            return Self.compare(sign, n(size), n(count))
        case .both(let left, let right): return left.isTrue(of: item) && right.isTrue(of: item)
        case .either(let left, let right): return left.isTrue(of: item) || right.isTrue(of: item)
        case .negated(let inner): return !inner.isTrue(of: item)
        }
    }

    private static func find(_ term: Term, _ item: Item) -> AttributeValue? {
        guard case .path(let keys) = term else {
            if case .literal(let value) = term { return value }
            return nil
        }
        var current: AttributeValue? = .map(item)
        for key in keys {
            if case .name(let name) = key, case .map(let members)? = current {
                current = members[Text(name)]
            } else if case .index(let index) = key, case .list(let elements)? = current, index < elements.count {
                current = elements[index]
            } else {
                return nil
            }
        }
        return current
    }

    /// A string in a string, octets in octets, an element of a list, a member of a set.
    private static func contains(_ whole: AttributeValue?, _ wanted: AttributeValue) -> Bool {
        switch (whole, wanted) {
        case (.string(let text)?, .string(let part)): isWithin(Array(part.string.utf8), Array(text.string.utf8))
        case (.binary(let bytes)?, .binary(let part)): isWithin(part, bytes)
        case (.list(let elements)?, _): elements.contains { $0 == wanted }
        case (.stringSet(let members)?, .string(let member)): members.contains { $0 == member }
        case (.numberSet(let members)?, .number(let member)): members.contains { $0 == member }
        case (.binarySet(let members)?, .binary(let member)): members.contains { $0 == member }
        default: false
        }
    }

    private static func isWithin(_ part: [UInt8], _ whole: [UInt8]) -> Bool {
        if part.count > whole.count { return false }
        return (0...whole.count - part.count).contains { whole[$0...].starts(with: part) }
    }

    /// UTF-16 units of strings, octets of binaries, members of containers; the rest has none.
    private static func size(_ value: AttributeValue) -> Int? {
        switch value {
        case .string(let text): text.string.utf16.count
        case .binary(let bytes): bytes.count
        case .list(let elements): elements.count
        case .map(let members): members.count
        case .stringSet(let members): members.count
        case .numberSet(let members): members.count
        case .binarySet(let members): members.count
        case .number, .bool, .null: nil
        }
    }

    private static func compare(_ sign: String, _ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
        guard let left, let right else { return sign == "<>" }
        if sign == "=" { return left == right }
        if sign == "<>" { return left != right }
        let order: Int
        switch (left, right) {
        case (.number(let x), .number(let y)): order = x < y ? -1 : x > y ? 1 : 0
        case (.string(let x), .string(let y)):
            order = x.string.utf8.lexicographicallyPrecedes(y.string.utf8) ? -1 : x == y ? 0 : 1
        case (.binary(let x), .binary(let y)): order = x.lexicographicallyPrecedes(y) ? -1 : x == y ? 0 : 1
        default: return false
        }
        return ["<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0][sign] ?? false
    }
}

/// Makes conditions and writes them down, with as few parentheses as precedence allows or one more pair.
private struct Author {
    var random: SeededRandom
    var values: [Text: AttributeValue] = [:]

    mutating func condition(depth: Int) -> Reference {
        switch Int.random(in: 0..<(depth > 0 ? 13 : 9), using: &random) {
        case 0, 1:
            let sign = ["=", "<>", "<", "<=", ">", ">="].randomElement(using: &random) ?? "="
            return .compare(sign, .path(path()), term())
        case 2: return .among(.path(path()), (0...Int.random(in: 0...2, using: &random)).map { _ in literal() })
        case 3: return .between(.path(path()), term(), .path(path()))
        case 4: return Bool.random(using: &random) ? .exists(path()) : .absent(path())
        case 5: return .contains(path(), plain())
        case 6: return .begins(path(), Bool.random(using: &random) ? texts() : octets())
        case 7: return .type(path(), AttributeValue.Kind.allCases.randomElement(using: &random)?.rawValue ?? "S")
        case 8:
            let sign = ["=", "<>", "<", "<=", ">", ">="].randomElement(using: &random) ?? "="
            return .size(sign, path(), Int.random(in: 0...3, using: &random))
        case 9, 10: return .both(condition(depth: depth - 1), condition(depth: depth - 1))
        case 11: return .either(condition(depth: depth - 1), condition(depth: depth - 1))
        default: return .negated(condition(depth: depth - 1))
        }
    }

    mutating func path() -> [Reference.Key] {
        var keys: [Reference.Key] = [.name(["a", "b", "c"].randomElement(using: &random) ?? "a")]
        while Int.random(in: 0..<3, using: &random) == 0 {
            keys.append(
                Bool.random(using: &random)
                    ? .index(Int.random(in: 0...2, using: &random))
                    : .name(["x", "y"].randomElement(using: &random) ?? "x"))
        }
        return keys
    }

    mutating func literal() -> Reference.Term { .literal(plain()) }

    mutating func plain() -> AttributeValue {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: n(.random(in: 0...3, using: &random))
        case 1: texts()
        default: octets()
        }
    }

    /// Two letters in up to three places: parts and beginnings of each other often enough.
    mutating func texts() -> AttributeValue {
        s((0..<Int.random(in: 1...3, using: &random)).map { _ in Bool.random(using: &random) ? "0" : "é" }.joined())
    }

    mutating func octets() -> AttributeValue {
        .binary((0..<Int.random(in: 1...3, using: &random)).map { _ in Bool.random(using: &random) ? 0 : 255 })
    }

    mutating func set() -> AttributeValue {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return ns(.random(in: 0...1, using: &random), .random(in: 2...3, using: &random))
        case 1:
            guard case .string(let one) = texts(), case .string(let other) = texts() else { return ss("0") }
            return .stringSet([one, other])
        default:
            guard case .binary(let one) = octets(), case .binary(let other) = octets() else { return .null }
            return .binarySet([one, other])
        }
    }

    mutating func term() -> Reference.Term { Bool.random(using: &random) ? .path(path()) : literal() }

    mutating func value(depth: Int) -> AttributeValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
        case 0, 1: return plain()
        case 2: return .bool(true)
        case 3: return .null
        case 4: return set()
        case 5, 6:
            var members: [Text: AttributeValue] = [:]
            for name in ["x", "y"] as [Text] where Bool.random(using: &random) {
                members[name] = value(depth: depth - 1)
            }
            return .map(members)
        default: return .list((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1) })
        }
    }

    mutating func item() -> Item {
        var item: Item = [:]
        for name in ["a", "b", "c"] as [Text] where Int.random(in: 0..<4, using: &random) > 0 {
            item[name] = value(depth: 2)
        }
        return item
    }

    /// - Parameter level: how tight the text around binds: 0 OR, 1 AND, 2 NOT.
    mutating func text(_ condition: Reference, level: Int = 0) -> String {
        var (text, own): (String, Int)
        switch condition {
        case .either(let left, let right):
            (text, own) = ("\(self.text(left, level: 0)) \(word("OR")) \(self.text(right, level: 1))", 0)
        case .both(let left, let right):
            (text, own) = ("\(self.text(left, level: 1)) \(word("AND")) \(self.text(right, level: 2))", 1)
        case .negated(let inner): (text, own) = ("\(word("NOT")) \(self.text(inner, level: 2))", 2)
        default: (text, own) = (leaf(condition), 3)
        }
        if own < level || Int.random(in: 0..<4, using: &random) == 0 { text = "(\(text))" }
        return text
    }

    private mutating func leaf(_ condition: Reference) -> String {
        switch condition {
        case .compare(let sign, let left, let right): return "\(text(left))\(space())\(sign)\(space())\(text(right))"
        case .between(let value, let low, let high):
            return "\(text(value)) \(word("BETWEEN")) \(text(low)) \(word("AND")) \(text(high))"
        case .among(let value, let list):
            var texts: [String] = []
            for term in list { texts.append(text(term)) }
            return "\(text(value)) \(word("IN"))\(space())(\(texts.joined(separator: ",")))"
        case .exists(let path): return "attribute_exists(\(text(.path(path))))"
        case .absent(let path): return "attribute_not_exists\(space())(\(text(.path(path))))"
        case .contains(let path, let wanted):
            return "contains(\(text(.path(path))),\(space())\(text(.literal(wanted))))"
        case .begins(let path, let start): return "begins_with(\(text(.path(path))), \(text(.literal(start))))"
        case .type(let path, let name): return "attribute_type(\(text(.path(path))), \(text(.literal(s(name)))))"
        case .size(let sign, let path, let count):
            return "size\(space())(\(text(.path(path)))) \(sign) \(text(.literal(n(count))))"
        case .both, .either, .negated: return ""
        }
    }

    private mutating func text(_ term: Reference.Term) -> String {
        switch term {
        case .path(let keys):
            var text = ""
            for key in keys {
                switch key {
                case .name(let name): text += text.isEmpty ? name : ".\(space())\(name)"
                case .index(let index): text += "[\(index)]"
                }
            }
            return text
        case .literal(let value):
            let name = ":v\(values.count)"
            values[Text(name)] = value
            return name
        }
    }

    private mutating func space() -> String { ["", " ", "\n\t"].randomElement(using: &random) ?? "" }
    private mutating func word(_ keyword: String) -> String {
        Bool.random(using: &random) ? keyword : keyword.lowercased()
    }
}

@Suite struct ConditionPropertyTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `a plain evaluator and the language agree on random conditions`(seed: UInt64) throws {
        var evaluated = 0
        var author = Author(random: SeededRandom(seed: seed))
        for _ in 0..<100 {
            author.values = [:]
            let reference = author.condition(depth: 4)
            let text = author.text(reference)
            let parsed: Condition
            do throws(DynamoError) {
                var placeholders = try Placeholders(names: nil, values: author.values.isEmpty ? nil : author.values)
                parsed = try Condition(parsing: text, as: .condition, &placeholders)
                try placeholders.checkAllUsed()
            } catch {
                // The author does not avoid the two complaints that depend on chance.
                let words = error.message ?? ""
                #expect(words.contains("must be distinct") || words.contains("expression size"), "\(text): \(words)")
                continue
            }
            for _ in 0..<10 {
                let item = author.item()
                #expect(parsed.isSatisfied(by: item) == reference.isTrue(of: item), "seed \(seed): \(text) of \(item)")
                evaluated += 1
            }
        }
        #expect(evaluated > 300)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `whatever is given to the parsers, they answer`(seed: UInt64) {
        let pieces = [
            "a", "b.c", "#n", ":v", "(", ")", "[", "]", "1", ",", ".", "=", "<>", "<", ">=", "+", "-", "AND", "or",
            "NOT",
            "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE", "size", "contains(", "attribute_exists(",
            "if_not_exists(",
            "list_append(", "é", "\"", " ", "name", "_", "#", ":",
        ]
        var random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 1...14, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined(separator: Bool.random(using: &random) ? " " : "")
            let names: [Text: Text] = ["#n": "n"]
            let values: [Text: AttributeValue] = [":v": n(1)]
            for words in [
                message { _ = try condition(text, names: names, values: values).isSatisfied(by: ["a": n(1)] as Item) },
                message { _ = try update(text, names: names, values: values) },
                message { _ = try projection(text, names: names).apply(to: ["a": n(1)]) },
            ] {
                #expect(words?.hasPrefix("Invalid ") ?? true, "\(text): \(words ?? "")")
            }
        }
    }
}

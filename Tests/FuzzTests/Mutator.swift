import DyadModel

/// A hand that spoils requests.
struct Mutator {
    private var generator: SeededRandom
    private let corpus: [Corpus.Request]
    private let strings: [String]

    init(seed: UInt64, corpus: [Corpus.Request]) {
        generator = SeededRandom(seed: seed)
        self.corpus = corpus
        strings = corpus.flatMap { $0.body.strings.map(\.text) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element
    where Elements.Index == Int {
        elements[Int.random(in: elements.startIndex..<elements.endIndex, using: &generator)]
    }

    /// An operation's name and a body, spoiled in one to four places or, now and then, not at all.
    ///
    /// - Parameter known: what the strings of the corpus that begin with `$` stand for.
    mutating func request(_ known: [String: JSONTree]) -> (operation: String, body: [UInt8]) {
        let request = pick(corpus)
        var operation = request.operation
        var body = request.body.filled(known)
        if chance(85) {
            for _ in 0..<pick([1, 1, 1, 2, 4]) { spoil(&body) }
        }
        if chance(2) { operation = pick(corpus).operation }
        var bytes = body.bytes
        if chance(10) { garble(&bytes) }
        return (operation, Array(bytes.prefix(Self.bytesMax)))
    }

    /// Bodies of 16 MB would take the time of ten thousand others.
    private static let bytesMax = 256 << 10

    // MARK: Trees

    private mutating func spoil(_ body: inout JSONTree) {
        let place = Int.random(in: 0..<body.count, using: &generator)
        // A copy: the closure changes the hand's state.
        var hand = self
        body.change(at: place) { hand.spoil(value: &$0) }
        self = hand
    }

    private mutating func spoil(value: inout JSONTree) {
        switch (value, Int.random(in: 0..<10, using: &generator)) {
        case (.string(let text), 0..<7): value = .string(scribbled(text))
        case (.object(var members), 0..<6) where !members.isEmpty:
            spoil(&members)
            value = .object(members)
        case (.array(var elements), 0..<5) where !elements.isEmpty:
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: elements.remove(at: Int.random(in: elements.indices, using: &generator))
            case 1: elements = Array(repeating: elements, count: pick([2, 30, 101])).flatMap { $0 }
            case 2: elements.insert(junk(), at: 0)
            default: elements.append(pick(elements))
            }
            value = .array(elements)
        case (.raw, 0..<6): value = .raw(pick(Junk.integers))
        default: value = junk()
        }
    }

    private mutating func spoil(_ members: inout [(name: String, value: JSONTree)]) {
        let place = Int.random(in: members.indices, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: members.remove(at: place)
        case 1: members[place].name = chance(50) ? scribbled(members[place].name) : pick(Junk.texts)
        case 2: members.append((members[place].name, junk()))
        case 3: members.append((pick(Junk.texts), pick(members).value))
        case 4: members += members
        default: members[place].value = pick(members).value
        }
    }

    private mutating func junk() -> JSONTree {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return .raw(pick(Junk.integers))
        case 1: return .raw(pick(Junk.broken))
        case 2: return .string(pick(Junk.texts))
        case 3: return .object([("N", .string(pick(Junk.numbers)))])
        case 4: return .raw(nested())
        case 5:
            let other = pick(corpus).body
            var part = other
            // What stands anywhere in another request.
            var found: JSONTree?
            part.change(at: Int.random(in: 0..<other.count, using: &generator)) { found = $0 }
            return found ?? other
        default: return .raw(pick(Junk.values))
        }
    }

    /// Around AWS's limit of 32 levels, or far beyond it.
    private mutating func nested() -> String {
        let (open, close) = pick([("{\"L\":[", "]}"), ("{\"M\":{\"a\":", "}}"), ("[", "]"), ("{\"a\":", "}")])
        let depth = pick(Junk.depths)
        return String(repeating: open, count: depth) + "{\"S\":\"deep\"}" + String(repeating: close, count: depth)
    }

    /// With something put in between, or in the place of up to three letters.
    private mutating func scribbled(_ text: String) -> String {
        let letters = Array(text.unicodeScalars)
        let start = Int.random(in: 0...letters.count, using: &generator)
        let end = min(letters.count, start + pick([0, 0, 1, 3]))
        let inserted: String
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: inserted = pick(Junk.texts)
        case 1: inserted = pick(Junk.numbers)
        case 2:
            // Some of another string: expressions are cut and joined so.
            let other = Array(pick(strings).unicodeScalars)
            let from = Int.random(in: 0...other.count, using: &generator)
            inserted = Self.text(other[from...].prefix(20))
        default: inserted = pick(Junk.fragments)
        }
        return Self.text(letters[..<start]) + inserted + Self.text(letters[end...])
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    // MARK: Bytes

    private mutating func garble(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes = Array(bytes[..<place])
        case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.insert(contentsOf: pick(Junk.bytes), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + pick([1, 2, 9])))
        case 4: bytes += pick(Junk.bytes)
        default: bytes += bytes[..<place]
        }
    }
}

import DyadModel
import Testing

private func number(_ text: String) throws -> DynamoNumber { try DynamoNumber(text) }

private func tableKey(_ requestID: Int) throws -> StorageKey {
    let component = try #require(KeyComponent(.number(DynamoNumber(requestID))))
    return StorageKey(space: SpaceID(rawValue: 1), partition: [component], sort: [])
}

struct StorageKeyTests {
    /// The items that AWS printed first in the walkthrough, of 1…2000 with 4001…6000 and of 4001…6000 alone.
    @Test func `a scan begins with the items that AWS printed first`() throws {
        let source = try (Array(1...2000) + Array(4001...6000)).map { ($0, try tableKey($0)) }.sorted { $0.1 < $1.1 }
        #expect(source.prefix(2).map(\.0) == [4666, 251])
        let replica = try Array(4001...6000).map { ($0, try tableKey($0)) }.sorted { $0.1 < $1.1 }
        #expect(replica.prefix(2).map(\.0) == [4666, 4847])
    }

    @Test func `a key has its partition before it, in any space`() throws {
        let components = try ["long\u{0}er", "s"].map { try #require(KeyComponent(.string(Text($0)))) }
        let (one, other) = (SpaceID(rawValue: 1), SpaceID(rawValue: 2))
        let key = StorageKey(space: one, partition: [components[0]], sort: [components[1]])
        #expect(key.partition == StorageKey(space: one, partition: [components[0]]))
        #expect(key.moved(to: other) == StorageKey(space: other, partition: [components[0]], sort: [components[1]]))
    }

    /// A number as it is written, and ordered by what is written: sign, place of the first digit, digits.
    private struct Written: Comparable {
        let text: String
        private let sign: Int
        private let place: Int
        private let digits: [Character]

        init(isNegative: Bool, digits: String, exponent: Int) {
            text = (isNegative ? "-" : "") + digits + "E\(exponent)"
            let significant = digits.drop { $0 == "0" }
            sign = significant.isEmpty ? 0 : isNegative ? -1 : 1
            place = significant.count + exponent
            self.digits = Array(significant) + Array(repeating: "0", count: 38 - significant.count)
        }

        static func < (left: Self, right: Self) -> Bool {
            guard left.sign == right.sign else { return left.sign < right.sign }
            if left.sign == 0 { return false }
            let (small, large) = left.sign > 0 ? (left, right) : (right, left)
            guard small.place == large.place else { return small.place < large.place }
            return small.digits.lexicographicallyPrecedes(large.digits)
        }

        static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }
    }

    @Test func `sortable bytes of numbers sort as numbers do`() throws {
        var generator = SeededRandom(seed: 38)
        var numbers: [Written] = []
        for _ in 0..<2000 {
            let count = Int.random(in: 1...38, using: &generator)
            // Few different digits, so that many numbers begin alike.
            let digits = (0..<count).map { _ in ["0", "1", "9"].randomElement(using: &generator) ?? "0" }.joined()
            let exponent = Int.random(
                in: [-130 ... -120, -3...3, 80...87].randomElement(using: &generator) ?? 0...0, using: &generator)
            numbers.append(
                Written(isNegative: Bool.random(using: &generator), digits: digits, exponent: exponent))
        }
        let encoded = try numbers.map { (written: $0, bytes: try number($0.text).sortableBytes) }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for (former, later) in zip(encoded, encoded.dropFirst()) {
            #expect(former.written <= later.written, "\(former.written.text) before \(later.written.text)")
            #expect((former.written == later.written) == (former.bytes == later.bytes))
        }
    }

    @Test(arguments: [("0", 1), ("1", 2), ("-1", 3), ("123", 3), ("1230", 3), ("0.5", 2), ("12345678901234567890", 11)])
    func `a number's size is its sortable bytes'`(text: String, size: Int) throws {
        #expect(try number(text).size == size)
        #expect(try number(text).sortableBytes.count == size)
    }

    @Test func `zero bytes in a sort key keep their order and their prefix`() throws {
        let texts: [[UInt8]] = [[], [0], [0, 0], [0, 1], [1], [1, 0], [1, 0, 0], [1, 1], [255], [255, 255]]
        let keys = try texts.map { bytes in
            let partition = try #require(KeyComponent(.string("p")))
            let sort = try #require(KeyComponent(.binary(bytes)))
            return StorageKey(space: SpaceID(rawValue: 7), partition: [partition], sort: [sort])
        }
        #expect(keys == keys.sorted())
    }

    @Test func `the successor of a prefix is above all that begins with it`() {
        #expect(StorageKey(bytes: [1, 2]).successorOfPrefix == StorageKey(bytes: [1, 3]))
        #expect(StorageKey(bytes: [1, 255, 255]).successorOfPrefix == StorageKey(bytes: [2]))
        #expect(StorageKey(bytes: [255]).successorOfPrefix == nil)
    }
}

import DyadModel

/// A closed run of partition keys' hashes, each the first eight bytes of the MD5 that rows are ordered by.
package struct HashRange: Sendable, Equatable {
    package let first: UInt64
    package let last: UInt64

    package static let whole = HashRange(first: 0, last: .max)

    /// - Precondition: `first` is not above `last`.
    package init(first: UInt64, last: UInt64) {
        precondition(first <= last, "a range holds a hash at least")
        self.first = first
        self.last = last
    }

    /// Two that are next to each other and hold all of it; nil when it is a single hash.
    package var halves: (HashRange, HashRange)? {
        guard first < last else { return nil }
        let middle = first + (last - first) / 2
        return (HashRange(first: first, last: middle), HashRange(first: middle + 1, last: last))
    }

    /// Sixteen hexadecimal digits.
    package var firstText: String { Self.text(first) }
    package var lastText: String { Self.text(last) }

    /// Nil for what is no range.
    init?(firstText: String?, lastText: String?) {
        guard let first = firstText.flatMap({ UInt64($0, radix: 16) }),
            let last = lastText.flatMap({ UInt64($0, radix: 16) }), first <= last
        else { return nil }
        self.init(first: first, last: last)
    }

    private static func text(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

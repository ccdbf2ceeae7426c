/// A stream record's place in its table's history: 21 to 40 decimal digits, compared as a number.
///
/// The text is kept as it came, for it goes back to the source in GetShardIterator. (AWS API reference,
/// StreamRecord: length 21 to 40. Other emulators count from 1, so fewer digits are let in.)
package struct SequenceNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    package static let digitsMax = 40

    package let text: String

    /// Nil unless it is 1 to 40 decimal digits.
    package init?(_ text: String) {
        guard (1...Self.digitsMax).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// The number in 40 digits, zeros in front: texts of equal length order as numbers do.
    package var padded: String { String(repeating: "0", count: Self.digitsMax - text.utf8.count) + text }

    private var significant: Substring.UTF8View { text.utf8.drop { $0 == 48 } }

    package static func < (left: Self, right: Self) -> Bool {
        // One source gives numbers of one length, and digits order as their text does.
        if left.text.utf8.count == right.text.utf8.count { return left.text < right.text }
        let (left, right) = (left.significant, right.significant)
        let (leftCount, rightCount) = (left.count, right.count)
        return leftCount == rightCount ? left.lexicographicallyPrecedes(right) : leftCount < rightCount
    }

    package static func == (left: Self, right: Self) -> Bool {
        if left.text.utf8.count == right.text.utf8.count { return left.text == right.text }
        return left.significant.elementsEqual(right.significant)
    }

    package func hash(into hasher: inout Hasher) {
        if text.utf8.first == 48 { hasher.combine(Substring(significant)) } else { hasher.combine(text) }
    }
}

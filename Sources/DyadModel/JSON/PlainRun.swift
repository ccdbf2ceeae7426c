extension Span<UInt8> {
    /// Where the first quote, backslash or control character from `start` on stands; the end when there is none.
    ///
    /// Looks at eight bytes at a time: the texts of a request are most of it.
    @inline(__always)
    func endOfPlainRun(from start: Int) -> Int {
        var at = start
        let raw = bytes
        while at + 8 <= count {
            let word = raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)
            let found = word.hasByte(equal: 0x22) | word.hasByte(equal: 0x5C) | word.hasByte(below: 0x20)
            guard found == 0 else {
                // The lowest byte that is marked is one in truth; a mark above it may come of a borrow.
                return at + UInt64(littleEndian: found).trailingZeroBitCount / 8
            }
            at += 8
        }
        while at < count, self[at] != 0x22, self[at] != 0x5C, self[at] >= 0x20 { at += 1 }
        return at
    }
}

extension UInt64 {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The top bit of each byte that is `byte`.
    ///
    /// Source: "Bit Twiddling Hacks", Sean Eron Anderson, determine if a word has a zero byte.
    @inline(__always)
    fileprivate func hasByte(equal byte: UInt64) -> UInt64 {
        let difference = self ^ (byte &* Self.ones)
        return (difference &- Self.ones) & ~difference & Self.tops
    }

    /// The top bit of each byte below `bound`, which is at most 128.
    @inline(__always)
    fileprivate func hasByte(below bound: UInt64) -> UInt64 { (self &- bound &* Self.ones) & ~self & Self.tops }
}

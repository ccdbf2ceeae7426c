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
            guard found == 0 else { return at + found.firstMark }
            at += 8
        }
        while at < count, self[at] != 0x22, self[at] != 0x5C, self[at] >= 0x20 { at += 1 }
        return at
    }
}

/// Eight bytes looked at as one word. What is asked of every byte of a request or a file is inlined into other modules too.
///
/// The lowest byte that is marked is one in truth; a mark above it may come of a borrow.
/// Source: "Bit Twiddling Hacks", Sean Eron Anderson, determine if a word has a zero byte.
extension UInt64 {
    /// The top bit of each byte that is `byte`.
    @inlinable @inline(__always)
    package func hasByte(equal byte: UInt64) -> UInt64 {
        let difference = self ^ (byte &* 0x0101_0101_0101_0101)
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// The top bit of each byte below `bound`, which is at most 128.
    @inlinable @inline(__always)
    package func hasByte(below bound: UInt64) -> UInt64 {
        (self &- bound &* 0x0101_0101_0101_0101) & ~self & 0x8080_8080_8080_8080
    }

    /// The top bit of each byte beyond ASCII.
    @inlinable @inline(__always)
    package var bytesBeyondASCII: UInt64 { self & 0x8080_8080_8080_8080 }

    /// Which byte in memory the lowest mark is of.
    @inlinable @inline(__always)
    package var firstMark: Int { UInt64(littleEndian: self).trailingZeroBitCount / 8 }
}

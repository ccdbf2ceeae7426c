/// The end of one invocation's log.
package struct InvocationLog: Sendable {
    /// AWS answers the last 4 KB.
    package static let tailBytesMax = 4096

    private var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ more: some Collection<UInt8>) {
        bytes += more.suffix(Self.tailBytesMax)
        // Cut now and then, not with each line.
        if bytes.count > 4 * Self.tailBytesMax { bytes = Array(bytes.suffix(Self.tailBytesMax)) }
    }

    package var tail: [UInt8] { Array(bytes.suffix(Self.tailBytesMax)) }
}

/// Puts what a process writes into lines.
struct LineSplitter {
    /// A line that is longer is cut there: CloudWatch's limit for an event, 256 KiB.
    static let lineBytesMax = 256 << 10
    private var rest: [UInt8] = []

    /// The lines that are whole now, without their ends.
    mutating func lines(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 {
                lines.append(rest)
                rest = []
            }
            var more = part.element[...]
            while rest.count + more.count > Self.lineBytesMax {
                let room = Self.lineBytesMax - rest.count
                lines.append(rest + more.prefix(room))
                rest = []
                more = more.dropFirst(room)
            }
            rest += more
        }
        return lines
    }

    /// What was written behind the last line's end; nil when nothing was.
    mutating func last() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }
}

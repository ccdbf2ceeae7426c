/// Dead letters in a file, a line of JSON each.
///
/// Lanes add to it at the same time, and each line stays whole.
package actor FileDeadLetterStore: DeadLetterStore {
    private let file: DurableFile

    package init(path: String) { file = DurableFile(path: path) }

    package func add(_ letters: [DeadLetter], of link: ReplicationLink) throws(PortError) {
        var lines: [UInt8] = []
        // A line that a crash cut short is ended first, and so is told from this one.
        let size = try file.size()
        if size > 0, try file.read(from: size - 1, upTo: 1) != [UInt8(ascii: "\n")] { lines.append(UInt8(ascii: "\n")) }
        for letter in letters { lines += DeadLetterFormat.write(letter, of: link) }
        try file.append(lines)
    }
}

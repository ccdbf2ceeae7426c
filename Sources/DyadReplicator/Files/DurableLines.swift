#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Lines in files of a folder, each line on disk when it is said to be there.
///
/// Many add to a file at the same time, and each line stays whole.
package actor DurableLines {
    private let folder: String

    /// - Parameter folder: made with the first line, in a folder that is there.
    package init(folder: String) { self.folder = folder }

    /// - Parameter line: without its end.
    package func add(_ line: [UInt8], to name: String) throws(PortError) {
        if mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw PortError(.unavailable, "\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        let file = DurableFile(path: "\(folder)/\(name)")
        let newline = UInt8(ascii: "\n")
        // A line that a crash cut short is ended first, and so is told from this one.
        let size = try file.size()
        let isCut = size == 0 ? false : try file.read(from: size - 1, upTo: 1) != [newline]
        try file.append((isCut ? [newline] : []) + line + [newline])
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file whose changes outlive a power cut by the time they return.
package struct DurableFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The whole content; nil when there is no such file.
    func read() throws(PortError) -> [UInt8]? {
        guard let descriptor = try openToRead() else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while case let part = try read(descriptor, at: bytes.count, upTo: 64 << 10), !part.isEmpty { bytes += part }
        return bytes
    }

    /// At most `count` bytes from `offset` on; none at the end, or when there is no such file.
    func read(from offset: Int, upTo count: Int) throws(PortError) -> [UInt8] {
        guard let descriptor = try openToRead() else { return [] }
        defer { close(descriptor) }
        return try read(descriptor, at: offset, upTo: count)
    }

    /// Bytes; 0 when there is no such file.
    func size() throws(PortError) -> Int {
        guard let descriptor = try openToRead() else { return 0 }
        defer { close(descriptor) }
        return Int(lseek(descriptor, 0, SEEK_END))
    }

    /// Replaces the file as a whole.
    ///
    /// A new file is written beside it, synced, renamed over it, and the folder is synced: a crash at any moment leaves
    /// the old content or the new. (rename(2) is atomic; the folder's sync makes it last, fsync(2).)
    func replace(with bytes: [UInt8]) throws(PortError) {
        let draft = path + ".tmp"
        try write(bytes, to: draft, O_TRUNC)
        guard rename(draft, path) == 0 else { throw failure("be replaced") }
        try syncFolder()
    }

    /// Adds to the end, making the file if it is not there. A crash may leave a part of `bytes`.
    func append(_ bytes: [UInt8]) throws(PortError) {
        let isNew = access(path, F_OK) != 0
        try write(bytes, to: path, O_APPEND)
        if isNew { try syncFolder() }
    }

    /// Cuts off what lies beyond `count` bytes.
    func cut(to count: Int) throws(PortError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("be cut") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(count)) == 0, fsync(descriptor) == 0 else { throw failure("be cut") }
    }

    /// Removes it; that it is not there is no error.
    package func remove() throws(PortError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("be removed") }
    }

    private func openToRead() throws(PortError) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { return descriptor }
        if errno == ENOENT { return nil }
        throw failure("be read")
    }

    private func read(_ descriptor: Int32, at offset: Int, upTo count: Int) throws(PortError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        while true {
            let found = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
            if found >= 0 { return Array(bytes.prefix(found)) }
            if errno != EINTR { throw failure("be read") }
        }
    }

    private func write(_ bytes: [UInt8], to path: String, _ how: Int32) throws(PortError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0o644)
        guard descriptor >= 0 else { throw failure("be written") }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                systemWrite(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("be written")
            }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw failure("be written") }
    }

    /// Makes the file's being there, or not being there, last.
    package func syncFolder() throws(PortError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY)
        guard descriptor >= 0 else { throw failure("be synced with its folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("be synced with its folder") }
    }

    /// A full disk may have room again; a folder that may not be written to stays so.
    private func failure(_ what: String) -> PortError {
        let code = errno
        let kind: PortError.Kind =
            [EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR].contains(code) ? .fatal : .unavailable
        return PortError(kind, "\(path) cannot \(what): \(String(cString: strerror(code)))")
    }
}

// The name that the type's own method hides.
private func systemWrite(_ descriptor: Int32, _ from: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, from, count)
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A checkpoint in one JSON file, replaced as a whole.
///
/// A new file is written beside it, synced, renamed over it, and the folder is synced: a crash at any moment leaves
/// the old checkpoint or the new one. (rename(2) is atomic; the folder's sync makes it last, fsync(2).)
package struct FileCheckpointStore: CheckpointStore {
    package let path: String

    package init(path: String) { self.path = path }

    package func load() async throws(PortError) -> Checkpoint? {
        guard let bytes = try read() else { return nil }
        do { return try CheckpointFormat.read(bytes) } catch {
            throw PortError(.fatal, "\(path) cannot be used: \(error.reason)")
        }
    }

    package func save(_ checkpoint: Checkpoint) async throws(PortError) {
        let bytes = CheckpointFormat.write(checkpoint)
        let draft = path + ".tmp"
        try write(bytes, to: draft)
        guard rename(draft, path) == 0 else { throw failure("be replaced") }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY)
        guard descriptor >= 0 else { throw failure("be synced with its folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("be synced with its folder") }
    }

    private func read() throws(PortError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("be read")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = part.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("be read")
            }
            bytes += part[..<count]
        }
    }

    private func write(_ bytes: [UInt8], to draft: String) throws(PortError) {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
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

    /// A full disk may have room again; a folder that may not be written to stays so.
    private func failure(_ what: String) -> PortError {
        let code = errno
        let kind: PortError.Kind =
            [EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR].contains(code) ? .fatal : .unavailable
        return PortError(kind, "\(path) cannot \(what): \(String(cString: strerror(code)))")
    }
}

// The names that the type's own methods hide.
private func systemRead(_ descriptor: Int32, _ into: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, into, count)
}

private func systemWrite(_ descriptor: Int32, _ from: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, from, count)
}

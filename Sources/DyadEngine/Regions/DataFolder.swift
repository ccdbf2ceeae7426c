import DyadModel
import DyadStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why an emulator could not start: one clear line.
package struct StartupError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The folder that regions' files lie in, held by one process at a time.
///
/// `dyad.json` says which form the folder has, `dyad.lock` is locked while a process uses it, and each region is
/// `ACCOUNT/REGION.sqlite`.
struct DataFolder: Sendable {
    let path: String
    let isTemporary: Bool
    private let lock: Int32

    static let format = 1

    /// A folder that stays. Made if it is not there.
    init(keeping path: String) throws(StartupError) {
        try Self.makeFolders(path)
        self.path = path
        isTemporary = false
        lock = try Self.lock(path)
        try Self.checkFormat(path)
    }

    /// A folder that is gone when the process ends, in the system's place for such.
    init(temporaryIn parent: String) throws(StartupError) {
        Self.removeAbandoned(in: parent)
        var template = Array("\(parent)/dyad-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw StartupError("cannot make a temporary folder in \(parent): \(Self.reason())")
        }
        path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        isTemporary = true
        lock = try Self.lock(path)
    }

    /// Where a region's file lies.
    func file(for scope: Scope) throws(StartupError) -> RegionFile {
        let folder = "\(path)/\(scope.account.rawValue)"
        try Self.makeFolders(folder)
        return RegionFile(
            path: "\(folder)/\(scope.region.rawValue).sqlite", durability: isTemporary ? .memory : .disk)
    }

    /// Lets the folder go; a temporary one is removed.
    func release() {
        if isTemporary { Self.remove(path) }
        close(lock)
    }

    // MARK: Files

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func makeFolders(_ path: String) throws(StartupError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/\(part)"
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                throw StartupError("cannot make the data folder \(path): \(reason())")
            }
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw StartupError("cannot write to the data folder \(path): \(reason())")
        }
    }

    private static func lock(_ path: String) throws(StartupError) -> Int32 {
        let descriptor = open("\(path)/dyad.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StartupError("cannot write to the data folder \(path): \(reason())") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StartupError("the data folder \(path) is in use by another process")
        }
        return descriptor
    }

    private static func checkFormat(_ path: String) throws(StartupError) {
        let name = "\(path)/dyad.json"
        guard let text = read(name) else {
            try write("{\"format\": \(format)}\n", to: name)
            return
        }
        guard let found = (try? JSONDocument(parsing: text))?.root["format"]?.integer else {
            throw StartupError("\(name) is not a description of a data folder")
        }
        guard found <= format else {
            throw StartupError(
                "the data folder \(path) was written by a newer version (format \(found), this one knows \(format))")
        }
    }

    private static func read(_ name: String) -> [UInt8]? {
        let descriptor = open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        #if canImport(Glibc)
            let count = Glibc.read(descriptor, &buffer, buffer.count)
        #else
            let count = Darwin.read(descriptor, &buffer, buffer.count)
        #endif
        return count >= 0 ? Array(buffer.prefix(count)) : nil
    }

    private static func write(_ text: String, to name: String) throws(StartupError) {
        let descriptor = open(name, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StartupError("cannot write \(name): \(reason())") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        #if canImport(Glibc)
            let count = Glibc.write(descriptor, bytes, bytes.count)
        #else
            let count = Darwin.write(descriptor, bytes, bytes.count)
        #endif
        guard count == bytes.count else { throw StartupError("cannot write \(name): \(reason())") }
    }

    /// The names that begin so, but for the folder itself and its parent. Others cost no String: the system's place for
    /// temporary files may hold thousands.
    static func names(in path: String, beginning prefix: StaticString = "") -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    strncmp(name, prefix.utf8Start, prefix.utf8CodeUnitCount) == 0 ? String(cString: name) : nil
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let inner = "\(path)/\(name)"
            // A link is removed, never followed.
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }

    /// Folders of processes that were killed: nobody holds their lock. Young ones may be about to be locked.
    private static func removeAbandoned(in parent: String) {
        for name in names(in: parent, beginning: "dyad-") where name.utf8.count == 11 {
            let path = "\(parent)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid == getuid(), status.st_mode & S_IFMT == S_IFDIR,
                time(nil) - status.st_mtim.tv_sec > 60
            else { continue }
            let descriptor = open("\(path)/dyad.lock", O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { remove(path) }
        }
    }
}

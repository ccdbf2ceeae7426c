import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes a folder that nobody else may enter, and those above it.
///
/// - Returns: nil when it is there afterwards, else why not.
func makePrivateFolder(_ path: String) -> String? {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
        made += "/\(part)"
        guard mkdir(made, 0o700) == 0 || errno == EEXIST else { return String(cString: strerror(errno)) }
    }
    return nil
}

func renameFile(_ path: String, to other: String) -> Bool { rename(path, other) == 0 }

/// Removes a folder and all that is in it; follows no link.
func removeFolder(_ path: String) {
    // fts(3) and nftw(3) take C function pointers and visit in their own order; a walk is as short.
    if let folder = opendir(path) {
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let inner = "\(path)/\(name)"
            var status = stat()
            guard lstat(inner, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { removeFolder(inner) } else { unlink(inner) }
        }
    }
    rmdir(path)
}

/// Whether a file is there that may be executed.
func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Makes or replaces a file that only its owner may read.
func writeFile(_ bytes: [UInt8], to path: String) -> Bool {
    let written = try? FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec],
        permissions: .ownerReadWrite
    ).closing { file in try file.writeAll(bytes) }
    return written == bytes.count
}

extension FileDescriptor {
    func closing<Answer>(_ body: (FileDescriptor) throws -> Answer) throws -> Answer {
        try closeAfter { try body(self) }
    }
}

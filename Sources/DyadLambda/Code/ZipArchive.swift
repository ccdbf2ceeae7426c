import CZip
import SystemPackage

/// A function's code as it was sent: a zip file, read by libzip.
///
/// It comes from a client and may be anything. Nothing of it leaves the folder it is unpacked to.
struct ZipArchive {
    enum Fault: Error, Equatable {
        /// It is no zip file, a broken one, or one that would write beside its folder.
        case unreadable(String)
        /// It would take more than `unpackedBytesMax`.
        case tooLarge
        /// The folder cannot be written.
        case notWritten(String)
    }

    /// AWS's quotas: 50 MB as it is sent, 250 MB unpacked.
    static let packedBytesMax = 52_428_800
    static let unpackedBytesMax = 262_144_000
    /// Files and folders of one archive: more than any that fits the quota sensibly has.
    static let entriesMax = 100_000

    private static let stepBytes = 64 << 10
    private static let fileTypeMask: UInt32 = 0o170000
    private static let regularFile: UInt32 = 0o100000
    private static let folder: UInt32 = 0o040000

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Looks at all names and sizes, and reads nothing of the files.
    func check() throws(Fault) { try read { (_, _) throws(Fault) in } }

    /// Writes all files to a folder that is there.
    ///
    /// It may take seconds. A file that fails leaves those before it.
    func unpack(to path: String) throws(Fault) {
        var count = 0
        try read { (archive, entry) throws(Fault) in
            let target = "\(path)/\(entry.name)"
            if entry.isFolder {
                if let reason = makePrivateFolder(target) { throw .notWritten(reason) }
                return
            }
            if let slash = target.lastIndex(of: "/"), let reason = makePrivateFolder(String(target[..<slash])) {
                throw .notWritten(reason)
            }
            try Self.write(entry, of: archive, to: target, count: &count)
        }
    }

    private struct Entry {
        let index: zip_uint64_t
        /// Relative, without `.` and `..`.
        let name: String
        let isFolder: Bool
        let permissions: UInt16
    }

    private func read(_ use: (OpaquePointer, Entry) throws(Fault) -> Void) throws(Fault) {
        // libzip reads from the array while it is open: it must stay where it is.
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, Fault> in
            var error = zip_error_t()
            zip_error_init(&error)
            defer { zip_error_fini(&error) }
            guard !bytes.isEmpty,
                let source = zip_source_buffer_create(bytes.baseAddress, zip_uint64_t(bytes.count), 0, &error)
            else { return .failure(.unreadable("empty")) }
            guard let archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) else {
                zip_source_free(source)
                return .failure(.unreadable(String(cString: zip_error_strerror(&error))))
            }
            defer { zip_discard(archive) }
            do throws(Fault) {
                for entry in try Self.entries(of: archive) { try use(archive, entry) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private static func entries(of archive: OpaquePointer) throws(Fault) -> [Entry] {
        let count = zip_get_num_entries(archive, 0)
        guard count > 0 else { throw .unreadable("no files") }
        guard count <= entriesMax else { throw .unreadable("more than \(entriesMax) files") }
        var entries: [Entry] = []
        var total: UInt64 = 0
        for index in 0..<zip_uint64_t(count) {
            var status = zip_stat_t()
            zip_stat_init(&status)
            guard zip_stat_index(archive, index, 0, &status) == 0, let text = status.name else {
                throw .unreadable("no name")
            }
            guard status.encryption_method == 0 else { throw .unreadable("encrypted") }
            let (sum, overflows) = total.addingReportingOverflow(status.size)
            guard !overflows, sum <= unpackedBytesMax else { throw .tooLarge }
            total = sum
            entries.append(try entry(index, String(cString: text), in: archive))
        }
        return entries
    }

    private static func entry(
        _ index: zip_uint64_t, _ sent: String, in archive: OpaquePointer
    ) throws(Fault) -> Entry {
        let parts = sent.split(separator: "/", omittingEmptySubsequences: false)
        let isFolder = parts.last?.isEmpty ?? true
        let names = (isFolder ? parts.dropLast() : parts[...]).filter { $0 != "." }
        let isSafe = !sent.utf8.contains(UInt8(ascii: "\\")) && names.allSatisfy { !$0.isEmpty && $0 != ".." }
        guard isSafe, !names.isEmpty || isFolder && !sent.hasPrefix("/") else {
            throw .unreadable("unsafe name \(sent)")
        }
        var system: zip_uint8_t = 0
        var attributes: zip_uint32_t = 0
        guard zip_file_get_external_attributes(archive, index, 0, &system, &attributes) == 0 else {
            throw .unreadable("no attributes")
        }
        // Unix and macOS keep the file's mode in the upper half; others know neither links nor permissions.
        let hasMode = Int32(system) == ZIP_OPSYS_UNIX || Int32(system) == ZIP_OPSYS_OS_X
        let mode = hasMode ? attributes >> 16 : 0
        let type = mode & fileTypeMask
        guard type == 0 || type == (isFolder ? folder : regularFile) else { throw .unreadable("\(sent) is a link") }
        let permissions = mode & 0o777 == 0 ? 0o644 : UInt16(mode & 0o777)
        return Entry(
            index: index, name: names.joined(separator: "/"), isFolder: isFolder, permissions: permissions | 0o600)
    }

    /// - Parameter count: bytes written so far, of all files: sizes in the archive may lie.
    private static func write(
        _ entry: Entry, of archive: OpaquePointer, to path: String, count: inout Int
    ) throws(Fault) {
        guard let source = zip_fopen_index(archive, entry.index, 0) else { throw .unreadable("a file cannot be read") }
        defer { zip_fclose(source) }
        do {
            // A name that comes twice means the last of them. Links are never made here, so none can be followed.
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec],
                permissions: FilePermissions(rawValue: CInterop.Mode(entry.permissions)))
            try file.closeAfter {
                while true {
                    let part = try [UInt8](unsafeUninitializedCapacity: stepBytes) { buffer, filled in
                        let read = zip_fread(source, buffer.baseAddress, zip_uint64_t(stepBytes))
                        // Also when its check sum is wrong.
                        guard read >= 0 else { throw Fault.unreadable("broken") }
                        filled = Int(read)
                    }
                    guard !part.isEmpty else { return }
                    count += part.count
                    guard count <= unpackedBytesMax else { throw Fault.tooLarge }
                    try file.writeAll(part)
                }
            }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .notWritten("\(error)")
        }
    }
}

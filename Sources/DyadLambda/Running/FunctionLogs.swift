import DyadModel
import Synchronization
import SystemPackage

/// Where functions' logs go: to whoever runs the server, and to a file for each function where there is a folder.
package final class FunctionLogs: Sendable {
    /// Bytes of a log file before it is set aside as `NAME.log.old`, in the place of the one set aside before.
    package static let fileBytesMax = 16 << 20

    private let folder: String?
    private let print: @Sendable (String, [UInt8]) -> Void
    private let files = Mutex<[String: LogFile]>([:])

    private struct LogFile {
        var file: FileDescriptor
        var count: Int
    }

    /// - Parameters:
    ///   - folder: made when it is needed; nil for no files.
    ///   - print: gets the function, `cn-north-1/name`, and a line without its end. May block.
    package init(folder: String?, print: @escaping @Sendable (String, [UInt8]) -> Void) {
        self.folder = folder
        self.print = print
    }

    func write(_ line: [UInt8], of function: String, in scope: Scope) {
        print("\(scope.region.rawValue)/\(function)", line)
        guard let folder else { return }
        let path = "\(folder)/\(scope.account.rawValue)-\(scope.region.rawValue)-\(function).log"
        files.withLock { files in
            if files[path] == nil || (files[path]?.count ?? 0) + line.count > Self.fileBytesMax {
                try? files[path]?.file.close()
                files[path] = Self.open(path, in: folder)
            }
            guard let file = files[path]?.file else { return }
            let written = try? file.writeAll(line + [UInt8(ascii: "\n")])
            files[path]?.count += written ?? 0
        }
    }

    private static func open(_ path: String, in folder: String) -> LogFile? {
        _ = makePrivateFolder(folder)
        let open = {
            try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec, .noFollow],
                permissions: .ownerReadWrite)
        }
        guard var file = try? open() else { return nil }
        var count = Int((try? file.seek(offset: 0, from: .end)) ?? 0)
        if count >= fileBytesMax {
            try? file.close()
            _ = renameFile(path, to: path + ".old")
            guard let fresh = try? open() else { return nil }
            file = fresh
            count = 0
        }
        return LogFile(file: file, count: count)
    }

    /// A deleted function's file stays, and is let go.
    func close(_ function: String, in scope: Scope) {
        guard let folder else { return }
        let path = "\(folder)/\(scope.account.rawValue)-\(scope.region.rawValue)-\(function).log"
        files.withLock { files in
            try? files[path]?.file.close()
            files[path] = nil
        }
    }
}

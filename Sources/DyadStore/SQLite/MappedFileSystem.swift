internal import CSQLite
internal import Synchronization

/// SQLite's way to the files of a region that this process alone has, and only until it ends: `MappedFile`s.
///
/// With the system's own way each page is four system calls on its way into a log and from there into the file, and each
/// snapshot two: half the time of a large load. What SQLite asks of these methods: sqlite.org/c3ref/io_methods.html
enum MappedFileSystem {
    /// What `sqlite3_open_v2` knows it by; nil when it could not be registered.
    static let name: String? = register()

    private static let registeredName: StaticString = "dyad-mapped"

    /// All but opening files is done as the system's own does it.
    private static func register() -> String? {
        guard let system = sqlite3_vfs_find(nil) else { return nil }
        let made = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        made.initialize(to: system.pointee)
        made.pointee.pNext = nil
        made.pointee.zName = UnsafeRawPointer(registeredName.utf8Start).assumingMemoryBound(to: CChar.self)
        made.pointee.szOsFile = max(system.pointee.szOsFile, Int32(Handle.size))
        made.pointee.xOpen = { _, path, file, flags, outFlags in
            guard let file else { return SQLITE_CANTOPEN }
            guard let path, flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL) != 0 else {
                // Journals and what is sorted outside memory: of one connection, and gone behind it.
                guard let system = sqlite3_vfs_find(nil) else { return SQLITE_CANTOPEN }
                return system.pointee.xOpen(system, path, file, flags, outFlags)
            }
            file.pointee.pMethods = nil
            let name = String(cString: path)
            guard let opened = OpenFiles.open(name, creating: flags & SQLITE_OPEN_CREATE != 0) else {
                return SQLITE_CANTOPEN
            }
            Handle.set(Handle(opened, path: name), of: file)
            file.pointee.pMethods = UnsafePointer(MappedFileSystem.methods)
            outFlags?.pointee = flags
            return SQLITE_OK
        }
        guard sqlite3_vfs_register(made, 0) == SQLITE_OK else { return nil }
        return "\(registeredName)"
    }

    /// Unsafe by hand: written to before anybody else has the address, only read behind that, and never freed, since SQLite
    /// keeps it in each open file.
    private nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        made.initialize(to: sqlite3_io_methods())
        made.pointee.iVersion = 3
        addFileMethods(to: &made.pointee)
        addLockMethods(to: &made.pointee)
        addIndexMethods(to: &made.pointee)
        return made
    }()

    private static func addFileMethods(to methods: inout sqlite3_io_methods) {
        methods.xClose = { file in
            Handle.remove(from: file)
            return SQLITE_OK
        }
        methods.xRead = { file, target, count, offset in
            guard let target else { return SQLITE_IOERR }
            let isWhole = Handle.withFile(of: file) { $0.read(into: target, count: Int(count), at: offset) }
            return isWhole ? SQLITE_OK : shortRead
        }
        methods.xWrite = { file, source, count, offset in
            guard let source else { return SQLITE_IOERR }
            return Handle.withFile(of: file) { $0.write(source, count: Int(count), at: offset) }
        }
        methods.xTruncate = { file, size in
            Handle.of(file).file.truncate(to: size)
            return SQLITE_OK
        }
        // Gone with the process: there is nothing to sync.
        methods.xSync = { _, _ in SQLITE_OK }
        methods.xFileSize = { file, size in
            size?.pointee = Handle.of(file).file.size
            return SQLITE_OK
        }
        methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        methods.xSectorSize = { _ in 4096 }
        methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND }
        methods.xFetch = { file, offset, count, pointer in
            // Nothing where the file ends before: SQLite reads it then.
            pointer?.pointee = Handle.withFile(of: file) { $0.bytes(at: offset, count: Int(count)) }
            return SQLITE_OK
        }
        methods.xUnfetch = { _, _, _ in SQLITE_OK }
    }

    private static func addLockMethods(to methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            let handle = Handle.of(file)
            return handle.file.locks.withLock { $0.lock(level, held: &handle.level) } ? SQLITE_OK : SQLITE_BUSY
        }
        methods.xUnlock = { file, level in
            let handle = Handle.of(file)
            handle.file.locks.withLock { $0.unlock(level, held: &handle.level) }
            return SQLITE_OK
        }
        methods.xCheckReservedLock = { file, isReserved in
            isReserved?.pointee = Handle.of(file).file.locks.withLock { $0.hasWriter } ? 1 : 0
            return SQLITE_OK
        }
    }

    private static func addIndexMethods(to methods: inout sqlite3_io_methods) {
        methods.xShmMap = { file, number, size, making, pointer in
            let block = Handle.of(file).file.index.block(Int(number), size: Int(size), making: making != 0)
            pointer?.pointee = block
            return block == nil && making != 0 ? SQLITE_NOMEM : SQLITE_OK
        }
        methods.xShmLock = { file, offset, count, flags in
            let handle = Handle.of(file)
            let index = handle.file.index
            let range = Int(offset)..<Int(offset + count)
            if flags & SQLITE_SHM_UNLOCK != 0 {
                index.unlock(range, held: &handle.indexLocks)
                return SQLITE_OK
            }
            let alone = flags & SQLITE_SHM_EXCLUSIVE != 0
            return index.lock(range, alone: alone, held: &handle.indexLocks) ? SQLITE_OK : SQLITE_BUSY
        }
        methods.xShmBarrier = { file in Handle.of(file).file.index.barrier() }
        // The last connection deletes the log: who opens the next one must not find this one's index.
        methods.xShmUnmap = { file, isLast in
            if isLast != 0 { Handle.of(file).file.index.forget() }
            return SQLITE_OK
        }
    }

    /// One connection's hold on a file. Not Sendable: it stays on the connection's thread.
    private final class Handle {
        let file: MappedFile
        let path: String
        var level = SQLITE_LOCK_NONE
        var indexLocks = WALIndex.Held()

        init(_ file: MappedFile, path: String) {
            self.file = file
            self.path = path
        }

        /// Bytes that SQLite sets aside for an open file: its own, and the address of a handle behind them.
        static var size: Int { offset + MemoryLayout<UnsafeRawPointer>.size }
        private static var offset: Int { MemoryLayout<sqlite3_file>.stride }

        static func set(_ handle: Handle, of file: UnsafeMutablePointer<sqlite3_file>) {
            let address = UnsafeRawPointer(Unmanaged.passRetained(handle).toOpaque())
            UnsafeMutableRawPointer(file).storeBytes(of: address, toByteOffset: offset, as: UnsafeRawPointer.self)
        }

        static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Handle { held(by: file).takeUnretainedValue() }

        /// Without counting references, for what is called with each page.
        static func withFile<Result>(
            of file: UnsafeMutablePointer<sqlite3_file>?, _ body: (MappedFile) -> Result
        ) -> Result { held(by: file)._withUnsafeGuaranteedRef { body($0.file) } }

        /// SQLite calls the methods of a file only between its opening and its closing.
        private static func held(by file: UnsafeMutablePointer<sqlite3_file>?) -> Unmanaged<Handle> {
            Unmanaged.fromOpaque(
                UnsafeRawPointer(file.unsafelyUnwrapped).load(fromByteOffset: offset, as: UnsafeRawPointer.self))
        }

        static func remove(from file: UnsafeMutablePointer<sqlite3_file>?) {
            let handle = held(by: file).takeRetainedValue()
            handle.file.index.unlock(0..<Int(SQLITE_SHM_NLOCK), held: &handle.indexLocks)
            handle.file.locks.withLock { $0.unlock(SQLITE_LOCK_NONE, held: &handle.level) }
            OpenFiles.close(handle.path)
        }
    }
}

private let shortRead = SQLITE_IOERR | (2 << 8)

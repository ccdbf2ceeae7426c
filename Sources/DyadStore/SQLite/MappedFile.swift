internal import CSQLite
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that all connections of this process read and write through one mapping, and the locks among them.
///
/// Reading and writing is copying: no system call a page. Room is taken from the file system before it is written to, so
/// that a full disk is SQLITE_FULL and not a signal. A page that the disk fails to read ends the process.
final class MappedFile: Sendable {
    /// How large a file may grow. Addresses are set aside for it, not memory: nothing moves while the file grows, since
    /// pointers into it are held on other threads. Where the system does not give so many, a quarter may do, down to 1 GB.
    static let largestSize: Int64 = 64 << 30
    private static let leastReserved: Int64 = 1 << 30

    private let descriptor: Int32
    private let reserved: Int
    /// Unsafe by hand: the address never changes between `init` and `close`, and who may touch which bytes behind it SQLite
    /// settles by its locks.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    /// What SQLite takes for the file's size; the file itself is larger, by room that was taken for what comes.
    private let logicalSize: Atomic<Int64>
    private let room: Mutex<Room>
    let locks = Mutex(ConnectionLocks())
    let index = WALIndex()

    private struct Room {
        var taken: Int64
        let limit: Int64
    }

    /// Opens the file; makes it when `creating`.
    ///
    /// - Parameter limit: bytes that it may grow to.
    /// - Returns: nil when it cannot be opened or the system gives no addresses.
    init?(path: String, creating: Bool, limit: Int64 = largestSize) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | (creating ? O_CREAT : 0), 0o644)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            let (base, reserved) = Self.map(descriptor, atLeast: Int64(status.st_size))
        else {
            Self.close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        self.base = base
        self.reserved = reserved
        logicalSize = Atomic(Int64(status.st_size))
        room = Mutex(Room(taken: Int64(status.st_size), limit: min(limit, Int64(reserved))))
    }

    private static func map(
        _ descriptor: Int32, atLeast least: Int64
    ) -> (base: UnsafeMutableRawPointer, reserved: Int)? {
        var size = largestSize
        while size >= max(least, leastReserved) {
            let base = mmap(nil, Int(size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            if let base, base != MAP_FAILED { return (base, Int(size)) }
            size /= 4
        }
        return nil
    }

    /// Lets the file go: nobody uses it any more.
    func close() {
        munmap(base, reserved)
        // Without the room that was not used, which who opens it next would take for pages.
        _ = ftruncate(descriptor, off_t(size))
        Self.close(descriptor)
    }

    private static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Darwin)
            _ = Darwin.close(descriptor)
        #endif
    }

    var size: Int64 { logicalSize.load(ordering: .acquiring) }

    /// The bytes at `offset`, which stay where they are; nil when the file does not reach that far.
    func bytes(at offset: Int64, count: Int) -> UnsafeMutableRawPointer? {
        offset >= 0 && offset + Int64(count) <= size ? base + Int(offset) : nil
    }

    /// - Returns: false when the file ends before; zeros take the place of what is missing.
    func read(into target: UnsafeMutableRawPointer, count: Int, at offset: Int64) -> Bool {
        let available = Int(max(0, min(Int64(count), size - offset)))
        if available > 0 { memcpy(target, base + Int(offset), available) }
        if available < count { memset(target + available, 0, count - available) }
        return available == count
    }

    /// - Returns: SQLITE_OK, SQLITE_FULL when there is no room, or SQLITE_IOERR_WRITE.
    func write(_ source: UnsafeRawPointer, count: Int, at offset: Int64) -> Int32 {
        let end = offset + Int64(count)
        if end > size {
            let code = makeRoom(for: end)
            guard code == SQLITE_OK else { return code }
        }
        memcpy(base + Int(offset), source, count)
        // SQLite lets one connection write at a time, so that nobody else grows the file meanwhile.
        if end > size { logicalSize.store(end, ordering: .releasing) }
        return SQLITE_OK
    }

    /// Cuts the file; what grows over the cut later begins as zeros.
    func truncate(to newSize: Int64) {
        let old = size
        guard newSize < old else { return }
        memset(base + Int(newSize), 0, Int(old - newSize))
        logicalSize.store(newSize, ordering: .releasing)
    }

    private func makeRoom(for end: Int64) -> Int32 {
        room.withLock { room in
            guard end > room.taken else { return SQLITE_OK }
            guard end <= room.limit else { return SQLITE_FULL }
            // An eighth ahead: few calls for a large file, little room for a small one.
            let step = min(max(256 << 10, room.taken / 8), 16 << 20)
            let wanted = min(max(end, room.taken + step), room.limit)
            let code = Self.allocate(descriptor, from: room.taken, to: wanted)
            guard code == 0 else {
                return code == ENOSPC || code == EDQUOT || code == EFBIG ? SQLITE_FULL : writeFailed
            }
            room.taken = wanted
            return SQLITE_OK
        }
    }

    /// - Returns: 0, or why it failed, as of `errno`.
    private static func allocate(_ descriptor: Int32, from start: Int64, to end: Int64) -> Int32 {
        #if os(Linux)
            while true {
                let code = posix_fallocate(descriptor, off_t(start), off_t(end - start))
                if code != EINTR { return code }
            }
        #else
            let zeros = [UInt8](repeating: 0, count: 64 << 10)
            var at = start
            while at < end {
                let count = pwrite(descriptor, zeros, min(zeros.count, Int(end - at)), off_t(at))
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                at += Int64(count)
            }
            return 0
        #endif
    }
}

private let writeFailed = SQLITE_IOERR | (3 << 8)

/// The files that are open: every connection to one has the same `MappedFile`.
enum OpenFiles {
    private struct Entry {
        let file: MappedFile
        var handles: Int
    }

    private static let entries = Mutex<[String: Entry]>([:])

    static func open(_ path: String, creating: Bool) -> MappedFile? {
        entries.withLock { entries in
            guard let file = entries[path]?.file ?? MappedFile(path: path, creating: creating) else { return nil }
            entries[path, default: Entry(file: file, handles: 0)].handles += 1
            return file
        }
    }

    /// Called once for each `open`. The last one closes the file, before somebody opens it anew.
    static func close(_ path: String) {
        entries.withLock { entries in
            guard let entry = entries[path] else { return }
            entries[path] = entry.handles > 1 ? Entry(file: entry.file, handles: entry.handles - 1) : nil
            if entry.handles == 1 { entry.file.close() }
        }
    }
}

/// The locks on a database's file as SQLite's five levels have them: sqlite.org/lockingv3.html
struct ConnectionLocks {
    private var readers = 0
    /// Whether somebody holds RESERVED or more; there is one at most.
    private(set) var hasWriter = false
    /// Whether the writer waits for readers to go, or has seen the last one go: nobody new may read.
    private var isPending = false

    /// Raises a connection from `held` to `level`.
    ///
    /// - Returns: false when others are in the way; `held` is then what it holds, which may be PENDING.
    mutating func lock(_ level: Int32, held: inout Int32) -> Bool {
        guard level > held else { return true }
        if held == SQLITE_LOCK_NONE {
            guard !isPending else { return false }
            readers += 1
            held = SQLITE_LOCK_SHARED
        }
        guard level > SQLITE_LOCK_SHARED else { return true }
        if held == SQLITE_LOCK_SHARED {
            guard !hasWriter else { return false }
            hasWriter = true
            held = SQLITE_LOCK_RESERVED
        }
        guard level > SQLITE_LOCK_RESERVED else { return true }
        isPending = true
        held = SQLITE_LOCK_PENDING
        guard level > SQLITE_LOCK_PENDING else { return true }
        // One reader is the connection itself.
        guard readers == 1 else { return false }
        held = SQLITE_LOCK_EXCLUSIVE
        return true
    }

    /// Lowers a connection to SHARED or NONE.
    mutating func unlock(_ level: Int32, held: inout Int32) {
        guard level < held else { return }
        if held > SQLITE_LOCK_SHARED {
            hasWriter = false
            isPending = false
        }
        if level == SQLITE_LOCK_NONE { readers -= 1 }
        held = level
    }
}

/// The index of a write-ahead log, which connections of one process share as memory, and its locks.
final class WALIndex: Sendable {
    private struct State {
        /// Addresses of zeroed blocks, all of the size that SQLite asked the first time.
        var blocks: [UInt] = []
        /// A lock each: how many share it, or -1 when one has it alone.
        var slots = [Int](repeating: 0, count: Int(SQLITE_SHM_NLOCK))
    }

    private let state = Mutex(State())

    deinit { forget() }

    /// The block of this number; nil where there is none and none is to be made, or no memory for it.
    func block(_ number: Int, size: Int, making: Bool) -> UnsafeMutableRawPointer? {
        state.withLock { state in
            while making, state.blocks.count <= number {
                guard let block = calloc(1, size) else { return nil }
                state.blocks.append(UInt(bitPattern: block))
            }
            return number < state.blocks.count ? UnsafeMutableRawPointer(bitPattern: state.blocks[number]) : nil
        }
    }

    /// What one connection holds: a bit each for the locks that it shares and those that it has alone.
    struct Held {
        fileprivate var shared: UInt8 = 0
        fileprivate var alone: UInt8 = 0
    }

    /// Locks all of `range` for a connection, or nothing.
    ///
    /// - Returns: false when others are in the way.
    func lock(_ range: Range<Int>, alone: Bool, held: inout Held) -> Bool {
        state.withLock { state in
            for slot in range where held.alone & 1 << slot == 0 {
                let others = state.slots[slot] - (held.shared & 1 << slot == 0 ? 0 : 1)
                guard others == 0 || (others > 0 && !alone) else { return false }
            }
            for slot in range {
                release(slot, &held, &state)
                state.slots[slot] = alone ? -1 : state.slots[slot] + 1
                if alone { held.alone |= 1 << slot } else { held.shared |= 1 << slot }
            }
            return true
        }
    }

    /// Lets go of what the connection holds in `range`.
    func unlock(_ range: Range<Int>, held: inout Held) {
        state.withLock { state in
            for slot in range { release(slot, &held, &state) }
        }
    }

    private func release(_ slot: Int, _ held: inout Held, _ state: inout State) {
        if held.alone & 1 << slot != 0 { state.slots[slot] = 0 }
        if held.shared & 1 << slot != 0 { state.slots[slot] -= 1 }
        held.alone &= ~(1 << slot)
        held.shared &= ~(1 << slot)
    }

    /// What one thread wrote before this, another sees behind it.
    func barrier() { state.withLock { _ in } }

    /// Called when no connection uses it any more.
    func forget() {
        state.withLock { state in
            for block in state.blocks { free(UnsafeMutableRawPointer(bitPattern: block)) }
            state.blocks = []
        }
    }
}

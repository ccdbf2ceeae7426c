import DyadModel
import Synchronization
import Testing

@testable import DyadStore

#if canImport(Glibc)
    import Glibc
#endif

private let full: Int32 = 13
private let (none, shared, reserved, pending, exclusive): (Int32, Int32, Int32, Int32, Int32) = (0, 1, 2, 3, 4)

struct MappedFileTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func open(limit: Int64 = MappedFile.largestSize) throws -> MappedFile {
        try #require(MappedFile(path: scratch.file.path, creating: true, limit: limit))
    }

    private func read(_ file: MappedFile, _ count: Int, at offset: Int64) -> (bytes: [UInt8], isWhole: Bool) {
        var bytes = [UInt8](repeating: 99, count: count)
        let isWhole = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { file.read(into: $0, count: count, at: offset) } ?? true
        }
        return (bytes, isWhole)
    }

    private func write(_ bytes: [UInt8], to file: MappedFile, at offset: Int64) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { file.write($0, count: buffer.count, at: offset) } ?? 0
        }
    }

    @Test func `what is missing behind the end is read as zeros, and said`() throws {
        let file = try open()
        defer { file.close() }
        #expect(read(file, 3, at: 0) == ([0, 0, 0], false))
        #expect(write([1, 2, 3, 4], to: file, at: 2) == 0)
        #expect(read(file, 8, at: 0) == ([0, 0, 1, 2, 3, 4, 0, 0], false))
        #expect(read(file, 2, at: 4) == ([3, 4], true))
        #expect(read(file, 2, at: 1 << 40) == ([0, 0], false))
    }

    @Test func `pointers into it stay while it grows`() throws {
        let file = try open()
        defer { file.close() }
        #expect(file.bytes(at: 0, count: 1) == nil)
        #expect(write([7], to: file, at: 0) == 0)
        let first = try #require(file.bytes(at: 0, count: 1))
        #expect(write([8], to: file, at: 100 << 20) == 0)
        #expect(file.bytes(at: 0, count: 1) == first)
        #expect(first.load(as: UInt8.self) == 7)
        #expect(file.bytes(at: 100 << 20, count: 1)?.load(as: UInt8.self) == 8)
        #expect(file.bytes(at: 100 << 20, count: 2) == nil)
    }

    @Test func `a cut file grows again with zeros`() throws {
        let file = try open()
        defer { file.close() }
        #expect(write([1, 2, 3, 4], to: file, at: 0) == 0)
        file.truncate(to: 1)
        #expect(file.size == 1)
        #expect(write([9], to: file, at: 3) == 0)
        #expect(read(file, 4, at: 0) == ([1, 0, 0, 9], true))
    }

    @Test func `without room a write is refused and what was there stays`() throws {
        let file = try open(limit: 10)
        defer { file.close() }
        #expect(write([1, 2, 3], to: file, at: 7) == 0)
        #expect(write([4], to: file, at: 10) == full)
        #expect(file.size == 10)
        #expect(read(file, 3, at: 7) == ([1, 2, 3], true))
    }

    @Test func `room that was taken and not used does not stay behind`() throws {
        let file = try open()
        #expect(write([1, 2, 3], to: file, at: 0) == 0)
        file.close()
        let again = try open()
        defer { again.close() }
        #expect(again.size == 3)
        #expect(read(again, 3, at: 0) == ([1, 2, 3], true))
    }

    @Test func `all who open a path have one file, until the last has closed it`() throws {
        let path = scratch.file.path
        let first = try #require(OpenFiles.open(path, creating: true))
        let second = try #require(OpenFiles.open(path, creating: false))
        #expect(first === second)
        OpenFiles.close(path)
        #expect(write([5], to: second, at: 0) == 0)
        OpenFiles.close(path)
        let third = try #require(OpenFiles.open(path, creating: false))
        defer { OpenFiles.close(path) }
        #expect(third !== first)
        #expect(read(third, 1, at: 0) == ([5], true))
    }

    @Test func `a file that is not there, or of a folder that is not, is refused`() throws {
        #expect(OpenFiles.open(scratch.file.path, creating: false) == nil)
        #expect(OpenFiles.open("\(scratch.folder)/none/region.sqlite", creating: true) == nil)
        let file = RegionFile(path: "\(scratch.folder)/none/region.sqlite", durability: .memory)
        #expect(throws: SQLiteError.self) { try file.openWriter() }
    }
}

struct ConnectionLocksTests {
    @Test func `many read beside one who prepares to write`() {
        var locks = ConnectionLocks()
        var (writer, reader) = (none, none)
        #expect(locks.lock(shared, held: &writer))
        #expect(locks.lock(reserved, held: &writer))
        #expect(locks.hasWriter)
        #expect(locks.lock(shared, held: &reader))
        #expect(!locks.lock(reserved, held: &reader))
        #expect((writer, reader) == (reserved, shared))
    }

    @Test func `who writes waits for readers, and new ones wait for it`() {
        var locks = ConnectionLocks()
        var (writer, reader, newcomer) = (none, none, none)
        #expect(locks.lock(shared, held: &writer))
        #expect(locks.lock(shared, held: &reader))
        #expect(!locks.lock(exclusive, held: &writer))
        #expect(writer == pending)
        #expect(!locks.lock(shared, held: &newcomer))
        #expect(newcomer == none)
        locks.unlock(none, held: &reader)
        #expect(locks.lock(exclusive, held: &writer))
        locks.unlock(shared, held: &writer)
        #expect(!locks.hasWriter)
        #expect(locks.lock(shared, held: &newcomer))
        #expect(locks.lock(reserved, held: &newcomer))
        locks.unlock(none, held: &writer)
        #expect(locks.lock(exclusive, held: &newcomer))
    }

    @Test func `letting go twice, or of more than is held, changes nothing`() {
        var locks = ConnectionLocks()
        var (first, second) = (none, none)
        #expect(locks.lock(shared, held: &first))
        #expect(locks.lock(shared, held: &second))
        locks.unlock(none, held: &first)
        locks.unlock(none, held: &first)
        locks.unlock(shared, held: &second)
        #expect(locks.lock(shared, held: &first))
        #expect(!locks.lock(exclusive, held: &first))
    }
}

struct WALIndexTests {
    @Test func `a lock is shared or one's alone`() {
        let index = WALIndex()
        var (first, second) = (WALIndex.Held(), WALIndex.Held())
        #expect(index.lock(3..<4, alone: false, held: &first))
        #expect(index.lock(3..<4, alone: false, held: &second))
        #expect(!index.lock(3..<5, alone: true, held: &first))
        #expect(index.lock(4..<5, alone: true, held: &first))
        #expect(!index.lock(4..<5, alone: false, held: &second))
        index.unlock(3..<4, held: &second)
        #expect(!index.lock(3..<4, alone: true, held: &second))
        index.unlock(3..<5, held: &first)
        #expect(index.lock(0..<8, alone: true, held: &second))
        #expect(!index.lock(0..<1, alone: false, held: &first))
    }

    @Test func `locking or letting go twice counts once`() {
        let index = WALIndex()
        var (first, second) = (WALIndex.Held(), WALIndex.Held())
        #expect(index.lock(0..<1, alone: false, held: &first))
        #expect(index.lock(0..<1, alone: false, held: &first))
        index.unlock(0..<1, held: &first)
        #expect(index.lock(0..<1, alone: true, held: &second))
        index.unlock(0..<1, held: &first)
        #expect(!index.lock(0..<1, alone: false, held: &first))
        index.unlock(0..<8, held: &second)
        #expect(index.lock(0..<8, alone: true, held: &first))
    }

    @Test func `blocks are made when asked, zeroed, and stay where they are`() throws {
        let index = WALIndex()
        #expect(index.block(0, size: 32_768, making: false) == nil)
        let second = try #require(index.block(1, size: 32_768, making: true))
        #expect(second.load(fromByteOffset: 32_760, as: UInt64.self) == 0)
        let first = try #require(index.block(0, size: 32_768, making: false))
        #expect(first != second)
        _ = index.block(60, size: 32_768, making: true)
        #expect(index.block(1, size: 32_768, making: false) == second)
        index.forget()
        #expect(index.block(0, size: 32_768, making: false) == nil)
    }
}

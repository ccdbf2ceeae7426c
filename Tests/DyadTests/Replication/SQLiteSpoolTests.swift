import DyadModel
import DyadReplicator
import Testing

@testable import Dyad

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The spool's file.
@Suite struct SQLiteSpoolTests {
    private let a = ShardID("a")
    private let b = ShardID("b")
    private let time = Timestamp(milliseconds: 5)
    private let link = ReplicationLink(
        sourceRegion: "cn-north-1", sourceTable: "tlog", streamARN: "stream", targetRegion: "cn-northwest-1",
        targetTable: "tlog_replica", targetID: "id")

    private func withPath(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/dyad-spool-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        let folder = try #require(made)
        defer {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink("\(folder)/spool\(suffix)") }
            rmdir(folder)
        }
        try await body("\(folder)/spool")
    }

    private func seq(_ text: String) throws -> SequenceNumber { try #require(SequenceNumber(text)) }

    private func record(_ sequence: String, _ value: Int?) throws -> StreamRecord {
        let key = ItemBytes(canonical: Array(#"{"id":{"S":"x"}}"#.utf8))
        let item = value.map { ItemBytes(canonical: Array(#"{"id":{"S":"x"},"v":{"N":"\#($0)"}}"#.utf8)) }
        return StreamRecord(try seq(sequence), key: key, item.map { .put($0) } ?? .delete, createdAt: time)
    }

    @Test func `what was put in comes out, in order, and is there for the next process`() async throws {
        try await withPath { path in
            // 9 before 10, and the zeros in front as they came.
            let records = [try record("0009", 1), try record("10", nil), try record("11", 2)]
            do {
                let spool = SQLiteSpool(path: path)
                #expect(try await spool.load() == nil)
                #expect(access(path, F_OK) != 0)
                try await spool.create("id", for: link)
                _ = try await spool.append([SpoolPage(a, askedAt: time)])
                _ = try await spool.append([
                    SpoolPage(a, Array(records[..<1]), askedAt: time),
                    SpoolPage(b, parent: a, [try record("7", 9)], isEnd: true, askedAt: time),
                ])
                // As after an answer that was lost.
                _ = try await spool.append([SpoolPage(a, Array(records[..<2]), askedAt: time)])
                let totals = try await spool.append([SpoolPage(a, Array(records[2...]), askedAt: time)])
                #expect(totals.records == 4 && totals.bytes > 0)
                #expect(try await spool.records(of: a, after: nil, limit: 10) == records)
            }
            let spool = SQLiteSpool(path: path)
            let contents = try #require(try await spool.load())
            #expect(contents.id == "id" && contents.link == link && contents.totals.records == 4)
            #expect(
                contents.shards == [
                    a: SpooledShard(through: try seq("11"), askedAt: time),
                    b: SpooledShard(parent: a, through: try seq("7"), isEnded: true, askedAt: time),
                ])
            let found = try await spool.records(of: a, after: try seq("9"), limit: 1)
            #expect(found == [records[1]] && found.map(\.sequence.text) == ["10"])
            #expect(try await spool.records(of: a, after: nil, limit: 1).map(\.sequence.text) == ["0009"])
        }
    }

    @Test func `what is forgotten is gone, and where a shard stood is not`() async throws {
        try await withPath { path in
            let spool = SQLiteSpool(path: path)
            try await spool.create("id", for: link)
            _ = try await spool.append([
                SpoolPage(a, [try record("1", 1), try record("2", 2)], askedAt: time),
                SpoolPage(b, [try record("3", 3)], isEnd: true, askedAt: time),
            ])
            let totals = try await spool.forget([a: .after(try seq("2")), b: .finished(at: time)])
            #expect(totals.records == 0)
            #expect(try await spool.records(of: a, after: nil, limit: 10) == [])
            #expect(
                try await spool.load()?.shards == [a: SpooledShard(through: try seq("2"), askedAt: time)])
            try await spool.discard()
            #expect(try await spool.load() == nil)
            #expect(access(path, F_OK) != 0 && access(path + "-wal", F_OK) != 0)
        }
    }

    @Test func `a page of large records is no more than about a megabyte`() async throws {
        try await withPath { path in
            let spool = SQLiteSpool(path: path)
            try await spool.create("id", for: link)
            let large = ItemBytes(canonical: Array(repeating: UInt8(ascii: "x"), count: 400_000))
            let records = try (1...9).map {
                StreamRecord(try seq("\($0)"), key: .empty, .put(large), createdAt: time)
            }
            _ = try await spool.append([SpoolPage(a, records, askedAt: time)])
            #expect(try await spool.records(of: a, after: nil, limit: 1000).count == 3)
        }
    }

    @Test func `freed pages are not counted, and serve again`() async throws {
        try await withPath { path in
            let spool = SQLiteSpool(path: path)
            try await spool.create("id", for: link)
            let large = ItemBytes(canonical: Array(repeating: UInt8(ascii: "x"), count: 100_000))
            func page(_ number: Int) throws -> SpoolPage {
                SpoolPage(
                    a, [StreamRecord(try seq("\(number)"), key: .empty, .put(large), createdAt: time)], askedAt: time)
            }
            let empty = try await spool.append([SpoolPage(a, askedAt: time)]).bytes
            let full = try await spool.append([try page(1)]).bytes
            #expect(full > empty + 90_000)
            #expect(try await spool.forget([a: .after(try seq("1"))]).bytes < full - 90_000)
            #expect(try await spool.append([try page(2)]).bytes == full)
        }
    }

    @Test(arguments: ["this is a diary, and a long one: " + String(repeating: "dear diary ", count: 100)])
    func `a file that is no spool is refused and left as it is`(_ content: String) async throws {
        try await withPath { path in
            let file = try #require(fopen(path, "w"))
            fputs(content, file)
            fclose(file)
            await #expect(throws: PortError.self) { try await SQLiteSpool(path: path).load() }
            var found = [CChar](repeating: 0, count: content.utf8.count + 1)
            let again = try #require(fopen(path, "r"))
            fread(&found, 1, content.utf8.count, again)
            fclose(again)
            #expect(found.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } == Array(content.utf8))
        }
    }

    @Test func `two processes cannot have it`() async throws {
        try await withPath { path in
            let first = SQLiteSpool(path: path)
            try await first.create("id", for: link)
            let error = await #expect(throws: PortError.self) { try await SQLiteSpool(path: path).load() }
            #expect(error?.kind == .fatal)
            #expect(error?.message == "\(path) cannot be read: another process has it open")
            _ = try await first.append([SpoolPage(a, askedAt: time)])
        }
    }
}

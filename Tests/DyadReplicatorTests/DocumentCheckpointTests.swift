import DyadModel
import DyadReplicator
import Foundation
import Testing

struct DocumentCheckpointTests {
    private func scope() throws -> Scope {
        Scope(account: try #require(AccountID("123456789012")), region: RegionName("cn-north-1"))
    }

    @Test func `a checkpoint in a region's store comes back as it was, and each mapping has its own`() async throws {
        let documents = MemoryDocumentStore()
        let first = DocumentCheckpointStore(documents, in: try scope(), kind: "checkpoint", id: "1")
        let second = DocumentCheckpointStore(documents, in: try scope(), kind: "checkpoint", id: "2")
        #expect(try await first.load() == nil)
        let checkpoint = Checkpoint(
            link: Bench.link, shards: [a: .after(seq(7)), b: .finished(at: Bench.start), c: .trimHorizon],
            savedAt: Bench.start)
        try await first.save(checkpoint)
        #expect(try await first.load() == checkpoint)
        #expect(try await second.load() == nil)
    }

    @Test func `what is no checkpoint is an error, and not a beginning`() async throws {
        let documents = MemoryDocumentStore()
        try await documents.transact(in: try scope()) { store throws(DynamoError) in
            try store.put("checkpoint", "1", Array("{}".utf8))
        }
        let store = DocumentCheckpointStore(documents, in: try scope(), kind: "checkpoint", id: "1")
        await #expect(throws: PortError.self) { try await store.load() }
    }
}

struct DurableLinesTests {
    @Test func `lines follow each other, also behind one that a crash cut short`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dyad-lines-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = DurableLines(folder: folder)
        try await lines.add(Array("one".utf8), to: "a")
        let path = folder + "/a"
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("tw".utf8))
        try handle.close()
        try await lines.add(Array("three".utf8), to: "a")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntw\nthree\n")
    }

    @Test func `a folder that cannot be made is told`() async {
        let lines = DurableLines(folder: "/dev/null/lines")
        await #expect(throws: PortError.self) { try await lines.add([1], to: "a") }
    }
}

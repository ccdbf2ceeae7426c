import DyadModel
import Testing

@testable import DyadEngine

#if canImport(Glibc)
    import Glibc
#endif

/// One body, two stores: what tests of services keep their documents in must do as the emulator does.
@Suite struct DocumentTests {
    private func scope(_ region: String = "aws-cn-global", account: String = "123456789012") throws -> Scope {
        Scope(account: try #require(AccountID(account)), region: RegionName(region))
    }

    private func withStores(_ body: (any DocumentStore) async throws -> Void) async throws {
        try await body(MemoryDocumentStore())
        let emulator = try Emulator(.memory)
        defer { emulator.stop() }
        try await body(emulator)
    }

    private func ids(_ store: any DocumentStore, _ kind: String, in scope: Scope) async throws -> [String] {
        try await store.transact(in: scope) { (documents) throws(DynamoError) in
            try documents.documents(kind).map { "\($0.id)=\(String(decoding: $0.body, as: UTF8.self))" }
        }
    }

    private func put(_ store: any DocumentStore, _ kind: String, _ id: String, _ body: String, in scope: Scope)
        async throws
    {
        try await store.transact(in: scope) { (documents) throws(DynamoError) in
            try documents.put(kind, id, Array(body.utf8))
        }
    }

    @Test func `a transaction sees what it did, and so does the next`() async throws {
        try await withStores { store in
            let scope = try scope()
            try await put(store, "role", "b", "old", in: scope)
            let seen = try await store.transact(in: scope) { (documents) throws(DynamoError) in
                try documents.put("role", "b", [1])
                try documents.put("role", "a", [])
                try documents.put("role", "gone", [3])
                let wasThere = try documents.remove("role", "gone")
                let wasNot = try documents.remove("role", "never")
                let found = try documents.document("role", "b")
                let removed = try documents.document("role", "gone")
                return ([wasThere, wasNot], found, removed, try documents.documents("role").map(\.id))
            }
            #expect(seen.0 == [true, false])
            #expect(seen.1 == [1])
            #expect(seen.2 == nil)
            #expect(seen.3 == ["a", "b"])
            #expect(try await ids(store, "role", in: scope) == ["a=", "b=\u{1}"])
        }
    }

    @Test func `a transaction that throws did nothing`() async throws {
        try await withStores { store in
            let scope = try scope()
            try await put(store, "role", "a", "kept", in: scope)
            await #expect(throws: DynamoError.validation("no")) {
                try await store.transact(in: scope) { (documents) throws(DynamoError) in
                    try documents.put("role", "b", [])
                    try documents.remove("role", "a")
                    throw DynamoError.validation("no")
                }
            }
            #expect(try await ids(store, "role", in: scope) == ["a=kept"])
        }
    }

    @Test func `identifiers are ordered by their UTF-8, and any text is one`() async throws {
        try await withStores { store in
            let scope = try scope()
            let sorted = ["", "A", "a", "a\u{0}", "a\u{0}b", "ab", "\u{e9}", "\u{ffff}", "\u{1f600}"]
            for id in sorted.reversed() { try await put(store, "k", id, "", in: scope) }
            #expect(try await ids(store, "k", in: scope) == sorted.map { $0 + "=" })
        }
    }

    @Test func `kinds, regions and accounts share nothing`() async throws {
        try await withStores { store in
            for (region, account) in [("aws-global", "123456789012"), ("aws-cn-global", "111122223333")] {
                try await put(store, "role", "a", region, in: scope(region, account: account))
            }
            #expect(try await ids(store, "role", in: scope("aws-global")) == ["a=aws-global"])
            #expect(try await ids(store, "policy", in: scope("aws-global")) == [])
            #expect(try await ids(store, "role", in: scope("aws-cn-global")) == [])
            #expect(try await ids(store, "role", in: scope("aws-global", account: "111122223333")) == [])
        }
    }

    @Test func `transactions at the same moment run one after another`() async throws {
        try await withStores { store in
            let scope = try scope()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await store.transact(in: scope) { (documents) throws(DynamoError) in
                            let count = try documents.document("counter", "n")?.first ?? 0
                            try documents.put("counter", "n", [count + 1])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await store.transact(in: scope) { (documents) throws(DynamoError) in
                try documents.document("counter", "n")
            }
            #expect(count == [50])
        }
    }

    @Test func `a folder keeps documents, though the emulator stops at once`() async throws {
        var template = Array("/tmp/dyad-documents-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let large = [UInt8](repeating: 7, count: 3 << 20)
        let scope = try scope()
        for round in 0..<2 {
            let emulator = try Emulator(.folder(path))
            if round == 0 {
                try await emulator.transact(in: scope) { (documents) throws(DynamoError) in
                    try documents.put("code", "f", large)
                }
            } else {
                let kept = try await emulator.transact(in: scope) { (documents) throws(DynamoError) in
                    try documents.document("code", "f")
                }
                #expect(kept == large)
            }
            emulator.stop()
        }
        for name in ["dyad.json", "dyad.lock", "123456789012/aws-cn-global.sqlite"] { unlink("\(path)/\(name)") }
        rmdir("\(path)/123456789012")
        rmdir(path)
    }
}

import DyadModel
import DyadStore
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A region's file in a folder of its own, removed at the end.
final class Scratch {
    let folder: String
    let file: RegionFile

    init(_ durability: RegionFile.Durability = .memory) throws {
        var template = Array("/tmp/dyad-store-tests-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        file = RegionFile(path: "\(folder)/region.sqlite", durability: durability)
    }

    deinit {
        for suffix in ["", "-wal", "-shm"] { unlink("\(folder)/region.sqlite\(suffix)") }
        rmdir(folder)
    }
}

private let space = SpaceID(rawValue: 9)

private func key(_ name: String) -> StorageKey {
    StorageKey(space: space, partition: [KeyComponent(.string(Text(name)))].compactMap { $0 }[...], sort: [])
}

private func item(_ name: String, _ value: Int = 0) -> SizedItem {
    let item: Item = ["pk": .string(Text(name)), "v": .number(DynamoNumber(value))]
    return SizedItem(bytes: ItemBytes(item), size: item.size)
}

private func table(_ name: String) -> TableRecord {
    TableRecord(
        name: name, id: "id", space: space, createdAt: Timestamp(milliseconds: 5), attributes: [.init("pk", .string)],
        key: KeySchema(partition: [.init("pk", .string)], sort: []))
}

private func token(_ token: String, expires: Int64) -> RequestToken {
    RequestToken(
        operation: "op", token: token, fingerprint: [1, 2], expiresAt: Timestamp(milliseconds: expires),
        sizes: [0, 409_600])
}

struct StoreWriterTests {
    @Test func `a job that throws leaves nothing, its neighbours in the commit everything`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        try writer.begin()
        let first = writer.run { (store) throws(DynamoError) in
            try store.put(item("a"), at: key("a"), in: space, replacing: nil)
        }
        let second = writer.run { (store) throws(DynamoError) in
            try store.put(item("b"), at: key("b"), in: space, replacing: nil)
            try store.save(table("gone"))
            _ = store.nextSequence()
            throw DynamoError.validation("no")
        }
        try writer.commit()
        #expect((try? first.get()) != nil)
        #expect(throws: DynamoError.validation("no")) { try second.get() }

        let rows = Rows(try scratch.file.openReader())
        #expect(try rows.item(at: key("a")) == item("a"))
        #expect(try rows.item(at: key("b")) == nil)
        #expect(try rows.statistics(of: space) == Statistics(items: 1, bytes: Int64(item("a").size)))
        #expect(writer.catalog.tables.isEmpty)
    }

    @Test func `a job that throws behind its write spoils a transaction that has no savepoints`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        func write(_ name: String) -> Result<Void, DynamoError> {
            writer.run { (store) throws(DynamoError) in
                try store.put(item(name), at: key(name), in: space, replacing: nil)
            }
        }
        try writer.begin(undoing: .transaction)
        _ = writer.run { (_) throws(DynamoError) in throw DynamoError.validation("before it wrote") }
        _ = write("a")
        #expect(!writer.isSpoiled)
        _ = writer.run { (store) throws(DynamoError) in
            try store.save(table("gone"))
            throw DynamoError.validation("behind its write")
        }
        #expect(writer.isSpoiled)
        writer.rollback()
        try writer.begin()
        #expect(!writer.isSpoiled)
        _ = write("b")
        try writer.commit()

        let rows = Rows(try scratch.file.openReader())
        #expect(try rows.item(at: key("a")) == nil)
        #expect(try rows.item(at: key("b")) == item("b"))
        #expect(try rows.statistics(of: space) == Statistics(items: 1, bytes: Int64(item("b").size)))
        #expect(writer.catalog.tables.isEmpty)
    }

    @Test func `a log is folded into the file, but not what a reader still needs`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        func write(_ name: String) throws {
            try writer.begin()
            _ = writer.run { (store) throws(DynamoError) in
                try store.put(item(name), at: key(name), in: space, replacing: nil)
            }
            try writer.commit()
        }
        #expect(!writer.hasLog)
        try write("a")
        #expect(writer.hasLog)
        writer.foldLog()
        #expect(!writer.hasLog)

        let reader = try SnapshotReader(scratch.file)
        try write("b")
        let seen = try reader.read(1, catalog: writer.catalog)
        #expect(try seen.rows.item(at: key("b")) != nil)
        try write("c")
        writer.foldLog()
        #expect(writer.hasLog)
        #expect(try seen.rows.item(at: key("c")) == nil)
        reader.release()
        writer.foldLog()
        #expect(!writer.hasLog)
        #expect(try reader.read(2, catalog: writer.catalog).rows.item(at: key("c")) == item("c"))
    }

    @Test func `numbers given once are never given again, also after the file was closed`() throws {
        let scratch = try Scratch()
        var given: [Int64] = []
        for _ in 0..<2 {
            let writer = try StoreWriter(scratch.file)
            try writer.begin()
            for _ in 0..<3 {
                given.append(try writer.run { (store) throws(DynamoError) in store.nextSequence() }.get())
            }
            try writer.commit()
        }
        #expect(given == [1, 2, 3, 4, 5, 6])
    }

    @Test func `what is rolled back is gone from the catalog too`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        try writer.begin()
        _ = writer.run { (store) throws(DynamoError) in try store.save(table("t")) }
        writer.rollback()
        #expect(writer.catalog.tables.isEmpty)
        try writer.begin()
        _ = writer.run { (store) throws(DynamoError) in try store.save(table("u")) }
        try writer.commit()
        #expect(writer.catalog.tables.keys.sorted() == ["u"])
    }

    @Test func `a table's record survives the file`() throws {
        let scratch = try Scratch()
        var record = table("t")
        record.stream = .init(label: "2019", view: .newAndOldImages, openShards: .one(3))
        record.throughput = .init(readUnits: 5, writeUnits: 6)
        record.tags = [.init(key: "k", value: "v")]
        var index = IndexRecord(
            name: "i", isGlobal: true, space: SpaceID(rawValue: 10),
            key: KeySchema(partition: [.init("g", .number)], sort: [.init("h", .binary)]),
            tableKey: record.key, projection: .include(["x", "y"]))
        index.status = .creating
        index.backfilledUpTo = [0, 255, 7]
        record.globalIndexes = [index]
        do {
            let writer = try StoreWriter(scratch.file)
            try writer.begin()
            let saved = record
            _ = writer.run { (store) throws(DynamoError) in try store.save(saved) }
            try writer.commit()
        }
        #expect(try StoreWriter(scratch.file).catalog.tables["t"] == record)
    }

    @Test func `a file of a newer version is refused`() throws {
        let scratch = try Scratch()
        do {
            let connection = try scratch.file.openWriter()
            try connection.execute("PRAGMA user_version=\(RegionFile.schemaVersion + 1)")
        }
        let error = #expect(throws: SQLiteError.self) { try StoreWriter(scratch.file) }
        #expect(error?.message.contains("written by a newer version") == true)
    }

    @Test func `a file of the first form is brought up to date and keeps what is in it`() throws {
        let scratch = try Scratch()
        do {
            let writer = try StoreWriter(scratch.file)
            try writer.begin()
            _ = writer.run { (store) throws(DynamoError) in
                try store.put(item("a"), at: key("a"), in: space, replacing: nil)
                try store.save(table("t"))
            }
            try writer.commit()
        }
        do {
            let connection = try scratch.file.openWriter()
            try connection.execute(
                "DROP TABLE tokens; DROP TABLE collections; DROP TABLE documents; PRAGMA user_version=1")
        }
        let writer = try StoreWriter(scratch.file)
        #expect(writer.catalog.tables["t"] == table("t"))
        try writer.begin()
        let saved = writer.run { (store) throws(DynamoError) in try store.save(token("a", expires: 5)) }
        try writer.commit()
        #expect(throws: Never.self) { try saved.get() }
        let connection = try scratch.file.openReader()
        #expect(try connection.integer("PRAGMA user_version") == RegionFile.schemaVersion)
        #expect(try Rows(connection).item(at: key("a")) == item("a"))
        #expect(try Rows(connection).token("a", of: "op") == token("a", expires: 5))
        #expect(try Rows(connection).collectionSize(at: key("a")) == nil)
        #expect(try Rows(connection).documents("k").isEmpty)
    }

    @Test func `sizes of collections are kept, forgotten when empty, and cleared with their table`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        func size(_ name: String) throws -> Int? {
            try Rows(scratch.file.openReader()).collectionSize(at: key(name))
        }
        func commit<Output>(_ job: (inout WriteTransaction) throws(DynamoError) -> Output) throws -> Output {
            try writer.begin()
            let result = writer.run(job)
            try writer.commit()
            return try result.get()
        }
        try commit { (store) throws(DynamoError) in
            for (name, bytes) in [("a", 5), ("b", 6), ("c", 7), ("b", 0), ("a", 8)] {
                try store.keep(collectionSize: bytes, at: key(name))
            }
        }
        #expect(try [size("a"), size("b"), size("c")] == [8, nil, 7])
        #expect(try commit { (store) throws(DynamoError) in try store.clear(space, limit: 1) } == false)
        #expect(try commit { (store) throws(DynamoError) in try store.clear(space, limit: 10) })
        #expect(try [size("a"), size("c")] == [nil, nil])
    }

    @Test func `the rows of a prefix are summed up`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        try writer.begin()
        _ = writer.run { (store) throws(DynamoError) in
            for name in ["a", "b"] { try store.put(item(name), at: key(name), in: space, replacing: nil) }
        }
        try writer.commit()
        let rows = Rows(try scratch.file.openReader())
        #expect(try rows.size(of: key("a")) == item("a").size)
        #expect(try rows.size(of: StorageKey(space: space)) == item("a").size + item("b").size)
        #expect(try rows.size(of: key("c")) == 0)
    }

    @Test func `tokens are forgotten oldest first, and the next to go is known after a restart`() throws {
        let scratch = try Scratch()
        do {
            let writer = try StoreWriter(scratch.file)
            try writer.begin()
            _ = writer.run { (store) throws(DynamoError) in
                for expires in [3, 1, 2, 90] as [Int64] { try store.save(token("\(expires)", expires: expires)) }
            }
            try writer.commit()
        }
        let writer = try StoreWriter(scratch.file)
        #expect(writer.catalog.tokensDueAt == Timestamp(milliseconds: 1))
        try writer.begin()
        let forgotten = [2, 2, 2].map { limit in
            writer.run { (store) throws(DynamoError) in
                try store.forgetTokens(expiredBy: Timestamp(milliseconds: 10), limit: limit, pause: 100)
            }
        }
        try writer.commit()
        #expect(try forgotten.map { try $0.get() } == [2, 1, 0])
        #expect(writer.catalog.tokensDueAt == Timestamp(milliseconds: 110))
        let rows = Rows(try scratch.file.openReader())
        #expect(try rows.token("3", of: "op") == nil)
        #expect(try rows.token("90", of: "op") != nil)
        #expect(try rows.token("90", of: "another") == nil)
    }

    @Test func `a space is cleared in bounded steps, others are left alone`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        let other = StorageKey(space: SpaceID(rawValue: 10), partition: [], sort: [])
        try writer.begin()
        _ = writer.run { (store) throws(DynamoError) in
            for number in 0..<25 { try store.put(item("\(number)"), at: key("\(number)"), in: space, replacing: nil) }
            try store.put(item("x"), at: other, in: SpaceID(rawValue: 10), replacing: nil)
        }
        var steps = 0
        while try !writer.run({ (store) throws(DynamoError) in try store.clear(space, limit: 10) }).get() { steps += 1 }
        try writer.commit()
        #expect(steps == 2)
        let rows = Rows(try scratch.file.openReader())
        #expect(try rows.statistics(of: space) == Statistics())
        #expect(try rows.item(at: other) == item("x"))
    }
}

/// What one task tells others.
private final class Flag: Sendable {
    let isSet = Atomic(false)
}

struct SnapshotReaderTests {
    @Test func `a snapshot that is held does not see later commits, one of a later generation does`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        func put(_ value: Int, replacing: Int?) throws {
            try writer.begin()
            _ = writer.run { (store) throws(DynamoError) in
                try store.put(item("a", value), at: key("a"), in: space, replacing: replacing)
            }
            try writer.commit()
        }
        try put(1, replacing: nil)
        let reader = try SnapshotReader(scratch.file)
        #expect(try reader.read(1, catalog: Catalog()).rows.item(at: key("a")) == item("a", 1))
        try put(2, replacing: item("a", 1).size)
        #expect(try reader.read(1, catalog: Catalog()).rows.item(at: key("a")) == item("a", 1))
        #expect(try reader.read(2, catalog: Catalog()).rows.item(at: key("a")) == item("a", 2))
        reader.release()
    }

    /// Each thread has a connection of its own, as the server's have. Every commit moves one of a sum from a row to
    /// another, and from time to time the log is folded: whoever adds up what a snapshot holds finds the same sum.
    @Test(arguments: [RegionFile.Durability.memory, .disk])
    func `readers on other threads see whole commits, while the log grows and is folded`(
        _ durability: RegionFile.Durability
    ) async throws {
        let scratch = try Scratch(durability)
        let (rows, sum, commits) = (50, 50_000, 3000)
        let bytes = ItemBytes(["text": .string(Text(String(repeating: "x", count: 2000)))])
        let file = scratch.file
        let writer = try StoreWriter(file)
        try writer.begin()
        for number in 0..<rows {
            _ = writer.run { (store) throws(DynamoError) in
                let new = SizedItem(bytes: bytes, size: sum / rows)
                try store.put(new, at: key("\(number)"), in: space, replacing: nil)
            }
        }
        try writer.commit()
        let end = Flag()
        let looks = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let reader = try SnapshotReader(file)
                    var generation: UInt64 = 0
                    var looks = 0
                    while !end.isSet.load(ordering: .relaxed) || looks == 0 {
                        generation += 1
                        let snapshot = try reader.read(generation, catalog: Catalog()).rows
                        var found: [Int] = []
                        try snapshot.scan(KeyRange(prefix: StorageKey(space: space)), descending: false) { row in
                            found.append(row.size)
                            return true
                        }
                        #expect((found.count, found.reduce(0, +)) == (rows, sum))
                        reader.release()
                        looks += 1
                        await Task.yield()
                    }
                    return looks
                }
            }
            var random = SeededRandom(seed: 11)
            var values = [Int](repeating: sum / rows, count: rows)
            for commit in 0..<commits {
                let (from, to) = (Int.random(in: 0..<rows, using: &random), Int.random(in: 0..<rows, using: &random))
                values[from] -= 1
                values[to] += 1
                try writer.begin()
                for number in [from, to] {
                    let new = SizedItem(bytes: bytes, size: values[number])
                    _ = writer.run { (store) throws(DynamoError) in
                        try store.put(new, at: key("\(number)"), in: space, replacing: new.size)
                    }
                }
                try writer.commit()
                if commit % 700 == 0 { writer.foldLog() }
                if commit % 50 == 0 { await Task.yield() }
            }
            end.isSet.store(true, ordering: .relaxed)
            return try await group.reduce(0, +)
        }
        #expect(looks > 2)
    }

    @Test func `a range is read forwards and backwards, and ends when told`() throws {
        let scratch = try Scratch()
        let writer = try StoreWriter(scratch.file)
        try writer.begin()
        _ = writer.run { (store) throws(DynamoError) in
            for name in ["a", "b", "c", "d"] { try store.put(item(name), at: key(name), in: space, replacing: nil) }
        }
        try writer.commit()
        let rows = Rows(try scratch.file.openReader())
        func names(_ descending: Bool, _ most: Int) throws -> [StorageKey] {
            var found: [StorageKey] = []
            try rows.scan(KeyRange(prefix: StorageKey(space: space)), descending: descending) { row in
                found.append(StorageKey(bytes: [UInt8](row.key)))
                return found.count < most
            }
            return found
        }
        let sorted = ["a", "b", "c", "d"].map(key).sorted()
        #expect(try names(false, 10) == sorted)
        #expect(try names(true, 2) == [sorted[3], sorted[2]])
    }
}

import DyadModel
import DyadReplicator
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct CheckpointFileTests {
    /// A folder that is gone when the body has run.
    private func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
        var template = Array("/tmp/dyad-checkpoint-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        let folder = try #require(made)
        defer {
            for name in ["c.json", "c.json.tmp"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        return try await body(folder)
    }

    private func text(_ path: String, _ content: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(content, file)
        fclose(file)
    }

    private let full = Checkpoint(
        link: Bench.link,
        shards: [
            a: .after(seq(7)), b: .trimHorizon, c: .finished(at: Timestamp(milliseconds: 5)), ShardID("d\"\\"): .latest,
        ],
        backfill: .scanning(
            since: Timestamp(milliseconds: 6), segments: [.untouched, .after(key("m")), .finished]),
        savedAt: Timestamp(milliseconds: 8))

    @Test func `what was saved is loaded`() async throws {
        try await withFolder { folder in
            let store = FileCheckpointStore(path: "\(folder)/c.json")
            #expect(try await store.load() == nil)
            var checkpoint = full
            for backfill in [full.backfill, .replaying(since: Bench.start), .consistent(at: Bench.start), nil] {
                checkpoint.backfill = backfill
                try await store.save(checkpoint)
                #expect(try await store.load() == checkpoint)
            }
        }
    }

    @Test func `a crash while a checkpoint is written leaves the one before`() async throws {
        try await withFolder { folder in
            let store = FileCheckpointStore(path: "\(folder)/c.json")
            try await store.save(full)
            try text("\(folder)/c.json.tmp", "{\"version\":1,\"sou")
            #expect(try await store.load() == full)
        }
    }

    @Test(arguments: [
        ("", "it is no JSON from byte 0 on"), ("{}", "it is no checkpoint of dyad"),
        ("{\"version\":3}", "a newer dyad wrote it (format 3)"),
        ("{\"version\":1}", "it does not say what it belongs to"),
    ])
    func `a file that is no checkpoint is refused, not replaced`(_ content: String, _ reason: String) async throws {
        try await withFolder { folder in
            let path = "\(folder)/c.json"
            try text(path, content)
            await #expect(throws: PortError(.fatal, "\(path) cannot be used: \(reason)")) {
                try await FileCheckpointStore(path: path).load()
            }
        }
    }

    @Test func `a folder that is not there is told`() async {
        let path = "/tmp/no-such-folder-of-dyad/c.json"
        await #expect(throws: PortError(.fatal, "\(path) cannot be written: No such file or directory")) {
            try await FileCheckpointStore(path: path).save(full)
        }
    }
}

struct ResumeDecisionTests {
    private func decision(
        _ change: (inout ReplicationLink) -> Void = { _ in }, backfill: BackfillProgress? = nil,
        wantsBackfill: Bool = false
    ) -> ResumeDecision {
        let saved = Checkpoint(link: Bench.link, shards: [a: .after(seq(1))], backfill: backfill, savedAt: Bench.start)
        var link = Bench.link
        change(&link)
        var options = ReplicationOptions()
        options.backfill = wantsBackfill
        return ResumeDecision(saved: saved, name: "c.json", link: link, options: options)
    }

    @Test func `a checkpoint of the same stream and table is gone on from`() {
        guard case .resume(let checkpoint) = decision() else { return #expect(Bool(false)) }
        #expect(checkpoint.shards == [a: .after(seq(1))])
    }

    @Test func `a checkpoint of another pair is refused by name`() {
        #expect(
            decision { $0.targetTable = "other" }
                == .refuse(
                    "c.json is the checkpoint of tlog in cn-north-1 to tlog_replica in cn-northwest-1, not of tlog in "
                        + "cn-north-1 to other in cn-northwest-1. Name another file with --checkpoint."))
    }

    @Test func `another stream of the same table is read from its trim horizon, with a warning`() {
        guard case .begin(.trimHorizon, false, let warnings) = decision({ $0.streamARN = "new" }) else {
            return #expect(Bool(false))
        }
        #expect(warnings.count == 2)
        #expect(warnings.last?.contains("--backfill") ?? false)
    }

    @Test func `a backfill that was not completed is owed to the new stream too`() {
        let scanning = BackfillProgress.scanning(since: Bench.start, segments: [.untouched])
        guard case .begin(_, true, _) = decision({ $0.streamARN = "new" }, backfill: scanning) else {
            return #expect(Bool(false))
        }
    }

    @Test func `a target that was created anew is not gone on with, unless a backfill fills it`() {
        guard case .refuse = decision({ $0.targetID = "new" }) else { return #expect(Bool(false)) }
        guard case .begin(_, true, _) = decision({ $0.targetID = "new" }, wantsBackfill: true) else {
            return #expect(Bool(false))
        }
    }
}

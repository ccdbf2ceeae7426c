import DyadModel
import DyadReplicator
import Foundation
import Testing

/// What the target does not take.
struct DeadLetterTests {
    private let refusal = PortError(.refused, "too large")

    private func bench(_ change: (inout ReplicationOptions) -> Void = { _ in }) -> Bench {
        var bench = Bench {
            $0.onError = .skipToDeadLetter
            change(&$0)
        }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        return bench
    }

    private func letter(_ write: ReplicaWrite, _ error: String, attempts: Int = 1, at now: Timestamp) -> DeadLetter {
        DeadLetter(shard: a, write, createdAt: Bench.start, error: error, attempts: attempts, rejectedAt: now)
    }

    @Test func `a record that is refused is kept, and the lane goes on when it is`() {
        var bench = bench()
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1), put(2, "y", 1)], next: next)))
        #expect(bench.tell(.failed(.apply(lane), refusal)).contains(.apply(lane, batch(write(1, "x", 1)))))
        let letters = [letter(write(1, "x", 1), "too large", at: bench.now)]
        #expect(bench.tell(.failed(.apply(lane), refusal)) == [.bury(lane, letters)])
        #expect(bench.wait(60_000).allSatisfy { $0.saved?.shards[a] != .after(seq(1)) && !$0.isApply })
        let effects = bench.tell(.buried(lane))
        #expect(effects.contains(.apply(lane, batch(write(2, "y", 1)))))
        // The heartbeat's checkpoint was under way; the one that says the record is done follows it.
        #expect(bench.tell(.saved).checkpoint?.shards[a] == .after(seq(1)))
        _ = bench.tell(.saved)
        #expect(bench.tell(.applied(lane, unprocessed: [])).checkpoint?.shards[a] == .after(seq(2)))
        #expect(bench.machine.counts.deadLetters == 1)
        #expect(bench.machine.status(at: bench.now).buffered == 0)
    }

    @Test func `a file that cannot be written is tried again, and nothing moves meanwhile`() {
        var bench = bench { $0.retryPause = 100...1000 }
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        let letters = [letter(write(1, "x", 1), "too large", at: bench.now)]
        #expect(bench.tell(.failed(.apply(lane), refusal)) == [.bury(lane, letters)])
        _ = bench.tell(.failed(.bury(lane), PortError(.unavailable, "disk full")))
        #expect(bench.wait(100).contains(.bury(lane, letters)))
        #expect(
            bench.tell(.failed(.bury(lane), PortError(.fatal, "no such folder"))).ending
                == .failed(.deadLetters("no such folder")))
    }

    @Test func `failures that may pass count as a refusal after so many attempts`() {
        var bench = bench { $0.attemptsMax = 3 }
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        let failure = PortError(.throttled, "slow down")
        for _ in 1...2 {
            #expect(!bench.tell(.failed(.apply(lane), failure)).contains { $0.isApply })
            #expect(bench.wait(10_000).contains { $0.isApply })
        }
        let letters = [letter(write(1, "x", 1), "slow down", attempts: 3, at: bench.now)]
        #expect(bench.tell(.failed(.apply(lane), failure)).contains(.bury(lane, letters)))
    }

    @Test func `a record that grew too old while it failed is not tried again`() {
        var bench = Bench { $0.recordAgeMax = 60_000 }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        let failure = PortError(.unavailable, "timeout")
        _ = bench.tell(.failed(.apply(lane), failure))
        #expect(bench.wait(60_001).contains { $0.isApply })
        _ = bench.tell(.saved)
        #expect(
            bench.tell(.failed(.apply(lane), failure)).ending
                == .failed(.exhausted(a, seq(1), key: key("x"), attempts: 2, "timeout")))
    }

    @Test func `a line of the file reads as it was written, and one cut short does not spoil the next`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dyad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "letters").path
        let store = FileDeadLetterStore(path: path)
        let first = letter(write(1, "x", 1), "too large \"\n", at: Bench.start)
        let second = letter(ReplicaWrite(key: key("y"), .delete, sequence: seq(2)), "no", at: Bench.start)
        try await store.add([first], of: Bench.link)
        let torn = try Data(contentsOf: URL(filePath: path)) + Data("{\"time\":".utf8)
        try torn.write(to: URL(filePath: path))
        try await store.add([second], of: Bench.link)
        let lines = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 3)
        #expect(try DeadLetterFormat.read(Array(lines[0])).letter == first)
        #expect(throws: DeadLetterFormat.Unreadable.self) { try DeadLetterFormat.read(Array(lines[1])) }
        let last = try DeadLetterFormat.read(Array(lines[2]))
        #expect(last.letter == second)
        #expect(last.sourceTable == "tlog" && last.targetRegion == "cn-northwest-1")
    }
}

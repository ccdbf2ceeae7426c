import DyadModel
import DyadReplicator
import Testing

struct LaneTests {
    /// One shard that is about to be read.
    private func bench(_ change: (inout ReplicationOptions) -> Void = { _ in }) -> Bench {
        var bench = Bench(change)
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        return bench
    }

    @Test func `records of a key that wait become the last of them`() {
        var bench = bench()
        let first = bench.tell(.read(a, RecordPage([put(1, "x", 1), put(2, "x", 2), delete(3, "y")], next: next)))
        let gone = ReplicaWrite(key: key("y"), .delete, sequence: seq(3))
        #expect(first.contains(.apply(lane, batch(write(2, "x", 2), gone))))
    }

    @Test func `a key's next change waits until the former is applied`() {
        var bench = bench()
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        #expect(bench.tell(.read(a, RecordPage([put(2, "x", 2)], next: next))) == [.read(a, next, limit: 1000)])
        #expect(bench.tell(.applied(lane, unprocessed: [])).contains(.apply(lane, batch(write(2, "x", 2), after: 1))))
    }

    @Test func `what the target left over is sent again before the lane moves on`() {
        var bench = bench()
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1), put(2, "y", 1)], next: next)))
        _ = bench.tell(.read(a, RecordPage([put(3, "x", 2)], next: next)))
        #expect(!bench.tell(.applied(lane, unprocessed: [key("x")])).contains { $0.isApply })
        let again = ReplicaBatch(writes: [write(1, "x", 1)], through: seq(2))
        #expect(bench.wait(50).filter(\.isApply) == [.apply(lane, again)])
        let moved = bench.tell(.applied(lane, unprocessed: [])).filter(\.isApply)
        #expect(moved == [.apply(lane, batch(write(3, "x", 2), after: 2))])
    }

    @Test func `a batch holds no more than its size`() {
        var bench = bench { $0.batchSize = 2 }
        let page = RecordPage([put(1, "x", 1), put(2, "y", 1), put(3, "z", 1)], next: next)
        #expect(bench.tell(.read(a, page)).contains(.apply(lane, batch(write(1, "x", 1), write(2, "y", 1)))))
        #expect(bench.tell(.applied(lane, unprocessed: [])).contains(.apply(lane, batch(write(3, "z", 1), after: 2))))
    }

    @Test func `the checkpoint is the highest number below which all is applied`() throws {
        var bench = bench { $0.parallelism = 2 }
        let page = RecordPage([put(1, "p", 1), put(2, "q", 1), put(3, "q", 2)], next: next)
        var lanes: [ItemBytes: LaneID] = [:]
        for case .apply(let lane, let batch) in bench.tell(.read(a, page)) { lanes[batch.writes[0].key] = lane }
        let ofP = try #require(lanes[key("p")], "the two keys hash to different lanes")
        let ofQ = try #require(lanes[key("q")])
        #expect(bench.tell(.applied(ofQ, unprocessed: [])).checkpoint == nil)
        #expect(bench.tell(.applied(ofP, unprocessed: [])).checkpoint?.shards[a] == .after(seq(3)))
    }

    @Test func `a target that does not answer is tried again after ever longer pauses`() {
        var bench = bench { $0.retryPause = 100...1000 }
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        for longest in [100, 200, 400, 800, 1000, 1000] as [Int64] {
            let failure = PortError(.unavailable, "connection refused")
            #expect(!bench.tell(.failed(.apply(lane), failure)).contains { $0.isApply })
            #expect(!bench.wait(longest / 2 - 1).contains { $0.isApply })
            #expect(bench.wait(longest / 2 + 1).contains { $0.isApply })
        }
    }

    @Test func `an outage is announced when it begins, while it lasts and when it ends`() {
        var bench = bench { $0.announceInterval = 10_000 }
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        let failure = PortError(.unavailable, "connection refused")
        let waiting = RecordName(seq(1), key: key("x"))
        #expect(
            bench.news(.failed(.apply(lane), failure))
                == [.failing(.apply(lane), "connection refused", record: waiting, since: 0, failures: 1)])
        _ = bench.wait(5000)
        #expect(bench.news(.failed(.apply(lane), failure)).isEmpty)
        _ = bench.wait(5000)
        #expect(
            bench.news(.failed(.apply(lane), failure))
                == [.failing(.apply(lane), "connection refused", record: waiting, since: 10_000, failures: 3)])
        _ = bench.wait(5000)
        #expect(bench.news(.applied(lane, unprocessed: [])) == [.recovered(.target, after: 15_000, failures: 3)])
    }

    @Test func `a refused batch is halved until the record is found that is to blame`() {
        var bench = bench()
        let page = RecordPage([put(1, "w", 1), put(2, "x", 1), put(3, "y", 1), put(4, "z", 1)], next: next)
        _ = bench.tell(.read(a, page))
        let refusal = PortError(.refused, "too large")
        #expect(
            bench.tell(.failed(.apply(lane), refusal)).filter(\.isApply)
                == [.apply(lane, batch(write(1, "w", 1), write(2, "x", 1)))])
        #expect(
            bench.tell(.applied(lane, unprocessed: [])).filter(\.isApply)
                == [.apply(lane, batch(write(3, "y", 1), write(4, "z", 1), after: 2))])
        #expect(
            bench.tell(.failed(.apply(lane), refusal)).filter(\.isApply)
                == [.apply(lane, batch(write(3, "y", 1), after: 2))])
        _ = bench.tell(.saved)
        #expect(
            bench.tell(.failed(.apply(lane), refusal)).ending
                == .failed(.refused(a, seq(3), key: key("y"), "too large")))
    }

    @Test func `a target that refuses everything ends the replication at once and names what waits`() {
        var bench = bench()
        _ = bench.tell(.read(a, RecordPage([put(5, "x", 1), put(6, "y", 1)], next: next)))
        let effects = bench.tell(.failed(.apply(lane), PortError(.fatal, "access denied")))
        #expect(effects.ending == .failed(.target(a, seq(5), key: key("x"), "access denied")))
    }

    @Test func `reading stops when the buffer is full, and goes on when the target has made room`() {
        var bench = bench { $0.bufferedRecordsMax = 2000 }
        let page = { (from: Int) in RecordPage((from..<from + 1000).map { put($0, "k\($0)", 1) }, next: next) }
        #expect(bench.tell(.read(a, page(1))).contains(.read(a, next, limit: 1000)))
        #expect(!bench.tell(.read(a, page(1001))).contains { $0.isRead })
        for _ in 0..<9 { #expect(!bench.tell(.applied(lane, unprocessed: [])).contains { $0.isRead }) }
        #expect(bench.tell(.applied(lane, unprocessed: [])).contains(.read(a, next, limit: 1000)))
    }
}

extension ReplicationEffect {
    var isApply: Bool { if case .apply = self { true } else { false } }
    var isRead: Bool { if case .read = self { true } else { false } }
    var isScan: Bool { if case .scan = self { true } else { false } }
}

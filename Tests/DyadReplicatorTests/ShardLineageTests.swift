import DyadModel
import DyadReplicator
import Testing

struct ShardLineageTests {
    @Test func `shards without a parent are read in parallel from the trim horizon`() {
        var bench = Bench()
        #expect(bench.tell(.tick) == [.list])
        let effects = bench.tell(.listed(StreamListing([ShardDescription(a), ShardDescription(b)])))
        #expect(effects.contains(.open(a, .trimHorizon)))
        #expect(effects.contains(.open(b, .trimHorizon)))
        #expect(effects.checkpoint?.shards == [a: .trimHorizon, b: .trimHorizon])
    }

    @Test func `a child shard waits until its parent is drained, applied and checkpointed`() {
        var bench = Bench()
        #expect(
            bench.begin(ShardDescription(a, isClosed: true), ShardDescription(b, parent: a)).contains(
                .open(a, .trimHorizon)))
        _ = bench.tell(.opened(a, next))
        let applying = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: nil)))
        #expect(applying == [.apply(lane, batch(write(1, "x", 1)))])
        let finishing = bench.tell(.applied(lane, unprocessed: []))
        #expect(finishing.checkpoint?.shards[a] == .finished(at: bench.now))
        #expect(!finishing.contains(.open(b, .trimHorizon)))
        #expect(finishing.contains(.list), "shards are listed anew at a shard's end")
        #expect(bench.tell(.saved).contains(.open(b, .trimHorizon)))
    }

    @Test func `a parent that is no longer listed counts as done`() {
        var bench = Bench()
        #expect(bench.begin(ShardDescription(b, parent: a)).contains(.open(b, .trimHorizon)))
    }

    @Test func `an empty page is not a shard's end`() {
        var bench = Bench()
        _ = bench.begin(ShardDescription(a, isClosed: true))
        _ = bench.tell(.opened(a, next))
        #expect(bench.tell(.read(a, RecordPage([], next: next))).isEmpty)
        #expect(bench.wait(10) == [.read(a, next, limit: 1000)])
    }

    @Test func `an idle shard is asked ever more seldom, up to a bound`() {
        var bench = Bench { $0.idlePause = 10...40 }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        for pause in [10, 20, 40, 40] as [Int64] {
            _ = bench.tell(.read(a, RecordPage([], next: next)))
            #expect(bench.machine.deadline(after: bench.now) == bench.now.advanced(by: pause))
            #expect(bench.wait(pause - 1).isEmpty)
            #expect(bench.wait(1) == [.read(a, next, limit: 1000)])
        }
        #expect(bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next))).contains(.read(a, next, limit: 1000)))
    }

    @Test func `shards are listed anew on a timer, and a new one is read from its beginning`() {
        var bench = Bench { $0.listInterval = 5000 }
        _ = bench.begin(ShardDescription(a))
        #expect(bench.wait(5000).contains(.list))
        let effects = bench.tell(.listed(StreamListing([ShardDescription(a), ShardDescription(b)])))
        #expect(effects.contains(.open(b, .trimHorizon)))
    }

    @Test func `LATEST begins open shards behind their newest record and passes closed ones over`() {
        var bench = Bench { $0.startingPosition = .latest }
        let effects = bench.begin(ShardDescription(a, isClosed: true), ShardDescription(b, parent: a))
        #expect(effects.checkpoint?.shards == [a: .finished(at: bench.now), b: .latest])
        #expect(effects.contains(.open(b, .latest)))
    }

    @Test func `a child of a shard that was begun at LATEST is read from its beginning`() {
        var bench = Bench { $0.startingPosition = .latest }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([], next: nil)))
        _ = bench.tell(.saved)
        #expect(
            bench.tell(.listed(StreamListing([ShardDescription(a, isClosed: true), ShardDescription(b, parent: a)])))
                .contains(
                    .open(b, .trimHorizon)))
    }

    @Test func `an expired iterator is replaced behind the last record that was read`() {
        var bench = Bench()
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(7, "x", 1)], next: next)))
        #expect(bench.tell(.failed(.read(a), PortError(.expiredIterator, "old"))) == [.open(a, .after(seq(7)))])
    }

    @Test func `LATEST is not asked for twice, for that would skip what came in between`() {
        var bench = Bench { $0.startingPosition = .latest }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        let effects = bench.all(.failed(.read(a), PortError(.expiredIterator, "old")))
        #expect(effects.contains(.announce(.latestLost(a))))
        #expect(effects.contains(.open(a, .trimHorizon)))
    }

    @Test func `a failed read keeps its iterator`() {
        var bench = Bench { $0.startingPosition = .latest }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        #expect(bench.tell(.failed(.read(a), PortError(.unavailable, "refused"))).isEmpty)
        #expect(bench.wait(50) == [.read(a, next, limit: 1000)])
    }

    @Test func `a trimmed checkpoint ends the replication and names shard and sequence number`() {
        let resume = Checkpoint(link: Bench.link, shards: [a: .after(seq(7))], savedAt: Bench.start)
        var bench = Bench(resume: resume)
        #expect(bench.begin(ShardDescription(a)).contains(.open(a, .after(seq(7)))))
        let effects = bench.tell(.failed(.open(a), PortError(.trimmed, "gone")))
        #expect(effects.ending == .failed(.trimmed(a, after: seq(7), "gone")))
    }

    @Test func `a record that comes twice is applied once`() {
        var bench = Bench()
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        let page = RecordPage([put(7, "x", 1), put(7, "x", 1), put(6, "x", 0)], next: next)
        #expect(bench.tell(.read(a, page)).contains(.apply(lane, batch(write(7, "x", 1)))))
        #expect(bench.machine.counts.recordsRead == 1)
    }
}

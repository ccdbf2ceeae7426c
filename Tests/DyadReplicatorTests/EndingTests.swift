import DyadModel
import DyadReplicator
import Testing

struct EndingTests {
    @Test func `caught up is when every open shard showed its tip and all before it is applied and saved`() {
        var bench = Bench { $0.untilCaughtUp = true }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        #expect(bench.tell(.read(a, RecordPage([], next: next))).ending == nil)
        #expect(bench.tell(.applied(lane, unprocessed: [])).ending == nil)
        #expect(bench.tell(.saved).ending == .caughtUp)
    }

    @Test func `a shard's end does not count before its children are known`() {
        var bench = Bench { $0.untilCaughtUp = true }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        #expect(bench.tell(.read(a, RecordPage([], next: nil))).contains(.list))
        #expect(bench.tell(.saved).ending == nil)
        #expect(bench.tell(.failed(.list, PortError(.unavailable, "refused"))).ending == nil)
        #expect(bench.wait(60).contains(.list))
        let effects = bench.tell(
            .listed(StreamListing([ShardDescription(a, isClosed: true), ShardDescription(b, parent: a)])))
        #expect(effects.contains(.open(b, .trimHorizon)))
        #expect(effects.ending == nil)
    }

    @Test func `a stream that was disabled is read to its end, and then there is nothing to wait for`() {
        var bench = Bench()
        _ = bench.tell(.tick)
        _ = bench.tell(.listed(StreamListing([ShardDescription(a, isClosed: true)], isDisabled: true)))
        _ = bench.tell(.saved)
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([], next: nil)))
        _ = bench.tell(.saved)
        let listing = StreamListing([ShardDescription(a, isClosed: true)], isDisabled: true)
        #expect(bench.tell(.listed(listing)).ending == .failed(.streamDisabled))
    }

    @Test func `asked to stop, it waits for what is in flight and saves how far it came`() {
        var bench = Bench()
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        #expect(bench.tell(.stop("SIGTERM")).isEmpty)
        #expect(bench.tell(.applied(lane, unprocessed: [])).checkpoint?.shards[a] == .after(seq(1)))
        #expect(bench.tell(.saved) == [.end(.stopped("SIGTERM"))])
    }

    @Test func `asked to stop, it does not wait for ever`() {
        var bench = Bench { $0.stopGrace = 5000 }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        _ = bench.tell(.stop("SIGTERM"))
        #expect(bench.machine.deadline(after: bench.now) == bench.now.advanced(by: 5000))
        #expect(bench.wait(5000) == [.end(.stopped("SIGTERM"))])
    }

    @Test func `it gives up on a side that fails for too long, if told to`() {
        var bench = Bench { $0.giveUpAfter = 60_000 }
        #expect(bench.tell(.tick) == [.list])
        #expect(bench.tell(.failed(.list, PortError(.unavailable, "refused"))).isEmpty)
        #expect(bench.wait(60_000).ending == .failed(.gaveUp(.source, after: 60_000, "refused")))
    }

    @Test func `an old checkpoint is announced`() {
        let saved = Bench.start.advanced(by: -25 * 3_600_000)
        var bench = Bench(resume: Checkpoint(link: Bench.link, shards: [a: .after(seq(1))], savedAt: saved))
        #expect(bench.news(.tick).contains(.checkpointIsOld(milliseconds: 25 * 3_600_000)))
    }
}

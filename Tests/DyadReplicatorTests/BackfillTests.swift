import DyadModel
import DyadReplicator
import Testing

struct BackfillTests {
    private func options(_ options: inout ReplicationOptions) { options.backfill = true }
    private let segment = LaneID(.segment(0))

    @Test func `the scan begins when every shard's position is saved`() {
        var bench = Bench(options)
        _ = bench.tell(.tick)
        let effects = bench.tell(
            .listed(StreamListing([ShardDescription(a, isClosed: true), ShardDescription(b, parent: a)])))
        #expect(!effects.contains { $0.isScan })
        // What a closed shard tells is older than the scan.
        #expect(effects.checkpoint?.shards == [a: .finished(at: bench.now), b: .trimHorizon])
        #expect(bench.tell(.saved) == [.scan(segment: 0, of: 1, after: nil)])
    }

    @Test func `the replay begins when the scan is applied to its end and that is saved`() {
        var bench = Bench(options)
        #expect(bench.begin(ShardDescription(a)).contains(.scan(segment: 0, of: 1, after: nil)))
        let page = SnapshotPage([SnapshotItem(key: key("x"), item: item("x", 1))], lastKey: key("x"))
        #expect(
            bench.tell(.scanned(segment: 0, page))
                == [.apply(segment, batch(ReplicaWrite(key: key("x"), .put(item("x", 1)))))])
        let effects = bench.tell(.applied(segment, unprocessed: []))
        #expect(effects.contains(.scan(segment: 0, of: 1, after: key("x"))))
        _ = bench.tell(.saved)
        let last = bench.tell(.scanned(segment: 0, SnapshotPage([], lastKey: nil)))
        // A restart before the save would scan again, behind what was replayed.
        #expect(last.checkpoint?.backfill == .replaying(since: Bench.start))
        #expect(!last.contains(.open(a, .trimHorizon)))
        #expect(bench.tell(.saved).contains(.open(a, .trimHorizon)))
    }

    @Test func `a killed scan goes on where its segments were`() {
        let resume = Checkpoint(
            link: Bench.link, shards: [a: .trimHorizon],
            backfill: .scanning(since: Bench.start, segments: [.finished, .after(key("m")), .untouched]),
            savedAt: Bench.start)
        // It goes on though nobody asks again: without the rest of the scan the replica would have holes.
        var bench = Bench(resume: resume) { $0.parallelism = 3 }
        let effects = bench.begin(ShardDescription(a))
        #expect(
            effects.filter(\.isScan)
                == [.scan(segment: 1, of: 3, after: key("m")), .scan(segment: 2, of: 3, after: nil)])
    }

    @Test func `consistent is announced when the replay has passed the scan's end`() {
        var bench = Bench(options)
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.scanned(segment: 0, SnapshotPage([], lastKey: nil)))
        _ = bench.tell(.saved)
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        #expect(bench.news(.read(a, RecordPage([], next: next))).isEmpty)
        #expect(bench.news(.applied(lane, unprocessed: [])).isEmpty)
        #expect(bench.news(.saved) == [.consistent(afterScan: 0)])
    }

    @Test func `a scan that takes longer than the stream keeps its records ends with an error`() {
        var bench = Bench(options)
        _ = bench.begin(ShardDescription(a))
        #expect(bench.wait(23 * 3_600_000 + 1).ending == .failed(.backfillOutlived(23 * 3_600_000 + 1)))
    }

    @Test func `a backfill is not begun again by the restart of a replicator that was told to do one`() {
        let resume = Checkpoint(
            link: Bench.link, shards: [a: .after(seq(4))], backfill: .consistent(at: Bench.start), savedAt: Bench.start)
        var bench = Bench(resume: resume, options)
        #expect(bench.begin(ShardDescription(a)).contains(.open(a, .after(seq(4)))))
    }
}

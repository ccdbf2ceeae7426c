import DyadModel
import DyadReplicator
import Testing

/// The time before which all changes are applied.
struct WatermarkTests {
    private func bench(_ shards: ShardDescription...) -> Bench {
        var bench = Bench()
        _ = bench.tell(.tick)
        _ = bench.tell(.listed(StreamListing(shards)))
        _ = bench.tell(.saved)
        return bench
    }

    private func put(_ number: Int, _ name: String, madeAt time: Timestamp) -> StreamRecord {
        StreamRecord(seq(number), key: key(name), .put(item(name, 1)), createdAt: time)
    }

    @Test func `stands at the oldest record that is not applied`() {
        var bench = bench(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        let (early, late) = (bench.now.advanced(by: -9000), bench.now.advanced(by: -4000))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", madeAt: early), put(2, "y", madeAt: late)], next: next)))
        #expect(bench.machine.watermark == early)
        _ = bench.tell(.applied(lane, unprocessed: [key("y")]))
        #expect(bench.machine.watermark == late)
    }

    @Test func `moves with the time at which a shard was asked and had no more`() {
        var bench = bench(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        let asked = bench.now
        bench.now = bench.now.advanced(by: 5000)
        _ = bench.tell(.read(a, RecordPage([], next: next)))
        #expect(bench.machine.watermark == asked)
    }

    @Test func `waits for a shard that is not read yet, but not for a child whose parent is older`() {
        var bench = bench(ShardDescription(a), ShardDescription(b, parent: a), ShardDescription(c))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([], next: next)))
        #expect(bench.machine.watermark == nil)
        _ = bench.tell(.opened(c, next))
        _ = bench.tell(.read(c, RecordPage([], next: next)))
        #expect(bench.machine.watermark == bench.now)
    }

    @Test func `is kept in the checkpoint`() {
        var bench = bench(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([], next: next)))
        let asked = bench.now
        #expect(bench.wait(1000).checkpoint?.appliedThrough == asked)
    }

    @Test func `does not move while a table is copied`() {
        var bench = Bench { $0.backfill = true }
        _ = bench.begin(ShardDescription(a))
        #expect(bench.wait(60_000).checkpoint?.appliedThrough == nil)
    }
}

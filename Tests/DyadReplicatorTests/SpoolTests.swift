import DyadModel
import DyadReplicator
import Testing

/// What the machine makes of a spool.
struct SpoolTests {
    private let hour: Int64 = 3_600_000
    private let totals = SpoolTotals(records: 1, bytes: 100)
    private let segment = LaneID(.segment(0))

    private func bench(
        resume: Checkpoint? = nil, _ shards: [ShardID: SpooledShard] = [:], totals: SpoolTotals = SpoolTotals(),
        _ change: (inout ReplicationOptions) -> Void = { _ in }
    ) -> Bench {
        let contents = SpoolContents(id: "s", link: Bench.link, shards: shards, totals: totals)
        return Bench(resume: resume, spool: contents) {
            $0.backfill = true
            change(&$0)
        }
    }

    private func checkpoint(_ shards: [ShardID: ShardProgress], _ backfill: BackfillProgress) -> Checkpoint {
        Checkpoint(link: Bench.link, shards: shards, backfill: backfill, savedAt: Bench.start, spool: "s")
    }

    private var scanning: BackfillProgress { .scanning(since: Bench.start, segments: [.untouched]) }
    private var replaying: BackfillProgress { .replaying(since: Bench.start) }
    private func spooled(_ through: Int, isEnded: Bool = false, parent: ShardID? = nil) -> SpooledShard {
        SpooledShard(parent: parent, through: seq(through), isEnded: isEnded, askedAt: Bench.start)
    }

    @Test func `while the table is scanned the stream is read, and kept before more of the shard is read`() {
        var bench = bench()
        // First that the shard is there at all, and whose child it is.
        #expect(bench.begin(ShardDescription(a)).contains(.spool([SpoolPage(a, askedAt: bench.now)])))
        #expect(bench.tell(.spooled(SpoolTotals())) == [.open(a, .trimHorizon)])
        #expect(bench.tell(.opened(a, next)) == [.read(a, next, limit: 1000)])
        let page = SpoolPage(a, [put(1, "x", 1)], askedAt: bench.now)
        #expect(bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next))) == [.spool([page])])
        #expect(bench.tell(.spooled(totals)) == [.read(a, next, limit: 1000)])
        // No checkpoint claims any of it.
        #expect(bench.machine.status(at: bench.now).saved == [a: .trimHorizon])
        #expect(bench.machine.status(at: bench.now).spool == totals)
    }

    @Test func `a checkpoint names the spool from the first on`() {
        var bench = bench()
        _ = bench.tell(.tick)
        #expect(bench.tell(.listed(StreamListing([ShardDescription(a)]))).checkpoint?.spool == "s")
    }

    @Test func `what the disk did not take comes again, with what was read meanwhile`() {
        var bench = bench()
        _ = bench.begin(ShardDescription(a), ShardDescription(b))
        _ = bench.tell(.spooled(SpoolTotals()))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.opened(b, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        #expect(bench.tell(.read(b, RecordPage([put(2, "y", 1)], next: next))).isEmpty)
        _ = bench.tell(.failed(.spool, PortError(.unavailable, "busy")))
        let pages = [
            SpoolPage(a, [put(1, "x", 1)], askedAt: bench.now), SpoolPage(b, [put(2, "y", 1)], askedAt: bench.now),
        ]
        #expect(bench.wait(50) == [.spool(pages)])
    }

    @Test func `a spool that fails ends it, and says so`() {
        var bench = bench()
        _ = bench.begin(ShardDescription(a))
        #expect(
            bench.tell(.failed(.spool, PortError(.fatal, "no space left on device"))).ending
                == .failed(.spool("no space left on device")))
    }

    @Test func `a child is spooled when its parent's last record is kept`() {
        var bench = bench()
        _ = bench.begin(ShardDescription(a, isClosed: false))
        _ = bench.tell(.spooled(SpoolTotals()))
        _ = bench.tell(.opened(a, next))
        let end = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: nil)))
        #expect(end == [.spool([SpoolPage(a, [put(1, "x", 1)], isEnd: true, askedAt: bench.now)])])
        #expect(bench.tell(.spooled(totals)).contains(.list))
        let children = StreamListing([ShardDescription(a, isClosed: true), ShardDescription(b, parent: a)])
        let effects = bench.tell(.listed(children))
        // Its parent is noted, for the stream may list neither when it is asked again; then it is read.
        #expect(effects.contains(.spool([SpoolPage(b, parent: a, askedAt: bench.now)])))
        #expect(bench.tell(.spooled(totals)).contains(.open(b, .trimHorizon)))
    }

    @Test func `the replay takes what is spooled, and the stream from where that ends`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], replaying), [a: spooled(2)], totals: totals)
        let first = bench.begin(ShardDescription(a))
        #expect(first.contains(.fetch(a, after: nil, limit: 1000)))
        // Meanwhile the stream is read on, for replaying may take days as well.
        #expect(first.contains(.open(a, .after(seq(2)))))
        #expect(bench.tell(.opened(a, next)) == [.read(a, next, limit: 1000)])
        let effects = bench.tell(.fetched(a, [put(1, "x", 1), put(2, "x", 2)]))
        #expect(effects == [.apply(lane, batch(write(2, "x", 2)))])
        // Asked for before the spool's end was reached: it goes to the spool, and nothing more is read until it is out.
        let page = SpoolPage(a, [put(3, "y", 1)], askedAt: bench.now)
        #expect(bench.tell(.read(a, RecordPage([put(3, "y", 1)], next: next))) == [.spool([page])])
        #expect(bench.tell(.spooled(totals)) == [.fetch(a, after: seq(2), limit: 1000)])
        // From here on records go to the lanes, by the same reader.
        #expect(bench.tell(.fetched(a, [put(3, "y", 1)])) == [.read(a, next, limit: 1000)])
        _ = bench.tell(.applied(lane, unprocessed: []))
        #expect(
            bench.tell(.read(a, RecordPage([put(4, "y", 2)], next: next))).contains(.read(a, next, limit: 1000)))
        #expect(bench.machine.status(at: bench.now).buffered == 2)
    }

    @Test func `what is applied and checkpointed is forgotten, and in the end the spool is removed`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], replaying), [a: spooled(2)], totals: totals)
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.fetched(a, [put(1, "x", 1)]))
        #expect(bench.tell(.applied(lane, unprocessed: [])).checkpoint?.shards == [a: .after(seq(1))])
        #expect(bench.tell(.saved).contains(.forgetSpooled([a: .after(seq(1))])))
        _ = bench.tell(.forgotSpooled(totals))
        _ = bench.tell(.fetched(a, [put(2, "x", 2)]))
        _ = bench.tell(.read(a, RecordPage([], next: next)))
        let covered = bench.tell(.applied(lane, unprocessed: []))
        #expect(covered.checkpoint?.spool == "s")
        // First no checkpoint counts on it, then it goes.
        let saved = bench.tell(.saved)
        #expect(saved == [.forgetSpooled([a: .after(seq(2))])])
        let last = bench.tell(.forgotSpooled(SpoolTotals()))
        #expect(last.contains { $0.saved.map { $0.spool == nil } ?? false })
        #expect(!last.contains(.discardSpool))
        #expect(bench.tell(.saved).contains(.discardSpool))
        #expect(bench.news(.spoolDiscarded).contains(.spoolDrained))
        #expect(bench.machine.status(at: bench.now).spool == nil)
    }

    @Test func `consistent is not announced while the replay is in the spool`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], replaying), [a: spooled(1)], totals: totals)
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        #expect(bench.news(.read(a, RecordPage([], next: next))) == [])
        #expect(bench.news(.fetched(a, [put(1, "x", 1)])) == [])
        var news = bench.news(.applied(lane, unprocessed: []))
        // Through checkpoints, the removal and the stream's tip.
        for event in [
            .saved, .forgotSpooled(totals), .tick, .saved, .spoolDiscarded,
        ] as [ReplicationEvent] {
            #expect(!news.contains { if case .consistent = $0 { true } else { false } })
            bench.now = bench.now.advanced(by: 1000)
            news += bench.news(event)
        }
        news += bench.news(.read(a, RecordPage([], next: next)))
        #expect(news.contains { if case .consistent = $0 { true } else { false } })
    }

    @Test func `killed in the scan it goes on behind the last record that is kept`() {
        var bench = bench(
            resume: checkpoint([a: .trimHorizon], scanning), [a: spooled(7), b: spooled(3, isEnded: true)],
            totals: totals)
        let effects = bench.begin(ShardDescription(a))
        #expect(effects.contains(.open(a, .after(seq(7)))))
        // Its end is kept, so there is no more to ask for.
        #expect(!effects.contains { if case .open(b, _) = $0 { true } else { false } })
    }

    @Test func `killed in the replay it goes on from the checkpoint, in the spool or behind it`() {
        var inside = bench(resume: checkpoint([a: .after(seq(5))], replaying), [a: spooled(7)], totals: totals)
        #expect(inside.begin(ShardDescription(a)).contains(.fetch(a, after: seq(5), limit: 1000)))
        var behind = bench(resume: checkpoint([a: .after(seq(9))], replaying), [a: spooled(7)], totals: totals)
        let effects = behind.begin(ShardDescription(a))
        #expect(effects.contains(.open(a, .after(seq(9)))))
        #expect(!effects.contains { if case .fetch = $0 { true } else { false } })
    }

    @Test func `a parent that the stream lists no longer still comes before its child`() {
        var bench = bench(
            resume: checkpoint([a: .trimHorizon, b: .trimHorizon], replaying),
            [a: spooled(1, isEnded: true), b: spooled(2, isEnded: true, parent: a)], totals: totals)
        let effects = bench.begin(ShardDescription(c, parent: b))
        #expect(effects.contains(.fetch(a, after: nil, limit: 1000)))
        #expect(!effects.contains(.fetch(b, after: nil, limit: 1000)))
        _ = bench.tell(.fetched(a, [put(1, "x", 1)]))
        _ = bench.tell(.applied(lane, unprocessed: []))
        #expect(bench.tell(.saved).contains(.fetch(b, after: nil, limit: 1000)))
    }

    @Test func `a shard that the spool alone knows is replayed`() {
        var bench = bench(resume: checkpoint([:], replaying), [a: spooled(1, isEnded: true)], totals: totals)
        _ = bench.tell(.tick)
        #expect(bench.tell(.listed(StreamListing([]))).contains(.fetch(a, after: nil, limit: 1000)))
    }

    @Test func `a scan may take longer than the stream keeps its records, while they are spooled`() {
        var bench = bench()
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.spooled(totals))
        for _ in 0..<72 { #expect(bench.wait(hour).ending == nil) }
    }

    @Test func `a full spool is announced, rests, and ends a scan that goes on for too long`() {
        var bench = bench { $0.spoolBytesMax = 100 }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        #expect(bench.news(.spooled(totals)) == [.spoolFull(bytes: 100)])
        #expect(!bench.wait(1000).contains(.read(a, next, limit: 1000)))
        bench.now = bench.now.advanced(by: -1000)
        _ = bench.tell(.saved)
        #expect(bench.wait(23 * hour).ending == nil)
        _ = bench.tell(.saved)
        #expect(bench.wait(1).ending == .failed(.spoolOutlived(23 * hour + 1)))
    }

    @Test func `a spool that has room again is read into`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], replaying), [a: spooled(2)], totals: totals) {
            $0.spoolBytesMax = 100
        }
        #expect(bench.news(.tick).contains(.spoolFull(bytes: 100)))
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.fetched(a, [put(1, "x", 1)]))
        _ = bench.tell(.applied(lane, unprocessed: []))
        _ = bench.tell(.saved)
        let effects = bench.all(.forgotSpooled(SpoolTotals(records: 1, bytes: 50)))
        #expect(effects.contains(.announce(.spoolHasRoom)))
        #expect(effects.contains(.open(a, .after(seq(2)))))
    }

    @Test func `a stream that has trimmed what is not spooled yet ends it`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], scanning), [a: spooled(7)], totals: totals)
        _ = bench.begin(ShardDescription(a))
        #expect(
            bench.tell(.failed(.open(a), PortError(.trimmed, "gone"))).ending
                == .failed(.trimmed(a, after: seq(7), "gone")))
    }

    @Test func `a shard that never told anything is not read from a horizon that may have passed something`() {
        var bench = bench()
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.spooled(totals))
        _ = bench.tell(.opened(a, next))
        // Seen to be empty, so that nothing was missed until now.
        bench.now = bench.now.advanced(by: 20 * hour)
        _ = bench.tell(.read(a, RecordPage([], next: next)))
        _ = bench.wait(1000)
        // The disk knows it, for a restart has nothing else to judge by.
        let noted = bench.tell(.read(a, RecordPage([], next: next)))
        #expect(noted.contains { if case .spool = $0 { true } else { false } })
        _ = bench.tell(.spooled(totals))
        _ = bench.wait(1000)
        _ = bench.tell(.failed(.read(a), PortError(.expiredIterator, "expired")))
        #expect(bench.tell(.failed(.open(a), PortError(.unavailable, "no route"))).ending == nil)
        _ = bench.wait(25 * hour)
        #expect(
            bench.tell(.saved).ending == .failed(.trimmed(a, after: nil, "nothing of it was read for 25 hours")))
    }

    @Test func `a spool that holds less than it should ends it`() {
        var bench = bench(resume: checkpoint([a: .trimHorizon], replaying), [a: spooled(2)], totals: totals)
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.fetched(a, [put(1, "x", 1)]))
        let ending = bench.tell(.fetched(a, [])).ending
        _ = bench.tell(.applied(lane, unprocessed: []))
        let last = bench.tell(.saved).ending
        #expect((ending ?? last) == .failed(.spoolDamaged(a, through: seq(2))))
    }
}

import DyadModel
import DyadReplicator
import Testing

struct LaneGuardTests {
    private let first = batch(write(1, "x", 1), write(2, "y", 1))
    private let second = batch(write(3, "x", 2), after: 2)
    private let scanned = ReplicaBatch(
        writes: [ReplicaWrite(key: key("x"), .put(item("x", 1)))], scan: ScanID(since: Bench.start, segments: 1))

    /// Outside of the expectation, which does not let its expression change anything.
    private func found(_ position: LanePosition, _ lane: inout LaneGuard) -> Bool { lane.found(position) }

    @Test func `a batch moves the position from where it stands to its own end`() {
        var lane = LaneGuard()
        #expect(lane.step(for: first) == .read)
        #expect(found(.beginning, &lane) == false)
        #expect(lane.step(for: first) == .write(from: .beginning, to: .through(seq(2))))
        lane.wrote(to: .through(seq(2)))
        #expect(lane.step(for: second) == .write(from: .through(seq(2)), to: .through(seq(3))))
    }

    @Test func `what the position has passed is done`() {
        var lane = LaneGuard()
        _ = lane.found(.through(seq(2)))
        #expect(lane.step(for: first) == .done)
        #expect(lane.step(for: second) == .write(from: .through(seq(2)), to: .through(seq(3))))
    }

    @Test func `a position that another moved is read, and gone on from`() {
        var lane = LaneGuard()
        _ = lane.found(.beginning)
        lane.missed(to: .through(seq(2)))
        #expect(lane.step(for: first) == .read)
        #expect(found(.through(seq(1)), &lane) == false)
        #expect(lane.step(for: first) == .write(from: .through(seq(1)), to: .through(seq(2))))
    }

    @Test func `a scan's batch whose answer was lost is known again`() {
        var lane = LaneGuard()
        _ = lane.found(.beginning)
        guard case .write(from: .beginning, to: let moved) = lane.step(for: scanned) else {
            return #expect(Bool(false))
        }
        // The answer is lost; it comes again, and misses.
        #expect(lane.step(for: scanned) == .write(from: .beginning, to: moved))
        lane.missed(to: moved)
        #expect(found(moved, &lane))
    }

    @Test func `nothing of a sealed scan is written`() {
        var lane = LaneGuard()
        _ = lane.found(.sealed)
        #expect(lane.step(for: scanned) == .done)
    }

    @Test(arguments: [.beginning, .through(seq(17)), .scanned(0xfeed), .sealed] as [LanePosition])
    func `a position is read as it was written`(_ position: LanePosition) {
        #expect(LanePosition(position.text) == position)
    }

    @Test func `a guarded scan is sealed before the replay begins, again and again if need be`() {
        var bench = Bench {
            $0.backfill = true
            $0.isGuarded = true
        }
        _ = bench.begin(ShardDescription(a))
        let page = SnapshotPage([SnapshotItem(key: key("x"), item: item("x", 1))], lastKey: nil)
        #expect(bench.tell(.scanned(segment: 0, page)) == [.apply(LaneID(.segment(0)), scanned)])
        let scan = ScanID(since: Bench.start, segments: 1)
        #expect(bench.tell(.applied(LaneID(.segment(0)), unprocessed: [])).contains(.seal(scan)))
        _ = bench.tell(.saved)
        #expect(!bench.tell(.failed(.seal, PortError(.unavailable, "timeout"))).contains(.seal(scan)))
        #expect(bench.wait(50).contains(.seal(scan)))
        #expect(bench.tell(.sealed).checkpoint?.backfill == .replaying(since: Bench.start))
    }

    /// A machine that goes on from a checkpoint which knows a shard that ended three days ago, and one that is open.
    private func longAfter(_ change: (inout ReplicationOptions) -> Void = { $0.isGuarded = true }) -> Bench {
        let ended = ShardProgress.finished(at: Bench.start.advanced(by: -3 * 24 * 3_600_000))
        var bench = Bench(
            resume: Checkpoint(link: Bench.link, shards: [a: ended, b: .after(seq(5))], savedAt: Bench.start), change)
        _ = bench.tell(.tick)
        return bench
    }

    @Test func `positions of a shard that is gone for two days are removed, and then it is forgotten`() {
        var bench = longAfter()
        #expect(bench.tell(.listed(StreamListing([ShardDescription(b)]))).contains(.forget(a)))
        // Until that is done, a restart has to ask again.
        _ = bench.tell(.saved)
        #expect(bench.wait(1000).checkpoint?.shards.keys.contains(a) == true)
        _ = bench.tell(.saved)
        #expect(bench.tell(.forgot(a)).checkpoint?.shards == [b: .after(seq(5))])
    }

    @Test func `who ends when caught up waits for the removal, and the last checkpoint says so`() {
        var bench = longAfter { ($0.isGuarded, $0.untilCaughtUp) = (true, true) }
        _ = bench.tell(.listed(StreamListing([ShardDescription(b)])))
        _ = bench.tell(.saved)
        _ = bench.tell(.opened(b, ShardIterator("i")))
        let tip = bench.tell(.read(b, RecordPage([], next: ShardIterator("j"))))
        #expect(tip == [])
        #expect(bench.wait(1000).checkpoint != nil)
        #expect(!bench.tell(.saved).contains(.end(.caughtUp)))
        let last = bench.tell(.forgot(a))
        #expect(last.checkpoint?.shards == [b: .after(seq(5))])
        #expect(bench.tell(.saved).contains(.end(.caughtUp)))
    }

    @Test func `what could not be removed is asked for again by the next listing, unless that is refused`() {
        for (kind, isAsked) in [(PortError.Kind.unavailable, true), (.fatal, false)] {
            var bench = longAfter()
            let listing = StreamListing([ShardDescription(b)])
            #expect(bench.tell(.listed(listing)).contains(.forget(a)))
            let news = bench.news(.failed(.forget(a), PortError(kind, "no")))
            #expect(news.contains(.positionsLeft(a, "no")) == !isAsked)
            #expect(bench.wait(20_000).contains(.list))
            #expect(bench.tell(.listed(listing)).contains(.forget(a)) == isAsked)
        }
    }

    @Test func `a shard that is listed, or ended of late, is not forgotten, and unguarded nobody is asked`() {
        var listed = longAfter()
        let both = StreamListing([ShardDescription(a, isClosed: true), ShardDescription(b)])
        #expect(!listed.tell(.listed(both)).contains(.forget(a)))
        var young = longAfter { ($0.isGuarded, $0.retention) = (true, 4 * 24 * 3_600_000) }
        #expect(!young.tell(.listed(StreamListing([ShardDescription(b)]))).contains(.forget(a)))
        var plain = longAfter { _ in }
        #expect(!plain.tell(.listed(StreamListing([ShardDescription(b)]))).contains(.forget(a)))
        _ = plain.tell(.saved)
        #expect(plain.wait(1000).checkpoint?.shards.keys.contains(a) == false)
    }
}

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
}

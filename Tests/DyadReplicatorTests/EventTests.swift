import DyadModel
import DyadReplicator
import Testing

/// Lanes whose records are events: transcripts of what is handed over, and of what becomes of it.
struct EventTests {
    private func bench(
        _ change: (inout EventBatching) -> Void = { _ in }, options: (inout ReplicationOptions) -> Void = { _ in }
    ) -> Bench {
        var events = EventBatching()
        change(&events)
        var bench = Bench {
            $0.events = events
            $0.parallelism = 100
            $0.lanesPerShard = 1
            $0.onError = .skipToDeadLetter
            $0.retryPause = 100...1000
            options(&$0)
        }
        _ = bench.begin(ShardDescription(a), ShardDescription(b))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.opened(b, next))
        return bench
    }

    private func event(_ number: Int, _ name: String = "x", wanted: Bool = true) -> StreamRecord {
        StreamRecord(
            seq(number), key: key(name), .put(item(name, number)), createdAt: Bench.start,
            event: wanted ? StreamEvent(Array("{\"n\":\(number)}".utf8)) : .unwanted)
    }

    private func page(_ numbers: Int...) -> RecordPage { RecordPage(numbers.map { event($0) }, next: next) }

    @Test func `every record of a key is handed over, in order`() {
        var bench = bench()
        #expect(bench.tell(.read(a, page(1, 2, 3))).handed == [[1, 2, 3]])
    }

    @Test func `records that come meanwhile wait for the batch before them`() {
        var bench = bench()
        _ = bench.tell(.read(a, page(1)))
        #expect(bench.tell(.read(a, page(2, 3))).handed == [])
        #expect(bench.tell(.applied(lane, ReplicaOutcome(.handled))).handed == [[2, 3]])
    }

    @Test func `a batch has no more records than it may, and no more bytes`() {
        var bench = bench { $0.recordsMax = 2 }
        #expect(bench.tell(.read(a, page(1, 2, 3))).handed == [[1, 2]])
        var narrow = self.bench { $0.bytesMax = 17 }
        // Seven bytes and a comma each.
        #expect(narrow.tell(.read(a, page(1, 2, 3))).handed == [[1, 2]])
        var least = self.bench { $0.bytesMax = 1 }
        #expect(least.tell(.read(a, page(1, 2))).handed == [[1]])
    }

    @Test func `a batch waits for its window, and no longer than it is full`() {
        var bench = bench {
            $0.window = 1000
            $0.recordsMax = 3
        }
        #expect(bench.tell(.read(a, page(1))).handed == [])
        #expect(bench.machine.deadline(after: bench.now).map { $0 <= Bench.start.advanced(by: 1000) } ?? false)
        #expect(bench.wait(999).handed == [])
        #expect(bench.wait(1).handed == [[1]])
        _ = bench.tell(.applied(lane, ReplicaOutcome(.handled)))
        #expect(bench.tell(.read(a, page(2, 3, 4, 5))).handed == [[2, 3, 4]])
        // The window of what is left began when it was read.
        #expect(bench.tell(.applied(lane, ReplicaOutcome(.handled))).handed == [])
        #expect(bench.wait(1000).handed == [[5]])
    }

    @Test func `a batch that failed comes again as it was, after a pause, and nothing passes it`() {
        var bench = bench()
        _ = bench.tell(.read(a, page(1, 2)))
        _ = bench.tell(.read(a, page(3)))
        #expect(bench.tell(.failed(lane)).handed == [])
        #expect(bench.wait(100).handed == [[1, 2]])
        let done = bench.tell(.applied(lane, ReplicaOutcome(.handled)))
        #expect(done.handed == [[3]])
        #expect(done.checkpoint?.shards[a] == .after(seq(2)))
    }

    @Test func `what was handled before the lowest failure is settled, and the rest comes again`() {
        var bench = bench()
        _ = bench.tell(.read(a, page(1, 2, 3)))
        let partly = bench.tell(.applied(lane, ReplicaOutcome(.stopped(at: seq(3), failure))))
        #expect(partly.checkpoint?.shards[a] == .after(seq(2)))
        #expect(partly.handed == [])
        #expect(bench.wait(100).handed == [[3]])
    }

    @Test func `progress gives a batch all its attempts again`() {
        var bench = bench(options: { $0.attemptsMax = 2 })
        _ = bench.tell(.read(a, page(1, 2)))
        _ = bench.tell(.failed(lane))
        _ = bench.wait(100)
        _ = bench.tell(.applied(lane, ReplicaOutcome(.stopped(at: seq(2), failure))))
        #expect(bench.wait(1000).handed == [[2]])
        #expect(bench.tell(.failed(lane)).buried.isEmpty)
        #expect(bench.wait(1000).handed == [[2]])
        #expect(bench.tell(.failed(lane)).buried.map(\.write.sequence) == [seq(2)])
    }

    @Test func `a batch without attempts left is kept elsewhere before the lane moves on`() {
        var bench = bench(options: { $0.attemptsMax = 1 })
        _ = bench.tell(.read(a, page(1, 2)))
        _ = bench.tell(.read(a, page(3)))
        let given = bench.tell(.failed(lane))
        #expect(given.buried.map(\.write.sequence) == [seq(1), seq(2)])
        #expect(given.buried.first?.failure?.condition == .retryAttemptsExhausted)
        #expect(given.buried.first?.failure?.attempts == 1)
        #expect(given.handed == [] && given.checkpoint == nil)
        let kept = bench.tell(.buried(lane))
        #expect(kept.handed == [[3]])
        #expect(kept.checkpoint?.shards[a] == .after(seq(2)))
    }

    @Test func `a batch is halved until the record is alone that is to blame, at no attempt's cost`() {
        var bench = bench({ $0.bisects = true }, options: { $0.attemptsMax = 2 })
        #expect(bench.tell(.read(a, page(1, 2, 3, 4))).handed == [[1, 2, 3, 4]])
        _ = bench.tell(.read(a, page(5)))
        _ = bench.tell(.failed(lane))
        #expect(bench.wait(100).handed == [[1, 2]])
        // The second half does not take in what was read meanwhile.
        #expect(bench.tell(.applied(lane, ReplicaOutcome(.handled))).handed == [[3, 4]])
        _ = bench.tell(.failed(lane))
        #expect(bench.wait(100).handed == [[3]])
        _ = bench.tell(.failed(lane))
        #expect(bench.wait(1000).handed == [[3]])
        #expect(bench.tell(.failed(lane)).buried.map(\.write.sequence) == [seq(3)])
        #expect(bench.tell(.buried(lane)).handed == [[4]])
        #expect(bench.tell(.applied(lane, ReplicaOutcome(.handled))).handed == [[5]])
    }

    @Test func `records that are too old are given up alone, and the rest keeps its attempts`() {
        var bench = bench(options: { $0.attemptsMax = 2 })
        _ = bench.tell(.read(a, page(1, 2, 3)))
        _ = bench.tell(.failed(lane))
        #expect(bench.wait(100).handed == [[1, 2, 3]])
        let old = bench.tell(.applied(lane, ReplicaOutcome(.tooOld(1))))
        #expect(old.buried.map(\.write.sequence) == [seq(1)])
        #expect(old.buried.first?.failure?.condition == .recordAgeExceeded)
        #expect(old.buried.first?.failure?.attempts == 1)
        #expect(bench.tell(.buried(lane)).handed == [[2, 3]])
        #expect(bench.tell(.failed(lane)).buried.map(\.write.sequence) == [seq(2), seq(3)])
    }

    @Test func `a function that could not be invoked costs no attempt`() {
        var bench = bench(options: { $0.attemptsMax = 1 })
        _ = bench.tell(.read(a, page(1)))
        for _ in 0..<5 {
            _ = bench.tell(.failed(.apply(lane), PortError(.throttled, "busy")))
            #expect(bench.wait(1000).handed == [[1]])
        }
    }

    @Test func `what a filter holds back counts as handled`() {
        var bench = bench()
        let all = RecordPage([event(1, wanted: false), event(2, wanted: false)], next: next)
        let passed = bench.tell(.read(a, all))
        #expect(passed.handed == [] && passed.checkpoint?.shards[a] == .after(seq(2)))
        _ = bench.tell(.saved)
        let mixed = RecordPage([event(3, wanted: false), event(4), event(5, wanted: false)], next: next)
        #expect(bench.tell(.read(a, mixed)).handed == [[4]])
        // The first of them is handled already.
        #expect(bench.tell(.saved).handed == [])
        #expect(bench.tell(.applied(lane, ReplicaOutcome(.handled))).checkpoint?.shards[a] == .after(seq(5)))
    }

    @Test func `a batch that fails stops its own shard and no other, though it fills the memory`() {
        var bench = bench(options: { $0.bufferedRecordsMax = 1000 })
        let full = RecordPage((1...900).map { event($0) }, next: next)
        _ = bench.tell(.read(a, full))
        #expect(bench.tell(.failed(lane)).filter { $0 == .read(a, next, limit: 1000) } == [])
        let other = LaneID(.shard(b))
        for number in [2000, 2001, 2002] {
            let page = RecordPage([event(number)], next: next)
            #expect(bench.tell(.read(b, page)).contains { $0.hands(to: other) })
            #expect(bench.tell(.applied(other, ReplicaOutcome(.handled))).contains(.read(b, next, limit: 1000)))
        }
    }

    @Test func `a shard's lanes hold their keys in order, side by side`() {
        var bench = bench(options: { $0.lanesPerShard = 10 })
        let names = (0..<40).map { "k\($0)" }
        let records = (0..<200).map { event($0 + 1, names[$0 % names.count]) }
        var seen: [ItemBytes: [SequenceNumber]] = [:]
        var lanes: Set<LaneID> = []
        for case .apply(let lane, let batch) in bench.tell(.read(a, RecordPage(records, next: next))) {
            lanes.insert(lane)
            for write in batch.writes { seen[write.key, default: []] += write.sequence.map { [$0] } ?? [] }
        }
        #expect(lanes.count == 10)
        #expect(seen.count == names.count)
        #expect(seen.values.allSatisfy { $0 == $0.sorted() && $0.count == 5 })
    }

    @Test func `an end waits for the batch that was handed over, and does not hand over the next`() {
        var bench = bench { $0.recordsMax = 1 }
        _ = bench.tell(.read(a, page(1, 2)))
        #expect(bench.tell(.stop("asked")).ending == nil)
        let last = bench.tell(.applied(lane, ReplicaOutcome(.handled)))
        #expect(last.handed == [] && last.checkpoint?.shards[a] == .after(seq(1)))
        #expect(bench.tell(.saved).ending == .stopped("asked"))
    }

    private var failure: EventFailure { .test }
}

extension EventFailure {
    fileprivate static let test = EventFailure(requestID: "r", functionError: "Unhandled", message: "it raised")
}

extension ReplicationEvent {
    fileprivate static func failed(_ lane: LaneID) -> Self { .applied(lane, ReplicaOutcome(.failed(.test))) }
}

extension ReplicationEffect {
    fileprivate func hands(to wanted: LaneID) -> Bool {
        if case .apply(let lane, _) = self { lane == wanted } else { false }
    }
}

extension [ReplicationEffect] {
    /// The numbers of the records of each batch that is handed over.
    fileprivate var handed: [[Int]] {
        compactMap {
            guard case .apply(_, let batch) = $0 else { return nil }
            return batch.writes.compactMap { $0.sequence.flatMap { Int($0.text) } }
        }
    }

    fileprivate var buried: [DeadLetter] {
        flatMap { effect -> [DeadLetter] in if case .bury(_, let letters) = effect { letters } else { [] } }
    }
}

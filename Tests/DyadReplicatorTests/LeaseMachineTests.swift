import DyadModel
import DyadReplicator
import Testing

/// A lease machine with a clock and the rows of a table beside it.
private struct Desk {
    var machine: LeaseMachine
    var now = Bench.start
    var rows: [LeaseID: Lease] = [:]

    /// Leases are good for ten seconds.
    init(_ worker: String = "me", beginning: Checkpoint = Checkpoint(link: Bench.link, savedAt: Bench.start)) {
        machine = LeaseMachine(worker: worker, options: LeaseOptions(), beginning: beginning, seed: 1, now: now)
        machine.know([])
    }

    mutating func tell(_ event: LeaseEvent) -> [LeaseEffect] {
        machine.handle(event, at: now)
        return machine.takeEffects()
    }

    mutating func wait(_ milliseconds: Int64) -> [LeaseEffect] {
        now = now.advanced(by: milliseconds)
        machine.advance(now)
        return machine.takeEffects()
    }

    /// Looks at the rows, and has what comes of that carried out.
    mutating func look() {
        if !wait(0).contains(.list) { _ = wait(2000) }
        carryOut(tell(.listed(rows.values.sorted { "\($0.id)" < "\($1.id)" })))
    }

    mutating func carryOut(_ effects: [LeaseEffect]) {
        for effect in effects {
            guard case .replace(let former, let lease) = effect else { continue }
            guard let row = rows[former.id], row.owner == former.owner, row.counter == former.counter else {
                carryOut(tell(.replied(former.id, .overtaken(rows[former.id]))))
                continue
            }
            rows[former.id] = lease
            carryOut(tell(.replied(former.id, .written)))
        }
    }

    /// Others that are alive raise their counters.
    mutating func others(_ owner: String) {
        for (id, row) in rows where row.owner == owner { rows[id]?.counter = row.counter + 1 }
    }

    func held(by owner: String) -> Int { rows.values.count { $0.owner == owner } }
}

private func shard(_ number: Int) -> LeaseID { .shard(ShardID("shard-\(number)")) }
private func lease(_ number: Int, _ owner: String? = nil, counter: Int64 = 5) -> Lease {
    Lease(shard(number), owner: owner, counter: counter)
}

struct LeaseMachineTests {
    @Test func `leases that nobody holds are taken at once`() {
        var desk = Desk()
        for number in 0..<3 { desk.rows[shard(number)] = lease(number) }
        desk.look()
        #expect(desk.held(by: "me") == 3)
        let granted = desk.machine.takeNews().filter { if case .granted = $0 { true } else { false } }
        #expect(granted.count == 3)
    }

    @Test func `another's lease is taken when its counter has stood still for the lease's duration`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0, "other")
        for _ in 0..<5 {
            desk.look()
            #expect(desk.held(by: "me") == 0)
        }
        desk.others("other")
        for _ in 0..<5 {
            desk.look()
            #expect(desk.held(by: "me") == 0)
        }
        desk.look()
        #expect(desk.rows[shard(0)]?.owner == "me")
        #expect(desk.rows[shard(0)]?.switches == 1)
    }

    @Test func `who has less than its share steals one at a time from who has most, down to a difference of one`() {
        var desk = Desk()
        for number in 0..<5 { desk.rows[shard(number)] = lease(number, "other") }
        desk.rows[shard(5)] = lease(5, "third")
        var mine: [Int] = []
        for _ in 0..<5 {
            desk.others("other")
            desk.others("third")
            desk.look()
            mine.append(desk.held(by: "me"))
        }
        #expect(mine == [1, 2, 2, 2, 2])
        #expect(desk.held(by: "other") == 3)
        #expect(desk.held(by: "third") == 1)
    }

    @Test func `a lease is renewed by a condition on owner and counter, three times in its duration`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0)
        desk.look()
        var taken = Lease(shard(0), owner: "me", counter: 6, switches: 1)
        taken.writtenAt = desk.now
        var renewed = taken
        renewed.counter = 7
        let effects = desk.wait(3333)
        renewed.writtenAt = desk.now
        #expect(effects.contains(.replace(taken, with: renewed)))
    }

    @Test func `a worker that cannot renew gives up when its lease has run out, and takes it again later`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0)
        desk.look()
        _ = desk.machine.takeNews()
        let down = PortError(.unavailable, "connection refused")
        for _ in 0..<9 {
            for effect in desk.wait(1000) {
                if case .replace = effect { _ = desk.tell(.failed(.replace(shard(0)), down)) }
                if case .list = effect { _ = desk.tell(.failed(.list, down)) }
            }
        }
        #expect(desk.machine.takeNews() == [])
        _ = desk.wait(1000)
        #expect(desk.machine.takeNews() == [.revoked(shard(0))])
        _ = desk.tell(.failed(.replace(shard(0)), down))
        desk.look()
        #expect(desk.machine.takeNews().contains { if case .granted = $0 { true } else { false } })
    }

    @Test func `a lease that another took is revoked at the next renewal`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0)
        desk.look()
        _ = desk.machine.takeNews()
        desk.rows[shard(0)] = lease(0, "other", counter: 9)
        desk.carryOut(desk.wait(3333))
        #expect(desk.machine.takeNews() == [.revoked(shard(0))])
        #expect(desk.rows[shard(0)]?.owner == "other")
    }

    @Test func `a renewal whose answer was lost is found in the row, and the lease stays`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0)
        desk.look()
        _ = desk.machine.takeNews()
        for case .replace(_, let next) in desk.wait(3333) { desk.rows[shard(0)] = next }
        _ = desk.tell(.failed(.replace(shard(0)), PortError(.unavailable, "timeout")))
        desk.carryOut(desk.wait(1000))
        #expect(desk.machine.takeNews() == [])
        #expect(desk.rows[shard(0)]?.counter == 8)
    }

    @Test func `a checkpoint goes into the rows of what is held, and is saved when all say it`() {
        var desk = Desk()
        for number in 0..<2 { desk.rows[shard(number)] = lease(number) }
        desk.rows[shard(2)] = lease(2, "other")
        desk.look()
        let all: [ShardID: ShardProgress] = [
            ShardID("shard-0"): .after(seq(7)), ShardID("shard-2"): .after(seq(9)),
        ]
        desk.machine.save(Checkpoint(link: Bench.link, shards: all, savedAt: desk.now), desk.now)
        desk.carryOut(desk.machine.takeEffects())
        #expect(desk.rows[shard(0)]?.progress == .after(seq(7)))
        #expect(desk.rows[shard(2)]?.progress == .trimHorizon)
    }

    @Test func `let go of, a lease names nobody and keeps its checkpoint`() {
        var desk = Desk()
        desk.rows[shard(0)] = lease(0)
        desk.look()
        let done = Checkpoint(link: Bench.link, shards: [ShardID("shard-0"): .after(seq(7))], savedAt: desk.now)
        desk.machine.save(done, desk.now)
        desk.carryOut(desk.machine.takeEffects())
        desk.machine.release(desk.now)
        desk.carryOut(desk.machine.takeEffects())
        #expect(desk.rows[shard(0)]?.owner == nil)
        #expect(desk.rows[shard(0)]?.progress == .after(seq(7)))
    }

    @Test func `a shard that the stream lists gets a row, and what stood at the beginning begins there`() {
        let beginning = Checkpoint(link: Bench.link, shards: [a: .latest], savedAt: Bench.start)
        var desk = Desk(beginning: beginning)
        desk.look()
        desk.machine.know([ShardDescription(a), ShardDescription(b, parent: a)])
        let first = Lease(.shard(a), progress: .latest, isPromised: false)
        let second = Lease(.shard(b), parent: a, progress: .trimHorizon, isPromised: true)
        #expect(desk.machine.takeEffects() == [.add(first), .add(second)])
    }

    @Test func `another's shard has caught up when it was at its tip after a sign of life that is newer than we are`() {
        var desk = Desk()
        // Its clock is of another year; it is compared with itself.
        func row(_ counter: Int64, tip: Int64, written: Int64) -> Lease {
            var row = lease(0, "other", counter: counter)
            row.tipAt = Timestamp(milliseconds: tip)
            row.writtenAt = Timestamp(milliseconds: written)
            return row
        }
        func caughtUp(_ row: Lease) -> Set<ShardID>? {
            desk.rows[shard(0)] = row
            desk.look()
            return desk.machine.takeNews().lazy.compactMap { news -> Set<ShardID>? in
                if case .observed(_, let caughtUp) = news { caughtUp } else { nil }
            }.first
        }
        #expect(caughtUp(row(5, tip: 500, written: 510)) == [], "it may be dead since long ago")
        #expect(caughtUp(row(6, tip: 590, written: 600)) == [])
        #expect(caughtUp(row(7, tip: 599, written: 700)) == [])
        #expect(caughtUp(row(8, tip: 600, written: 800)) == [ShardID("shard-0")])
    }

    @Test func `the row of a shard that is long gone is removed`() {
        var desk = Desk()
        let old = Timestamp(milliseconds: desk.now.milliseconds - 49 * 3_600_000)
        desk.rows[shard(0)] = Lease(shard(0), counter: 3, progress: .finished(at: old))
        desk.rows[shard(1)] = Lease(shard(1), counter: 3, progress: .finished(at: desk.now))
        desk.machine.know([ShardDescription(a)])
        _ = desk.wait(0)
        let effects = desk.tell(.listed(Array(desk.rows.values)))
        #expect(
            effects.filter { if case .remove = $0 { true } else { false } } == desk.rows[shard(0)].map { [.remove($0)] }
        )
    }
}

struct SharedShardTests {
    private func held(_ shard: ShardID, _ progress: ShardProgress = .trimHorizon, switches: Int64 = 1) -> Lease {
        Lease(.shard(shard), owner: "me", counter: 1, switches: switches, progress: progress)
    }

    private func shared(_ shards: ShardDescription...) -> Bench {
        var bench = Bench(resume: Checkpoint(link: Bench.link, savedAt: Bench.start)) { $0.isShared = true }
        _ = bench.tell(.tick)
        _ = bench.tell(.listed(StreamListing(shards)))
        return bench
    }

    @Test func `a shard is read when it is granted, from where its lease says`() {
        var bench = shared(ShardDescription(a))
        #expect(bench.tell(.tick) == [])
        #expect(bench.tell(.granted(held(a, .after(seq(7))))) == [.open(a, .after(seq(7)))])
    }

    @Test func `a child waits until its parent's row says that it is finished`() {
        var bench = shared(ShardDescription(a, isClosed: true), ShardDescription(b, parent: a))
        #expect(bench.tell(.granted(held(b))) == [])
        #expect(bench.tell(.observed([held(a, .after(seq(7)))])) == [])
        let effects = bench.tell(.observed([held(a, .finished(at: bench.now))]))
        #expect(effects.contains(.open(b, .trimHorizon)))
    }

    @Test func `a child that no listing has shown yet waits for one, since its parent may be new too`() {
        var bench = shared(ShardDescription(c))
        var child = held(b)
        child.parent = a
        #expect(bench.tell(.granted(child)) == [.list])
        let listing = StreamListing([ShardDescription(a), ShardDescription(b, parent: a), ShardDescription(c)])
        #expect(!bench.tell(.listed(listing)).contains(.open(b, .trimHorizon)))
        let effects = bench.tell(.observed([held(a, .finished(at: bench.now))]))
        #expect(effects.contains(.open(b, .trimHorizon)))
    }

    @Test func `what was read of a shard is dropped when it is revoked`() {
        var bench = shared(ShardDescription(a))
        _ = bench.tell(.granted(held(a)))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        _ = bench.tell(.read(a, RecordPage([put(2, "x", 2)], next: next)))
        _ = bench.tell(.revoked(.shard(a)))
        #expect(bench.machine.status(at: bench.now).buffered == 0)
        #expect(bench.tell(.applied(lane, unprocessed: [])) == [], "the second change is another worker's")
    }

    @Test func `a shard that comes back is not read before all that was asked of it is answered`() {
        var bench = shared(ShardDescription(a))
        _ = bench.tell(.granted(held(a)))
        _ = bench.tell(.opened(a, next))
        _ = bench.tell(.read(a, RecordPage([put(1, "x", 1)], next: next)))
        _ = bench.tell(.revoked(.shard(a)))
        #expect(bench.tell(.granted(held(a, .after(seq(5)), switches: 3))) == [])
        #expect(bench.tell(.applied(lane, unprocessed: [])) == [])
        // A page of the former time would skip what lies between.
        let effects = bench.tell(.read(a, RecordPage([put(9, "x", 9)], next: next)))
        #expect(effects == [.open(a, .after(seq(5)))])
    }

    @Test func `LATEST is not asked for again by who takes over`() {
        var bench = shared(ShardDescription(a))
        #expect(bench.tell(.granted(held(a, .latest, switches: 2))).contains(.open(a, .trimHorizon)))
    }

    @Test func `shards of others count as caught up when their holders say so`() {
        var bench = Bench(resume: Checkpoint(link: Bench.link, savedAt: Bench.start)) {
            $0.isShared = true
            $0.untilCaughtUp = true
        }
        _ = bench.tell(.tick)
        _ = bench.tell(.listed(StreamListing([ShardDescription(a)])))
        let other = held(a, .after(seq(7)))
        #expect(bench.tell(.observed([other])).ending == nil)
        #expect(bench.tell(.observed([other], caughtUp: [a])).ending == .caughtUp)
    }

    @Test func `the scan is its holder's alone, and shards wait until its row says that it is done`() {
        var bench = shared(ShardDescription(a))
        let scanning = BackfillProgress.scanning(since: Bench.start, segments: [.untouched])
        _ = bench.tell(.observed([Lease(.backfill, owner: "other", counter: 1, backfill: scanning)]))
        #expect(bench.tell(.granted(held(a))) == [])
        let done = Lease(.backfill, owner: "other", counter: 2, backfill: .replaying(since: Bench.start))
        #expect(bench.tell(.observed([done])).contains(.open(a, .trimHorizon)))
    }

    @Test func `a scan that is granted goes on where its row says`() {
        var bench = shared(ShardDescription(a))
        let scanning = BackfillProgress.scanning(since: Bench.start, segments: [.finished, .after(key("m"))])
        let effects = bench.tell(.granted(Lease(.backfill, owner: "me", counter: 1, backfill: scanning)))
        #expect(effects.contains(.scan(segment: 1, of: 2, after: key("m"))))
        _ = bench.tell(.revoked(.backfill))
        #expect(bench.tell(.scanned(segment: 1, SnapshotPage([], lastKey: nil))) == [])
    }
}

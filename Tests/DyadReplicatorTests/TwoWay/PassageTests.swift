import DyadModel
import DyadReplicator
import Testing

/// A change's way, asked for step by step.
struct PassageTests {
    private let names = Passage.Names(origin: "cn-north-1", destination: "cn-northwest-1")
    private let now = Timestamp(milliseconds: 9000)

    private func passage(_ number: Int?, _ value: Int, at time: Int64 = 500, yields: Bool = false) -> Passage {
        Passage(
            ReplicaWrite(
                key: key("k"), .put(item("k", value)), sequence: number.map(seq),
                createdAt: number.map { _ in Timestamp(milliseconds: time) }), names, yields: yields, now: now)
    }

    private func commit(_ passage: Passage) throws -> Passage.Commit {
        guard case .commit(let commit)? = passage.ask else {
            Issue.record("no commit is asked for")
            throw CancellationError()
        }
        return commit
    }

    @Test func `a local write is noted where it was made, then written at the other side with its register`() throws {
        var passage = passage(7, 1)
        #expect(passage.ask == .register(.origin))
        passage.found(KeyRegister())
        let noted = try commit(passage)
        #expect(noted.side == .origin && noted.expected == 0 && noted.change == nil && noted.register.seen == seq(7))
        passage.committed()
        #expect(passage.ask == .register(.destination))
        passage.found(KeyRegister())
        #expect(passage.ask == .item(.destination))
        passage.found(item: nil)
        let written = try commit(passage)
        #expect(written.side == .destination && written.change == .put(item("k", 1)))
        #expect(written.register.applied.map(\.writtenAt) == [9000])
        passage.committed()
        #expect(passage.ask == nil && passage.conflict == nil && !passage.isEcho)
    }

    @Test func `who came too late looks again at the side where that was`() throws {
        var passage = passage(7, 1)
        passage.found(KeyRegister())
        passage.collided()
        #expect(passage.ask == .register(.origin))
        passage.found(KeyRegister())
        passage.committed()
        passage.found(KeyRegister())
        passage.found(item: nil)
        passage.collided()
        #expect(passage.ask == .register(.destination))
        var newer = KeyRegister()
        newer.revision = 3
        newer.version = ReplicaVersion(time: 600, origin: names.destination, sequence: seq(1))
        newer.digest = .deleted
        passage.found(newer)
        #expect(passage.ask == nil)
    }

    @Test func `a conflict names both versions and both items, and counts once though its answer is lost`() throws {
        var other = KeyRegister()
        other.revision = 3
        other.version = ReplicaVersion(time: 400, origin: names.destination, sequence: seq(1))
        other.digest = StateDigest(item("k", 2))
        var ledger = ConflictLedger()
        var first = passage(7, 1)
        first.found(KeyRegister())
        let noted = try commit(first).register
        first.committed()
        first.found(other)
        first.found(item: item("k", 2))
        let conflict = try #require(first.conflict)
        #expect(conflict.winner == .init(origin: names.origin, noted.version, .put(item("k", 1))))
        #expect(conflict.loser == .init(origin: names.destination, other.version, .put(item("k", 2))))
        #expect(ledger.isNews(conflict) && !ledger.isNews(conflict))
        // The answer is lost, though the commit was carried out; the change comes again.
        let written = try commit(first).register
        var second = passage(7, 1)
        second.found(noted)
        #expect(second.ask == .register(.destination))
        second.found(written)
        #expect(second.ask == nil && ledger.settle(second) == conflict)
        #expect(ledger.settle(second) == nil)
    }

    @Test func `a scanned item of the target goes only where there is none`() throws {
        var passage = passage(nil, 1, yields: true)
        passage.found(KeyRegister())
        passage.found(KeyRegister())
        passage.found(item: nil)
        #expect(try commit(passage).isOnlyIfAbsent)
        passage.collided()
        passage.found(KeyRegister())
        passage.found(item: item("k", 2))
        #expect(passage.ask == nil && passage.conflict == nil)
    }

    @Test func `a scanned item of the source takes the place of one that nothing is known of, and that is told`() throws
    {
        var passage = passage(nil, 1)
        passage.found(KeyRegister())
        passage.found(KeyRegister())
        passage.found(item: item("k", 2))
        #expect(try commit(passage).change == .put(item("k", 1)))
        #expect(passage.conflict?.loser == .init(origin: names.destination, nil, .put(item("k", 2))))
    }
}

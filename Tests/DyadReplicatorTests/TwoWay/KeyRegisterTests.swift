import DyadReplicator
import Testing

/// Registers as transcripts: what is told, what is decided.
struct KeyRegisterTests {
    private let here = "cn-north-1"
    private let there = "cn-northwest-1"
    private let x = StateDigest(item("k", 1))
    private let y = StateDigest(item("k", 2))

    private func local(_ time: Int64, _ number: Int) -> ReplicaVersion {
        ReplicaVersion(time: time, origin: here, sequence: seq(number))
    }

    private func remote(_ time: Int64, _ number: Int) -> ReplicaVersion {
        ReplicaVersion(time: time, origin: there, sequence: seq(number))
    }

    private func register(_ change: (inout KeyRegister) -> Void) -> KeyRegister {
        var register = KeyRegister()
        change(&register)
        return register
    }

    @Test func `a first local write wins and goes to the other side`() {
        let next = register {
            $0.revision = 1
            $0.seen = seq(7)
            $0.clock = 500
            $0.version = local(500, 7)
            $0.digest = x
        }
        #expect(
            KeyRegister().receive(seq(7), x, time: 500, current: nil, at: here)
                == .wins(next, restores: false, .init(local(500, 7), basis: nil, digest: x)))
    }

    @Test func `a local write behind a later state is later than that, whatever the clock says`() {
        let register = register {
            $0.clock = 900
            $0.version = remote(900, 3)
            $0.digest = y
        }
        guard case .wins(let next, false, let state) = register.receive(seq(7), x, time: 500, current: nil, at: here)
        else {
            Issue.record("it does not win")
            return
        }
        #expect(state.version == local(901, 7))
        #expect(next.clock == 901)
    }

    @Test func `a record that was processed is passed over, and sent again where a crash may have kept it`() {
        let register = register {
            $0.seen = seq(7)
            $0.version = local(500, 7)
            $0.digest = x
        }
        #expect(register.receive(seq(6), y, time: 400, current: nil, at: here) == .known(nil))
        #expect(
            register.receive(seq(7), x, time: 500, current: nil, at: here)
                == .known(.init(local(500, 7), basis: nil, digest: x)))
    }

    @Test func `the replicator's own write is known again and goes nowhere`() {
        let register = register {
            $0.version = remote(900, 3)
            $0.digest = x
            $0.applied = [.init(x, remote(900, 3))]
        }
        guard case .echo(let next) = register.receive(seq(7), x, time: 910, current: nil, at: here) else {
            Issue.record("it is no echo")
            return
        }
        #expect(next.applied == [] && next.seen == seq(7) && next.clock == 900 && next.basis == remote(900, 3))
    }

    @Test func `only the oldest of the replicator's writes can be next`() {
        let register = register {
            $0.version = remote(901, 4)
            $0.digest = y
            $0.applied = [.init(x, remote(900, 3)), .init(y, remote(901, 4))]
        }
        #expect(register.needsItem(for: seq(7), y))
        guard case .loses = register.receive(seq(7), y, time: 100, current: y, at: here) else {
            Issue.record("it was taken for the second")
            return
        }
    }

    @Test func `a newer local write under an older one of the other side is put on top again`() {
        let register = register {
            $0.version = remote(400, 3)
            $0.digest = y
            $0.applied = [.init(y, remote(400, 3))]
        }
        guard case .wins(let next, true, _) = register.receive(seq(7), x, time: 500, current: y, at: here, now: 5)
        else {
            Issue.record("it is not restored")
            return
        }
        #expect(next.applied == [.init(y, remote(400, 3)), .init(x, local(500, 7), writtenAt: 5)])
        let later = StateDigest(item("k", 3))
        guard case .wins(let other, false, _) = register.receive(seq(7), x, time: 500, current: later, at: here)
        else {
            Issue.record("it was put over a later local write")
            return
        }
        #expect(other.applied == register.applied)
    }

    @Test func `an older local write under a newer one of the other side loses`() {
        let register = register {
            $0.version = remote(600, 3)
            $0.digest = y
            $0.applied = [.init(y, remote(600, 3))]
        }
        guard
            case .loses(let next, local(500, 7), remote(600, 3)) =
                register.receive(seq(7), x, time: 500, current: y, at: here)
        else {
            Issue.record("it does not lose")
            return
        }
        #expect(next.version == remote(600, 3) && next.seen == seq(7) && next.applied == register.applied)
    }

    @Test func `a state of the other side is written, and lost is only what its writer had not seen`() {
        let own = register {
            $0.version = local(500, 7)
            $0.digest = x
        }
        let blind = KeyRegister.Outgoing(remote(600, 3), basis: nil, digest: y)
        let seeing = KeyRegister.Outgoing(remote(600, 3), basis: local(500, 7), digest: y)
        guard case .write(let next, local(500, 7)) = own.accept(blind, current: x, at: here) else {
            Issue.record("it is no conflict")
            return
        }
        #expect(next.version == remote(600, 3) && next.applied == [.init(y, remote(600, 3))])
        guard case .write(_, nil) = own.accept(seeing, current: x, at: here) else {
            Issue.record("it is a conflict")
            return
        }
    }

    @Test func `an older state of the other side is not written, a tombstone's either`() {
        let deleted = register {
            $0.version = local(500, 7)
            $0.digest = .deleted
        }
        let older = KeyRegister.Outgoing(remote(400, 3), basis: nil, digest: y)
        #expect(deleted.accept(older, current: .deleted, at: here) == .settled)
    }

    @Test func `of equal times the region's name decides`() {
        #expect(local(500, 9) < remote(500, 1))
        #expect(local(501, 1) > remote(500, 9))
        #expect(ReplicaVersion.unknown(at: there) < local(1, 1))
    }

    @Test func `an item that is as it should be is not written, for no record would tell of it`() {
        guard
            case .adopt(let next) = KeyRegister().accept(
                .init(remote(400, 3), basis: nil, digest: x), current: x, at: here)
        else {
            Issue.record("it was not adopted")
            return
        }
        #expect(next.applied == [] && next.version == remote(400, 3) && next.basis == remote(400, 3))
        #expect(next.clock == 400)
    }

    @Test func `a scanned item goes with what is known of it`() {
        #expect(
            KeyRegister().survey(x, current: nil, at: here)
                == .found(.init(.unknown(at: here), basis: nil, digest: x)))
        let known = register {
            $0.clock = 700
            $0.version = local(500, 7)
            $0.digest = x
        }
        #expect(known.survey(x, current: nil, at: here) == .found(.init(local(500, 7), basis: nil, digest: x)))
        #expect(known.survey(y, current: nil, at: here) == .needsItem)
        #expect(known.survey(y, current: x, at: here) == .stale)
        let inferred = ReplicaVersion(time: 701, origin: here, sequence: nil)
        guard case .unrecorded(let next, let state) = known.survey(y, current: y, at: here) else {
            Issue.record("it is recorded")
            return
        }
        #expect(state.version == inferred && next.version == inferred && next.clock == 701)
    }
}

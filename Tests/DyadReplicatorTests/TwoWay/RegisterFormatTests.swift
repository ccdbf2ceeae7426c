import DyadModel
import DyadReplicator
import Testing

struct RegisterFormatTests {
    private let peer = "cn-northwest-1"
    private let now = Timestamp(milliseconds: 1_795_428_000_000)

    private var full: KeyRegister {
        var register = KeyRegister()
        register.revision = 12
        register.seen = seq(7)
        register.clock = 1_795_428_000_123
        register.basis = ReplicaVersion(time: 5, origin: "cn-northwest-1", sequence: seq(3))
        register.version = ReplicaVersion(time: 1_795_428_000_123, origin: "cn-north-1", sequence: seq(7))
        register.digest = StateDigest(item("k", 1))
        register.applied = [
            .init(.deleted, .unknown(at: "cn-north-1"), writtenAt: now.milliseconds),
            .init(
                StateDigest(item("k", 2)), ReplicaVersion(time: 9, origin: "cn-north-1", sequence: seq(4)),
                writtenAt: now.milliseconds),
        ]
        return register
    }

    private func row(_ register: KeyRegister) -> ItemBytes {
        RegisterFormat.row(register, of: key("k"), stream: "label", peer: peer, now: now)
    }

    @Test func `a register is the same after it was a row`() throws {
        #expect(try RegisterFormat.read(row(full), stream: "label", peer: peer, now: now) == full)
        #expect(row(full).picking { $0 == "id" } == key("k"))
        var bare = KeyRegister()
        bare.revision = 1
        #expect(try RegisterFormat.read(row(bare), stream: "label", peer: peer, now: now) == bare)
    }

    @Test func `a row of another stream says no more than its revision`() throws {
        var bare = KeyRegister()
        bare.revision = 12
        #expect(try RegisterFormat.read(row(full), stream: "a later one", peer: peer, now: now) == bare)
    }

    @Test func `a write whose record must be gone is waited for no longer`() throws {
        let later = now.advanced(by: 27 * 3_600_000)
        #expect(try RegisterFormat.read(row(full), stream: "label", peer: peer, now: later).applied == [])
    }

    @Test func `a row outlives the stream's records by the latest clock that it knows`() {
        var ahead = full
        ahead.clock = now.milliseconds + 1_000_000_000
        let wanted = Int((now.milliseconds + 1_000_000_000) / 1000 + RegisterFormat.lifetime)
        #expect(row(ahead).attribute(named: "dyad:expires") == .number(DynamoNumber(wanted)))
    }

    @Test func `a row that names a third side is another link's`() {
        #expect(throws: RegisterFormat.Unreadable.self) {
            try RegisterFormat.read(row(full), stream: "label", peer: "us-east-1", now: now)
        }
    }

    @Test(arguments: ["", "1 a", "x a 1", "1 a x", "1 a 1 1"]) func `what is no version is none`(_ text: String) {
        #expect(ReplicaVersion(text) == nil)
    }
}

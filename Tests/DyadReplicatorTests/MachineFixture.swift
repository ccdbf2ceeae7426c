import DyadModel
import DyadReplicator

/// A machine with a clock beside it, and words to tell it what happened.
struct Bench: ~Copyable {
    static let link = ReplicationLink(
        sourceRegion: "cn-north-1", sourceTable: "tlog", streamARN: "stream", targetRegion: "cn-northwest-1",
        targetTable: "tlog_replica", targetID: "id")
    static let start = Timestamp(milliseconds: 1_000_000)

    var machine: ReplicationMachine
    var now = Bench.start

    /// One lane, no pause between checkpoints, unless `change` says otherwise.
    init(
        resume: Checkpoint? = nil, spool: SpoolContents? = nil, _ change: (inout ReplicationOptions) -> Void = { _ in }
    ) {
        var options = ReplicationOptions()
        options.parallelism = 1
        options.saveInterval = 0
        change(&options)
        machine = ReplicationMachine(
            link: Self.link, options: options, resume: resume, spool: spool, seed: 1, now: now)
    }

    /// All effects but announcements.
    mutating func tell(_ event: ReplicationEvent) -> [ReplicationEffect] {
        all(event).filter { if case .announce = $0 { false } else { true } }
    }

    mutating func all(_ event: ReplicationEvent) -> [ReplicationEffect] { machine.handle(event, at: now) }

    mutating func news(_ event: ReplicationEvent) -> [Announcement] {
        all(event).compactMap { if case .announce(let announcement) = $0 { announcement } else { nil } }
    }

    mutating func wait(_ milliseconds: Int64) -> [ReplicationEffect] {
        now = now.advanced(by: milliseconds)
        return tell(.tick)
    }

    /// Through the listing and the first checkpoint to an iterator on each shard that may be read.
    mutating func begin(_ shards: ShardDescription...) -> [ReplicationEffect] {
        _ = tell(.tick)
        let effects = tell(.listed(StreamListing(shards)))
        return effects + tell(.saved)
    }
}

func seq(_ number: Int) -> SequenceNumber {
    guard let sequence = SequenceNumber(String(number)) else { preconditionFailure("\(number) has no sign") }
    return sequence
}

func key(_ name: String) -> ItemBytes { ItemBytes(canonical: Array("{\"id\":{\"S\":\"\(name)\"}}".utf8)) }
func item(_ name: String, _ value: Int) -> ItemBytes {
    ItemBytes(canonical: Array("{\"id\":{\"S\":\"\(name)\"},\"v\":{\"N\":\"\(value)\"}}".utf8))
}
func put(_ number: Int, _ name: String, _ value: Int) -> StreamRecord {
    StreamRecord(seq(number), key: key(name), .put(item(name, value)), createdAt: Bench.start)
}
func delete(_ number: Int, _ name: String) -> StreamRecord {
    StreamRecord(seq(number), key: key(name), .delete, createdAt: Bench.start)
}
func write(_ number: Int, _ name: String, _ value: Int) -> ReplicaWrite {
    ReplicaWrite(key: key(name), .put(item(name, value)), sequence: seq(number))
}

/// What is sent of records up to the last of these writes.
func batch(_ writes: ReplicaWrite..., after: Int? = nil) -> ReplicaBatch {
    ReplicaBatch(writes: writes, after: after.map(seq), through: writes.compactMap(\.sequence).max())
}

extension ReplicationEvent {
    static func applied(_ lane: LaneID, unprocessed: [ItemBytes]) -> Self {
        .applied(lane, ReplicaOutcome(unprocessed: unprocessed))
    }
}

let a = ShardID("a")
let b = ShardID("b")
let c = ShardID("c")
let next = ShardIterator("next")
let lane = LaneID(.shard(a))

extension ReplicationEffect {
    var saved: Checkpoint? { if case .save(let checkpoint) = self { checkpoint } else { nil } }
    var ending: ReplicationEnding? { if case .end(let ending) = self { ending } else { nil } }
}

extension [ReplicationEffect] {
    var checkpoint: Checkpoint? { lazy.compactMap(\.saved).first }
    var ending: ReplicationEnding? { lazy.compactMap(\.ending).first }
}

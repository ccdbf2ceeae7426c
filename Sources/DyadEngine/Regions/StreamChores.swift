import DyadModel
import DyadStore

// A stream keeps a record for 24 hours. A shard takes changes for four, and is forgotten 24 hours after it was closed, as
// is a stream that its table let go of.

extension Chores {
    /// Records of a busy stream are trimmed together, not one by one: this long after the first of them at most.
    private static let trimmingEveryMillisecondsMax: Int64 = 60_000

    static func advance(
        _ stream: StreamDescription, in store: inout WriteTransaction, _ budget: inout ChoreBudget, _ call: Call
    ) throws(DynamoError) {
        var stream = stream
        let retention = call.settings.streamRetentionMilliseconds
        var oldest: Timestamp?
        for at in stream.shards.indices where budget.isLeft {
            let left = try trim(&stream.shards[at], through: call.now.advanced(by: -retention), in: &store, &budget)
            oldest = [oldest, left].compactMap { $0 }.min()
        }
        guard budget.isLeft else { return try store.save(stream) }
        let forgotten = stream.disabledAt?.advanced(by: retention)
        if let forgotten, forgotten <= call.now { return try store.remove(stream) }
        try forgetShards(of: &stream, closedBy: call.now.advanced(by: -retention), in: store)
        let lifetime = call.settings.shardLifetimeMilliseconds
        let end = call.now.advanced(by: -lifetime)
        if stream.shards.contains(where: { $0.isOpen && $0.openedAt <= end }) {
            stream = try store.reshard(stream, .roll, call) { $0.openedAt <= end }
        }
        // What is written from now on is due later than this.
        let next = oldest?.advanced(by: retention) ?? call.now.advanced(by: retention)
        let pause = min(trimmingEveryMillisecondsMax, retention / 100)
        let shardsDue = stream.shards.map { shard in
            // One that is past its time has records yet, and waits for their end.
            shard.closedAt.map { max($0.advanced(by: retention), call.now.advanced(by: max(1, pause))) }
                ?? shard.openedAt.advanced(by: lifetime)
        }
        stream.dueAt = ([max(next, call.now.advanced(by: max(1, pause))), forgotten].compactMap { $0 } + shardsDue)
            .min()
        try store.save(stream)
    }

    /// Forgets shards that are closed for as long as records are kept, and have none left.
    private static func forgetShards(
        of stream: inout StreamDescription, closedBy end: Timestamp, in store: borrowing WriteTransaction
    ) throws(DynamoError) {
        var kept: [StreamDescription.Shard] = []
        for shard in stream.shards {
            let isPast = shard.closedAt.map { $0 <= end } ?? false
            if isPast, try store.rows.lastSequence(of: shard.number) == nil { continue }
            kept.append(shard)
        }
        stream.shards = kept
    }

    /// Forgets a shard's oldest records; returns when the oldest that is left was written.
    private static func trim(
        _ shard: inout StreamDescription.Shard, through end: Timestamp, in store: inout WriteTransaction,
        _ budget: inout ChoreBudget
    ) throws(DynamoError) -> Timestamp? {
        var last: Int64?
        var oldest: Timestamp?
        try store.rows.changes(of: shard.number, from: 0) { change in
            guard change.at <= end, budget.isLeft else {
                oldest = change.at
                return false
            }
            last = change.sequence
            budget.spend(bytes: (change.old?.count ?? 0) + (change.new?.count ?? 0))
            return true
        }
        guard let last else { return oldest }
        shard.trimmedBefore = last + 1
        try store.trim(shard.number, before: last + 1)
        return oldest
    }
}

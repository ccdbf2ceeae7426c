import DyadModel
import DyadStore

// A stream keeps a record for 24 hours, and a stream that its table let go of is forgotten after 24 hours.

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
        // What is written from now on is due later than this.
        let next = oldest?.advanced(by: retention) ?? call.now.advanced(by: retention)
        let pause = min(trimmingEveryMillisecondsMax, retention / 100)
        stream.dueAt = max(next, call.now.advanced(by: max(1, pause)))
        if let forgotten { stream.dueAt = stream.dueAt.map { min($0, forgotten) } }
        try store.save(stream)
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

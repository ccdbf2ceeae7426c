import DyadModel
import DyadStore

// Streams begin and end with their tables' wish for them. A stream that ended stays readable until it is forgotten.

extension WriteTransaction {
    /// Gives a table a new stream with one open shard.
    mutating func openStream(on table: inout TableRecord, _ view: TableRecord.StreamView, _ call: Call)
        throws(DynamoError)
    {
        // A stream's label is its name, and two may begin in one millisecond.
        var created = call.now
        while catalog.stream(of: table.name, labelled: created.label) != nil { created = created.advanced(by: 1) }
        let shard = StreamDescription.Shard(
            number: newShard(), id: ShardID.make(at: call.now, call.identity), openedAt: call.now,
            firstSequence: nextSequence())
        var stream = StreamDescription(
            table: table.name, label: created.label, view: view, key: table.key, createdAt: created, shards: [shard])
        let settings = call.settings
        stream.dueAt = call.now.advanced(
            by: min(settings.streamRetentionMilliseconds, settings.shardLifetimeMilliseconds))
        try save(stream)
        table.stream = TableRecord.StreamRecord(label: stream.label, view: view, openShards: .one(shard.number))
        table.latestStreamLabel = stream.label
    }

    /// Ends a table's stream: its open shards close, and its label stays the table's latest.
    mutating func closeStream(of table: inout TableRecord, _ call: Call) throws(DynamoError) {
        guard let record = table.stream else { return }
        table.stream = nil
        guard var stream = catalog.stream(of: table.name, labelled: record.label) else { return }
        for at in stream.shards.indices where stream.shards[at].isOpen {
            stream.shards[at].close(at: call.now, lastSequence: nextSequence())
        }
        stream.disabledAt = call.now
        let forgotten = call.now.advanced(by: call.settings.streamRetentionMilliseconds)
        stream.dueAt = stream.dueAt.map { min($0, forgotten) } ?? forgotten
        try save(stream)
    }
}

enum ShardID {
    /// `shardId-00000001541626099285-f35f62ef`: when it was made, and eight digits of chance.
    static func make(at now: Timestamp, _ identity: any IdentitySource) -> String {
        let digits = String(max(0, now.milliseconds))
        let padding = String(repeating: "0", count: max(0, 20 - digits.utf8.count))
        return "shardId-\(padding)\(digits)-\(identity.uuid().prefix(8))"
    }
}

import DyadModel
import DyadStore

/// How open shards give their ranges to others.
package enum Resharding: Sendable, Equatable {
    /// One child takes the whole range, as at AWS about every four hours.
    case roll
    /// Two children take a half each, as at AWS when a table is written to more than one shard can take.
    case split

    /// Nobody reads hundreds of shards of a test's stream.
    static let openShardsMax = 512
    /// Closed ones too: they are kept for a day, and all of them are in one record.
    static let shardsMax = 10_000
}

extension WriteTransaction {
    /// Closes open shards of a table's stream and opens their children, at one moment between two changes.
    ///
    /// - Parameter closing: whether an open shard is to be closed.
    /// - Returns: the stream as it is now, saved as its table is.
    /// - Throws: ValidationException for a range that holds a single hash.
    mutating func reshard(
        _ stream: StreamDescription, _ how: Resharding, _ call: Call,
        where closing: (StreamDescription.Shard) -> Bool
    ) throws(DynamoError) -> StreamDescription {
        var stream = stream
        guard stream.disabledAt == nil, var table = catalog.tables[stream.table] else { return stream }
        for at in stream.shards.indices where stream.shards[at].isOpen && closing(stream.shards[at]) {
            stream.shards[at].close(at: call.now, lastSequence: nextSequence())
            for range in try how.ranges(of: stream.shards[at].range) {
                stream.shards.append(child(of: stream.shards[at], range, call))
            }
        }
        guard let open = stream.openShards else { return stream }
        table.stream?.openShards = open
        try save(table)
        try save(stream)
        return stream
    }

    private mutating func child(
        of parent: StreamDescription.Shard, _ range: HashRange, _ call: Call
    ) -> StreamDescription.Shard {
        // Shards are listed in the order of their identifiers, which begin with this: parents come first.
        let now = max(call.now, parent.openedAt.advanced(by: 1))
        return StreamDescription.Shard(
            number: newShard(), id: ShardID.make(at: now, call.identity), parent: parent.id, range: range,
            openedAt: now, firstSequence: nextSequence())
    }
}

extension Resharding {
    fileprivate func ranges(of range: HashRange) throws(DynamoError) -> [HashRange] {
        switch self {
        case .roll: return [range]
        case .split:
            guard let (low, high) = range.halves else {
                throw .validation("A shard of a single hash cannot be split")
            }
            return [low, high]
        }
    }
}

package import DyadModel
package import DyadStore

package enum ShardIteratorType: String, WireEnum {
    case trimHorizon = "TRIM_HORIZON", latest = "LATEST", atSequenceNumber = "AT_SEQUENCE_NUMBER"
    case afterSequenceNumber = "AFTER_SEQUENCE_NUMBER", atTimestamp = "AT_TIMESTAMP"
}

/// Gives a place to read a shard from.
package enum GetShardIterator: ReadOperation {
    package struct Input: WireStructure {
        var streamARN = ""
        var shardID = ""
        var type = ShardIteratorType.trimHorizon
        var sequenceNumber: String?
        var timestamp: Timestamp?

        package init() {}

        package static let shape = Shape<Self>(
            .required("StreamArn", \.streamARN, .streamARN),
            .required("ShardId", \.shardID, .shardID),
            .required("ShardIteratorType", \.type),
            .optional("SequenceNumber", \.sequenceNumber, .length(21...40)),
            .optional("Timestamp", \.timestamp))
    }

    package struct Plan: Sendable {
        let streamARN: String
        let shardID: String
        let start: Start
    }

    enum Start: Sendable {
        case trimHorizon, latest
        case at(Int64)
        case after(Int64)
        case time(Timestamp)
    }

    package struct Output: WireOutput {
        let iterator: String

        package func write(to json: inout JSONWriter) {
            json.object { $0.member("ShardIterator", iterator) }
        }
    }

    package static func plan(_ input: Input, _ call: Call) throws(DynamoError) -> Plan {
        Plan(streamARN: input.streamARN, shardID: input.shardID, start: try start(input, call))
    }

    private static func start(_ input: Input, _ call: Call) throws(DynamoError) -> Start {
        if input.type == .atTimestamp || input.timestamp != nil { return try start(atTimestamp: input, call) }
        switch (input.type, input.sequenceNumber) {
        case (.trimHorizon, nil): return .trimHorizon
        case (.latest, nil): return .latest
        case (.trimHorizon, .some), (.latest, .some), (.atTimestamp, _):
            throw .invalid("SequenceNumber must not be specified when ShardIteratorType is \(input.type.rawValue)")
        case (.atSequenceNumber, nil), (.afterSequenceNumber, nil):
            throw .invalid("SequenceNumber must be specified when ShardIteratorType is \(input.type.rawValue)")
        case (_, let text?):
            guard let sequence = SequenceNumber.parse(text) else {
                throw .invalid("SequenceNumber is not a valid sequence number: \(text)")
            }
            return input.type == .atSequenceNumber ? .at(sequence) : .after(sequence)
        }
    }

    private static func start(atTimestamp input: Input, _ call: Call) throws(DynamoError) -> Start {
        guard input.type == .atTimestamp else {
            throw .invalid("Timestamp must not be specified when ShardIteratorType is \(input.type.rawValue)")
        }
        guard input.sequenceNumber == nil else {
            throw .invalid("SequenceNumber must not be specified when ShardIteratorType is AT_TIMESTAMP")
        }
        guard let time = input.timestamp else {
            throw .invalid("Timestamp must be specified when ShardIteratorType is AT_TIMESTAMP")
        }
        guard time <= call.now else { throw .invalid("Timestamp must not be in the future") }
        return .time(time)
    }

    package static func run(_ plan: Plan, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let stream = try store.catalog.stream(plan.streamARN, call)
        guard let shard = stream.shards.first(where: { $0.id == plan.shardID }) else {
            throw .resourceNotFound(
                "Requested resource not found: Shard: \(plan.shardID) in Stream: \(plan.streamARN) not found")
        }
        let position = try position(of: plan.start, in: shard, store)
        let iterator = ShardIterator(arn: plan.streamARN, shard: shard.number, position: position, madeAt: call.now)
        return Output(iterator: iterator.text)
    }

    private static func position(
        of start: Start, in shard: StreamDescription.Shard, _ store: ReadTransaction
    ) throws(DynamoError) -> Int64 {
        switch start {
        case .trimHorizon: return shard.horizon
        case .latest: return try store.rows.lastSequence(of: shard.number).map { $0 + 1 } ?? shard.horizon
        case .time(let time):
            // Before the trim horizon it is the horizon (docs, GetShardIterator), behind the last record what comes next.
            let first = try store.rows.firstSequence(of: shard.number, from: shard.horizon, notBefore: time)
            if let first { return first }
            return try position(of: .latest, in: shard, store)
        case .at(let sequence), .after(let sequence):
            var position = sequence
            if case .after = start, sequence < Int64.max { position += 1 }
            // Behind the last trimmed record nothing is lost: a reader that was idle for a day goes on from there. At AWS
            // its shard would have been closed long before, and counted as read.
            guard position >= shard.horizon else { throw StreamDescription.Shard.trimmed }
            return position
        }
    }
}

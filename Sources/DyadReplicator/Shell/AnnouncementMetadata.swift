import DyadModel
import Logging

// What a log line of an announcement has beside its words. Names are OpenTelemetry's where it has one
// (opentelemetry.io/docs/specs/semconv/database/dynamodb, /registry/attributes), and begin with `dyad.` where not.
extension Announcement {
    /// `dyad.replication.shard_started`
    private var eventName: String {
        let name =
            switch self {
            case .started: "started"
            case .resumed: "resumed"
            case .checkpointIsOld: "checkpoint_is_old"
            case .shardStarted: "shard_started"
            case .shardFinished: "shard_finished"
            case .iteratorReplaced: "iterator_replaced"
            case .latestLost: "latest_lost"
            case .backfillStarted: "backfill_started"
            case .backfillResumed: "backfill_resumed"
            case .scanFinished: "scan_finished"
            case .consistent: "consistent"
            case .failing: "retry"
            case .recovered: "recovered"
            case .narrowing: "refused"
            case .buried: "dead_letter"
            case .spoolResumed: "spool_resumed"
            case .spoolFull: "spool_full"
            case .spoolHasRoom: "spool_has_room"
            case .spoolDrained: "spool_drained"
            case .spoolLeft: "spool_left"
            case .positionsLeft: "positions_left"
            case .leaseTaken: "lease_taken"
            case .leaseLost: "lease_lost"
            }
        return "dyad.replication.\(name)"
    }

    func metadata(of link: ReplicationLink) -> Logger.Metadata {
        var metadata = link.attributes(of: side)
        metadata["event.name"] = "\(eventName)"
        metadata.merge(details) { $1 }
        return metadata
    }

    /// The side that it is about; nil when it is about both.
    private var side: ReplicationSide? {
        switch self {
        case .shardStarted, .shardFinished, .iteratorReplaced, .latestLost: .source
        case .failing(let task, _, _, _, _): task.side
        case .recovered(let side, _, _): side
        case .narrowing, .buried, .positionsLeft: .target
        case .spoolResumed, .spoolFull, .spoolHasRoom, .spoolDrained, .spoolLeft: .spool
        case .leaseTaken, .leaseLost: .coordination
        default: nil
        }
    }

    private var details: Logger.Metadata {
        switch self {
        case .started(let position, let count): return position.attributes.adding("dyad.shard.count", count)
        case .resumed(let count, let savedAt):
            return ["dyad.checkpoint.saved_at": "\(savedAt.label)Z"].adding("dyad.shard.count", count)
        case .checkpointIsOld(let age): return [:].adding("dyad.checkpoint.age_seconds", age / 1000)
        case .shardStarted(let shard, let position), .iteratorReplaced(let shard, let position):
            return position.attributes.adding(shard)
        case .shardFinished(let shard, let last): return [:].adding(shard).adding(last)
        case .latestLost(let shard): return [:].adding(shard)
        case .backfillStarted(let count): return [:].adding("aws.dynamodb.total_segments", count)
        case .backfillResumed(let finished, let count):
            return [:].adding("aws.dynamodb.total_segments", count).adding("dyad.segments.finished", finished)
        case .scanFinished(let items): return [:].adding("dyad.items.scanned", items)
        case .consistent(let milliseconds): return [:].adding("dyad.duration_seconds", milliseconds / 1000)
        case .failing(let task, let message, let record, let since, let failures):
            return task.attributes.adding(record).adding(failing: message)
                .adding("dyad.attempt", failures).adding("dyad.duration_seconds", since / 1000)
        case .recovered(_, let milliseconds, let failures):
            return [:].adding("dyad.attempt", failures).adding("dyad.duration_seconds", milliseconds / 1000)
        case .narrowing(let lane, let count, let record, let message):
            return lane.attributes.adding(record).adding(failing: message).adding("db.operation.batch.size", count)
        case .buried(let lane, let count, let sequence, let key, let message):
            return lane.attributes.adding(sequence).adding(key: key).adding(failing: message)
                .adding("dyad.dead_letter.count", count)
        case .spoolResumed(let totals):
            return [:].adding("dyad.spool.records", totals.records).adding("dyad.spool.bytes", totals.bytes)
        case .spoolFull(let bytes): return [:].adding("dyad.spool.bytes", bytes)
        case .spoolLeft(let message): return [:].adding(failing: message)
        case .positionsLeft(let shard, let message): return [:].adding(shard).adding(failing: message)
        case .spoolHasRoom, .spoolDrained: return [:]
        case .leaseTaken(let id, let worker):
            var found: Logger.Metadata = ["dyad.lease.id": "\(id)"]
            if let worker { found["dyad.lease.former_owner"] = "\(worker)" }
            return found
        case .leaseLost(let id, let reason): return ["dyad.lease.id": "\(id)", "exception.message": "\(reason)"]
        }
    }
}

extension ReplicationLink {
    /// - Parameter side: nil for both tables.
    fileprivate func attributes(of side: ReplicationSide?) -> Logger.Metadata {
        var found: Logger.Metadata = [:]
        if let side { found["dyad.side"] = "\(side.rawValue)" }
        switch side {
        case .source:
            found["aws.dynamodb.table_names"] = .array(["\(sourceTable)"])
            found["cloud.region"] = "\(sourceRegion)"
        case .target:
            found["aws.dynamodb.table_names"] = .array(["\(targetTable)"])
            found["cloud.region"] = "\(targetRegion)"
        case .checkpoint, .deadLetters, .spool, .coordination, nil:
            found["aws.dynamodb.table_names"] = .array(["\(sourceTable)", "\(targetTable)"])
        }
        return found
    }
}

extension StreamPosition {
    fileprivate var attributes: Logger.Metadata {
        switch self {
        case .trimHorizon: ["dyad.position": "TRIM_HORIZON"]
        case .latest: ["dyad.position": "LATEST"]
        case .after(let sequence): ["dyad.position": "AFTER_SEQUENCE_NUMBER", "dyad.sequence_number": "\(sequence)"]
        }
    }
}

extension LaneID {
    fileprivate var attributes: Logger.Metadata {
        switch owner {
        case .shard(let shard): [:].adding(shard).adding("dyad.lane", index)
        case .segment(let segment): [:].adding("aws.dynamodb.segment", segment)
        }
    }
}

extension ReplicationTask {
    fileprivate var attributes: Logger.Metadata {
        func operation(_ name: String) -> Logger.Metadata {
            ["db.system.name": "aws.dynamodb", "db.operation.name": "\(name)"]
        }
        switch self {
        case .list: return operation("DescribeStream")
        case .open(let shard): return operation("GetShardIterator").adding(shard)
        case .read(let shard): return operation("GetRecords").adding(shard)
        case .scan(let segment): return operation("Scan").adding("aws.dynamodb.segment", segment)
        case .apply(let lane): return operation("BatchWriteItem").merging(lane.attributes) { $1 }
        case .bury(let lane): return lane.attributes
        case .fetch(let shard), .forget(let shard): return [:].adding(shard)
        case .save, .seal, .lease, .spool, .forgetSpooled, .discardSpool: return [:]
        }
    }
}

extension Logger.Metadata {
    fileprivate func adding(_ name: String, _ number: some BinaryInteger & Sendable & CustomStringConvertible) -> Self {
        merging([name: .stringConvertible(number)]) { $1 }
    }

    fileprivate func adding(_ shard: ShardID) -> Self { merging(["dyad.shard.id": "\(shard)"]) { $1 } }

    fileprivate func adding(_ sequence: SequenceNumber?) -> Self {
        guard let sequence else { return self }
        return merging(["dyad.sequence_number": "\(sequence)"]) { $1 }
    }

    fileprivate func adding(key: ItemBytes) -> Self {
        merging(["dyad.key": "\(String(decoding: key.utf8, as: UTF8.self))"]) { $1 }
    }

    fileprivate func adding(_ record: RecordName?) -> Self {
        guard let record else { return self }
        let named = adding(record.sequence)
        return record.key.map { named.adding(key: $0) } ?? named
    }

    /// A refusal's words begin with its kind: `ValidationException: …`. What has none is `_OTHER`, as OpenTelemetry
    /// wants it.
    fileprivate func adding(failing message: String) -> Self {
        let head = message.prefix { $0.isASCII && $0.isLetter }
        let hasKind = head.first?.isUppercase == true && message.dropFirst(head.count).first == ":"
        return merging(["error.type": "\(hasKind ? String(head) : "_OTHER")", "exception.message": "\(message)"]) { $1 }
    }
}

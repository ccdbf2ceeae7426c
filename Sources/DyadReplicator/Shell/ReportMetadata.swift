import DyadModel
package import Logging

extension ReplicationReport {
    /// What the line has beside its words that tells of the end: how, the counts, where each shard's checkpoint stands, and
    /// the record that is to blame, if one is.
    package var metadata: Logger.Metadata {
        var found: Logger.Metadata = [
            "event.name": "dyad.replication.ended",
            "aws.dynamodb.table_names": .array(["\(link.sourceTable)", "\(link.targetTable)"]),
            "dyad.ending": "\(endingName)",
        ]
        let counts = status.counts
        for (name, count) in [
            ("records.read", counts.recordsRead), ("records.applied", counts.recordsApplied), ("puts", counts.puts),
            ("deletes", counts.deletes), ("items.scanned", counts.itemsScanned), ("items.copied", counts.itemsCopied),
            ("unprocessed", counts.unprocessed), ("failures", counts.failures),
            ("dead_letter.count", counts.deadLetters),
        ] { found["dyad.\(name)"] = .stringConvertible(count) }
        var positions: Logger.Metadata = [:]
        for (shard, progress) in status.saved {
            positions["\(shard)"] =
                switch progress {
                case .trimHorizon: "TRIM_HORIZON"
                case .latest: "LATEST"
                case .after(let sequence): "\(sequence)"
                case .finished: "finished"
                }
        }
        found["dyad.checkpoint.shards"] = .dictionary(positions)
        if case .failed(let failure) = ending { found.merge(failure.metadata) { $1 } }
        return found
    }

    private var endingName: String {
        switch ending {
        case .caughtUp: "caught_up"
        case .stopped: "stopped"
        case .failed: "failed"
        }
    }
}

extension ReplicationFailure {
    fileprivate var metadata: Logger.Metadata {
        func about(
            _ type: String, _ shard: ShardID? = nil, _ sequence: SequenceNumber? = nil, _ key: ItemBytes? = nil
        ) -> Logger.Metadata {
            var found: Logger.Metadata = ["error.type": "\(type)", "exception.message": "\(description)"]
            if let shard { found["dyad.shard.id"] = "\(shard)" }
            if let sequence { found["dyad.sequence_number"] = "\(sequence)" }
            if let key { found["dyad.key"] = "\(String(decoding: key.utf8, as: UTF8.self))" }
            return found
        }
        switch self {
        case .trimmed(let shard, let sequence, _): return about("trimmed", shard, sequence)
        case .refused(let shard, let sequence, let key, _): return about("refused", shard, sequence, key)
        case .refusedItem(let key, _): return about("refused", nil, nil, key)
        case .target(let shard, let sequence, let key, _): return about("target", shard, sequence, key)
        case .source: return about("source")
        case .checkpoint: return about("checkpoint")
        case .deadLetters: return about("dead_letters")
        case .exhausted(let shard, let sequence, let key, _, _): return about("exhausted", shard, sequence, key)
        case .streamDisabled: return about("stream_disabled")
        case .gaveUp: return about("gave_up")
        case .backfillOutlived: return about("backfill_outlived")
        case .spoolOutlived: return about("spool_outlived")
        case .spool: return about("spool")
        case .spoolDamaged(let shard, let through): return about("spool_damaged", shard, through)
        }
    }
}

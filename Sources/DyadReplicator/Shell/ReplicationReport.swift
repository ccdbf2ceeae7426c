import DyadModel

/// How a replication ended, and where it stands.
package struct ReplicationReport: Sendable {
    package let link: ReplicationLink
    package let ending: ReplicationEnding
    package let status: ReplicationStatus

    package init(link: ReplicationLink, ending: ReplicationEnding, status: ReplicationStatus) {
        self.link = link
        self.ending = ending
        self.status = status
    }

    package var hasFailed: Bool { if case .failed = ending { true } else { false } }

    /// Why it ended and where it stands, in one line.
    package var finalLine: String {
        let why =
            switch ending {
            case .caughtUp: "caught up"
            case .stopped(let reason): "stopped (\(reason))"
            case .failed(let failure): "failed: \(failure.description)"
            }
        let held = status.leases.map { "; \($0.line)" } ?? ""
        return "replicating \(link.name) \(why); \(status.counts.line)\(held); \(status.positions)"
    }
}

extension LeaseStatus {
    /// `2 of 4 leases, 2 workers`
    package var line: String { "\(held) of \(all) leases, \(workers) worker\(workers == 1 ? "" : "s")" }
}

extension ReplicationCounts {
    /// `4000 records read, 3990 applied, 3980 puts, 10 deletes`
    package var line: String {
        var parts = ["\(recordsRead) records read", "\(recordsApplied) applied", "\(puts) puts", "\(deletes) deletes"]
        if itemsScanned > 0 { parts.append("\(itemsCopied) of \(itemsScanned) scanned items copied") }
        if let twoWay { parts += ["\(twoWay.echoes) echoes", "\(twoWay.conflicts) conflicts"] }
        if unprocessed > 0 { parts.append("\(unprocessed) unprocessed writes sent again") }
        if recordsSpooled > 0 { parts.append("\(recordsSpooled) spooled") }
        if deadLetters > 0 { parts.append("\(deadLetters) dead letters") }
        if failures > 0 { parts.append("\(failures) failed requests") }
        return parts.joined(separator: ", ")
    }
}

extension ReplicationStatus {
    /// One line of progress: counts and lag.
    package var line: String {
        let stage =
            switch stage {
            case .listing: "listing shards"
            case .scanning(let finished, let count): "copying the table (\(finished) of \(count) segments done)"
            case .replaying: "replaying the stream"
            case .following: "following the stream"
            }
        let lag = oldestWaiting.map { "oldest waiting \(Self.seconds($0))" } ?? "nothing waiting"
        let spool = spool.map { ", spool \($0.records) records in \($0.bytes) bytes" } ?? ""
        let held = leases.map { ", \($0.line)" } ?? ""
        return "\(stage): \(counts.line), \(buffered) buffered\(spool), \(lag), "
            + "last lag \(Self.seconds(counts.lag))\(held)"
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction) s"
    }

    /// Where the checkpoint stands. Of many shards the first few are named.
    package var positions: String {
        let namedMax = 4
        let open = saved.filter { !$0.value.isFinished }.sorted { $0.key.rawValue < $1.key.rawValue }
        var named = open.prefix(namedMax).map { shard, progress in
            switch progress {
            case .trimHorizon: "shard \(shard) at its beginning"
            case .latest: "shard \(shard) at LATEST"
            case .after(let sequence): "shard \(shard) after \(sequence)"
            case .finished: "shard \(shard) finished"
            }
        }
        if open.count > namedMax { named.append("\(open.count - namedMax) more open shards") }
        if shardsFinished > 0 { named.append("\(shardsFinished) finished shards") }
        return named.isEmpty ? "nothing saved yet" : "checkpoint: \(named.joined(separator: ", "))"
    }
}

extension ReplicationFailure: CustomStringConvertible {
    package var description: String {
        func text(_ key: ItemBytes?) -> String { key.map { String(decoding: $0.utf8, as: UTF8.self) } ?? "nothing" }
        switch self {
        case .trimmed(let shard, let sequence, let message):
            let place = sequence.map { "after sequence number \($0)" } ?? "from its beginning"
            return "the stream no longer keeps shard \(shard) \(place), so changes are lost (\(message)). "
                + "Start again with --backfill to copy the whole table"
        case .refused(let shard, let sequence, let key, let message):
            return
                "the target refuses the record with sequence number \(sequence) of shard \(shard), key \(text(key)): "
                + message
        case .refusedItem(let key, let message):
            return "the target refuses the item with key \(text(key)): \(message)"
        case .target(let shard, let sequence, let key, let message):
            guard let sequence, let shard else { return "the target refuses: \(message)" }
            return "the target refuses: \(message). The record with sequence number \(sequence) of shard \(shard), "
                + "key \(text(key)), waits"
        case .source(let task, let message): return "the source refuses \(task.name): \(message)"
        case .checkpoint(let message): return "no checkpoint can be kept: \(message)"
        case .deadLetters(let message): return "what the target refuses cannot be kept: \(message)"
        case .exhausted(let shard, let sequence, let key, let attempts, let message):
            let record =
                if let shard, let sequence {
                    "the record with sequence number \(sequence) of shard \(shard), key \(text(key)),"
                } else {
                    "the item with key \(text(key))"
                }
            return "the target has failed \(attempts) times with \(record) and is not tried again: \(message)"
        case .streamDisabled:
            return "the stream was disabled; all that it held is applied. Enabled again it is another stream: "
                + "run this again then, with --backfill if anything was written meanwhile"
        case .gaveUp(let side, let milliseconds, let message):
            return "the \(side.rawValue) has failed for \(milliseconds / 1000) s: \(message)"
        case .backfillOutlived(let milliseconds):
            return
                "copying the table has taken \(milliseconds / 3_600_000) hours, and the stream keeps changes for 24. "
                + "Spool them (without --no-spool), or use more --parallelism, or more capacity"
        case .spoolOutlived(let milliseconds):
            return
                "the spool has been as large as --spool-max-bytes allows for \(milliseconds / 3_600_000) hours, and the "
                + "stream keeps changes for 24. Start again with more"
        case .spool(let message):
            return
                "the changes that are made during the copying cannot be spooled: \(message). No checkpoint has passed what "
                + "is not kept: when that is mended, start again within the 24 hours for which the stream has it"
        case .spoolDamaged(let shard, let sequence):
            return
                "the spool no longer holds shard \(shard) up to sequence number \(sequence?.text ?? "none"), as it did, so "
                + "changes are lost. Remove it, and start again with --backfill to copy the whole table"
        }
    }
}

extension ReplicationTask {
    /// In the words of the API.
    package var name: String {
        switch self {
        case .list: "DescribeStream"
        case .open(let shard): "GetShardIterator of shard \(shard)"
        case .read(let shard): "GetRecords of shard \(shard)"
        case .scan(let segment): "Scan of segment \(segment)"
        case .apply: "BatchWriteItem"
        case .bury: "writing dead letters"
        case .seal: "sealing the scan"
        case .forget(let shard): "removing the positions of shard \(shard)"
        case .save: "writing the checkpoint"
        case .spool: "writing the spool"
        case .fetch(let shard): "reading shard \(shard) from the spool"
        case .forgetSpooled, .discardSpool: "removing from the spool"
        case .lease(.list): "reading the leases"
        case .lease(.add(let id)), .lease(.replace(let id)), .lease(.remove(let id)): "writing the lease of \(id)"
        }
    }
}

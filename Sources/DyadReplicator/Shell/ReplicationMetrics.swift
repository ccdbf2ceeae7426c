import DyadModel

/// A status for machines: Prometheus's text format, or a line of JSON.
package struct ReplicationMetrics: Sendable {
    let link: ReplicationLink
    let status: ReplicationStatus
    /// Changes applied a second since the status before this one; nil for the first.
    let appliedPerSecond: Double?

    /// - Parameter earlier: the status before this one, for the rate.
    package init(_ status: ReplicationStatus, of link: ReplicationLink, after earlier: ReplicationStatus?) {
        self.link = link
        self.status = status
        appliedPerSecond = earlier.flatMap { earlier in
            let passed = status.takenAt.milliseconds - earlier.takenAt.milliseconds
            guard passed > 0 else { return nil }
            return Double(status.counts.recordsApplied - earlier.counts.recordsApplied) * 1000 / Double(passed)
        }
    }

    // MARK: JSON

    /// One line, without its end: `{"time":"…Z","stage":"following","lagSeconds":0.120,"recordsRead":…,"shards":[…]}`.
    ///
    /// `lagSeconds` is missing while it is not known.
    package var jsonLine: String {
        var json = JSONWriter(capacity: 512)
        json.object { json in
            json.member("time", "\(status.takenAt.label)Z")
            json.member("source") { $0.side(link.sourceRegion, link.sourceTable) }
            json.member("target") { $0.side(link.targetRegion, link.targetTable) }
            json.member("stage", status.stage.name)
            if let lag = status.lag { json.member("lagSeconds") { $0.seconds(milliseconds: lag) } }
            for (name, value) in counters { json.member(name.json, value) }
            json.member("recordsWaiting", status.buffered)
            json.member("spoolRecords", status.spool?.records)
            json.member("spoolBytes", status.spool?.bytes)
            if let appliedPerSecond { json.member("recordsAppliedPerSecond", Int(appliedPerSecond.rounded())) }
            if let leases = status.leases {
                json.member("leasesHeld", leases.held)
                json.member("leases", leases.all)
                json.member("workers", leases.workers)
            }
            json.member("shardsOpen", status.shardsOpen)
            json.member("shardsFinished", status.shardsFinished)
            json.member("shards") { json in
                json.array { json in for shard in status.shards where !shard.isFinished { write(shard, to: &json) } }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func write(_ shard: ShardStatus, to json: inout JSONWriter) {
        json.object { json in
            json.member("shardId", shard.id.rawValue)
            if let lag = lag(of: shard) { json.member("lagSeconds") { $0.seconds(milliseconds: lag) } }
            json.member("recordsRead", shard.recordsRead)
            json.member("recordsWaiting", shard.buffered)
            if case .after(let sequence) = status.saved[shard.id] { json.member("sequenceNumber", sequence.text) }
        }
    }

    private func lag(of shard: ShardStatus) -> Int64? {
        shard.watermark.map { max(0, status.takenAt.milliseconds - $0.milliseconds) }
    }

    // MARK: Prometheus

    private struct Counter {
        let json: StaticString
        let prometheus: String
        let help: String
    }

    private var counters: [(Counter, Int)] {
        let counts = status.counts
        return [
            (
                Counter(json: "recordsRead", prometheus: "records_read", help: "Stream records read."),
                counts.recordsRead
            ),
            (
                Counter(json: "recordsApplied", prometheus: "records_applied", help: "Stream records applied."),
                counts.recordsApplied
            ),
            (
                Counter(
                    json: "recordsSpooled", prometheus: "records_spooled",
                    help: "Stream records kept in the spool of a backfill."),
                counts.recordsSpooled
            ),
            (Counter(json: "puts", prometheus: "puts", help: "Items put."), counts.puts),
            (Counter(json: "deletes", prometheus: "deletes", help: "Items deleted."), counts.deletes),
            (
                Counter(json: "itemsScanned", prometheus: "items_scanned", help: "Items that a backfill read."),
                counts.itemsScanned
            ),
            (
                Counter(json: "itemsCopied", prometheus: "items_copied", help: "Items that a backfill copied."),
                counts.itemsCopied
            ),
            (
                Counter(
                    json: "unprocessedWrites", prometheus: "unprocessed_writes",
                    help: "Writes that the target left over and that were sent again."),
                counts.unprocessed
            ),
            (
                Counter(json: "failedRequests", prometheus: "failed_requests", help: "Requests that failed."),
                counts.failures
            ),
            (
                Counter(
                    json: "deadLetters", prometheus: "dead_letters",
                    help: "Changes that the target refused and that were kept."),
                counts.deadLetters
            ),
        ] + (counts.twoWay.map(Self.counters) ?? [])
    }

    private static func counters(_ counts: TwoWayCounts) -> [(Counter, Int)] {
        [
            (
                Counter(json: "echoes", prometheus: "echoes", help: "Records of the replicator's own writes."),
                counts.echoes
            ),
            (
                Counter(
                    json: "conflicts", prometheus: "conflicts",
                    help: "Writes that a concurrent one of the other side won over."),
                counts.conflicts
            ),
        ]
    }

    /// The text exposition format, version 0.0.4. Every name begins with `dyad_replicate_`.
    package var prometheus: String {
        let link =
            "source_region=\"\(Self.label(link.sourceRegion))\",source_table=\"\(Self.label(link.sourceTable))\","
            + "target_region=\"\(Self.label(link.targetRegion))\",target_table=\"\(Self.label(link.targetTable))\""
        var text = ""
        func head(_ name: String, _ type: String, _ help: String) {
            text += "# HELP dyad_replicate_\(name) \(help)\n# TYPE dyad_replicate_\(name) \(type)\n"
        }
        for (counter, value) in counters {
            head("\(counter.prometheus)_total", "counter", counter.help)
            text += "dyad_replicate_\(counter.prometheus)_total{\(link)} \(value)\n"
        }
        head("records_waiting", "gauge", "Records read and not yet applied.")
        text += "dyad_replicate_records_waiting{\(link)} \(status.buffered)\n"
        if let spool = status.spool {
            head("spool_records", "gauge", "Records in the spool of a backfill.")
            text += "dyad_replicate_spool_records{\(link)} \(spool.records)\n"
            head("spool_bytes", "gauge", "Bytes that the spool takes of the disk.")
            text += "dyad_replicate_spool_bytes{\(link)} \(spool.bytes)\n"
        }
        head("shards", "gauge", "Shards of the stream.")
        text += "dyad_replicate_shards{\(link),state=\"open\"} \(status.shardsOpen)\n"
        text += "dyad_replicate_shards{\(link),state=\"finished\"} \(status.shardsFinished)\n"
        if let leases = status.leases {
            head("leases_held", "gauge", "Shards, or the backfill, that this worker has.")
            text += "dyad_replicate_leases_held{\(link)} \(leases.held)\n"
            head("leases", "gauge", "Shards that are not finished, and the backfill while it is not.")
            text += "dyad_replicate_leases{\(link)} \(leases.all)\n"
            head("workers", "gauge", "Workers that hold a lease, and this one.")
            text += "dyad_replicate_workers{\(link)} \(leases.workers)\n"
        }
        if let lag = status.lag {
            head("lag_seconds", "gauge", "All that the source changed longer ago is applied.")
            text += "dyad_replicate_lag_seconds{\(link)} \(Self.seconds(lag))\n"
        }
        let open = status.shards.filter { !$0.isFinished }
        if !open.isEmpty {
            head("shard_lag_seconds", "gauge", "The same of one shard.")
            for shard in open {
                guard let lag = lag(of: shard) else { continue }
                text += "dyad_replicate_shard_lag_seconds{\(link),shard=\"\(Self.label(shard.id.rawValue))\"} "
                text += "\(Self.seconds(lag))\n"
            }
            head("shard_records_read_total", "counter", "Records read of one shard.")
            for shard in open {
                text += "dyad_replicate_shard_records_read_total{\(link),shard=\"\(Self.label(shard.id.rawValue))\"} "
                text += "\(shard.recordsRead)\n"
            }
        }
        return text
    }

    /// A label's value: backslash, quote and line feed are escaped.
    private static func label(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)"
    }
}

extension ReplicationStatus.Stage {
    fileprivate var name: String {
        switch self {
        case .listing: "listing"
        case .scanning: "scanning"
        case .replaying: "replaying"
        case .following: "following"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func side(_ region: String, _ table: String) {
        object {
            $0.member("region", region)
            $0.member("table", table)
        }
    }
}

import DyadModel
import DyadReplicator

/// A spool's file: what is in it outlives every crash.
struct SimulatedSpool {
    private(set) var contents: SpoolContents
    private var records: [ShardID: [StreamRecord]] = [:]
    /// What the last append brought.
    private var newest: [ShardID: Set<SequenceNumber>] = [:]

    init(id: String, link: ReplicationLink) { contents = SpoolContents(id: id, link: link) }

    mutating func append(_ pages: [SpoolPage]) -> SpoolTotals {
        newest = [:]
        for page in pages {
            contents.shards[page.shard, default: SpooledShard(askedAt: page.askedAt)].add(page)
            let known = Set(records[page.shard, default: []].map(\.sequence))
            records[page.shard, default: []] += page.records.filter { !known.contains($0.sequence) }
            newest[page.shard] = Set(page.records.map(\.sequence))
        }
        return count()
    }

    func records(of shard: ShardID, after sequence: SequenceNumber?, limit: Int) -> [StreamRecord] {
        let behind = records[shard, default: []].filter { record in sequence.map { record.sequence > $0 } ?? true }
        return Array(behind.prefix(limit))
    }

    mutating func forget(_ progress: [ShardID: ShardProgress]) -> SpoolTotals {
        for (shard, progress) in progress {
            if progress.isFinished {
                records[shard] = nil
                contents.shards[shard] = nil
            } else if let sequence = progress.sequence {
                records[shard]?.removeAll { $0.sequence <= sequence }
            }
        }
        return count()
    }

    /// As a disk that was not synced: the table of shards has what the records have not.
    mutating func loseNewest() {
        for (shard, sequences) in newest { records[shard]?.removeAll { sequences.contains($0.sequence) } }
        newest = [:]
    }

    mutating func loseAllRecords() { records = [:] }

    private mutating func count() -> SpoolTotals {
        let all = records.values.joined()
        contents.totals = SpoolTotals(records: all.count, bytes: all.reduce(0) { $0 + $1.byteCount })
        return contents.totals
    }
}

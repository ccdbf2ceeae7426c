package import DyadModel

/// How far a shard has come.
package enum ShardProgress: Sendable, Hashable {
    /// Nothing is applied; all that is kept is wanted.
    case trimHorizon
    /// Only what is new is wanted, and nothing new has been seen. Asked for again, LATEST would skip what was written in
    /// between, so a restart reads such a shard from its trim horizon.
    case latest
    /// Everything up to this record is applied.
    case after(SequenceNumber)
    /// Everything of a closed shard is applied. The time is when; a shard that is long gone is then forgotten.
    case finished(at: Timestamp)

    package var isFinished: Bool { if case .finished = self { true } else { false } }
}

/// How far a segment of the backfill's scan has come.
package enum SegmentProgress: Sendable, Hashable {
    case untouched
    /// Everything up to this key is copied.
    case after(ItemBytes)
    case finished
}

/// How far a backfill has come. The stream is replayed from before `since` once the scan is complete.
package enum BackfillProgress: Sendable, Hashable {
    case scanning(since: Timestamp, segments: [SegmentProgress])
    case replaying(since: Timestamp)
    case consistent(at: Timestamp)
}

/// Which stream goes to which table: a checkpoint serves no other pair.
package struct ReplicationLink: Sendable, Hashable {
    package var sourceRegion: String
    package var sourceTable: String
    /// A stream that was disabled and enabled again is another one.
    package var streamARN: String
    package var targetRegion: String
    package var targetTable: String
    /// AWS's TableId: a table that was deleted and created again is another one. Empty when the target tells none.
    package var targetID: String

    package init(
        sourceRegion: String, sourceTable: String, streamARN: String, targetRegion: String, targetTable: String,
        targetID: String
    ) {
        self.sourceRegion = sourceRegion
        self.sourceTable = sourceTable
        self.streamARN = streamARN
        self.targetRegion = targetRegion
        self.targetTable = targetTable
        self.targetID = targetID
    }

    /// `tlog in cn-north-1 to tlog_replica in cn-northwest-1`
    package var name: String { "\(sourceTable) in \(sourceRegion) to \(targetTable) in \(targetRegion)" }

    package func joinsSameTables(as other: Self) -> Bool {
        sourceRegion == other.sourceRegion && sourceTable == other.sourceTable && targetRegion == other.targetRegion
            && targetTable == other.targetTable
    }
}

/// All that outlives the process: what need not be read again.
package struct Checkpoint: Sendable, Equatable {
    package var link: ReplicationLink
    package var shards: [ShardID: ShardProgress]
    /// Nil when no backfill was asked for.
    package var backfill: BackfillProgress?
    /// The watermark: every change that the source made before this is applied, times being those of the source's
    /// records, or this machine's where a shard had no more to tell. Nil while a backfill is not consistent.
    package var appliedThrough: Timestamp?
    package var savedAt: Timestamp
    /// The spool that the backfill counts on; nil when it needs none, or none any more.
    package var spool: String?
    /// The same of each shard alone. Leases keep it; a file does not.
    package var watermarks: [ShardID: Timestamp] = [:]
    /// See `Lease.tipAt`.
    package var tips: [ShardID: Timestamp] = [:]

    package init(
        link: ReplicationLink, shards: [ShardID: ShardProgress] = [:], backfill: BackfillProgress? = nil,
        appliedThrough: Timestamp? = nil, savedAt: Timestamp, spool: String? = nil
    ) {
        self.link = link
        self.shards = shards
        self.backfill = backfill
        self.appliedThrough = appliedThrough
        self.savedAt = savedAt
        self.spool = spool
    }
}

extension Checkpoint {
    /// As JSON in one line, without its end: what stands in a checkpoint's file.
    package var text: String { String(decoding: CheckpointFormat.write(self).dropLast(), as: UTF8.self) }

    /// - Throws: `.fatal` with what is wrong with it.
    package init(text: String) throws(PortError) {
        do { self = try CheckpointFormat.read(Array(text.utf8)) } catch { throw PortError(.fatal, error.reason) }
    }
}

extension ShardProgress {
    /// `TRIM_HORIZON`, `LATEST`, `after 123` or `finished 1795428000000`.
    package var text: String {
        switch self {
        case .trimHorizon: "TRIM_HORIZON"
        case .latest: "LATEST"
        case .after(let sequence): "after \(sequence)"
        case .finished(let time): "finished \(time.milliseconds)"
        }
    }

    package init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("TRIM_HORIZON", 1): self = .trimHorizon
        case ("LATEST", 1): self = .latest
        case ("after", 2):
            guard let sequence = SequenceNumber(words[1]) else { return nil }
            self = .after(sequence)
        case ("finished", 2):
            guard let milliseconds = Int64(words[1]) else { return nil }
            self = .finished(at: Timestamp(milliseconds: milliseconds))
        default: return nil
        }
    }
}

package protocol CheckpointStore: Sendable {
    /// Nil when nothing was saved yet.
    func load() async throws(PortError) -> Checkpoint?
    /// Replaces what was saved, wholly or not at all; when it returns, a power cut no longer undoes it.
    func save(_ checkpoint: Checkpoint) async throws(PortError)
}

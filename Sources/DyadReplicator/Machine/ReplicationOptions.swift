/// What is wanted of a replication. Times are in milliseconds.
package struct ReplicationOptions: Sendable {
    package enum StartingPosition: String, Sendable, CaseIterable {
        case trimHorizon = "TRIM_HORIZON"
        case latest = "LATEST"
    }

    package enum OnError: String, Sendable, CaseIterable {
        /// The replication ends and names the record.
        case stop
        /// The record goes to the dead letters, and the replication goes on.
        case skipToDeadLetter = "skip-to-dead-letter"
    }

    /// Where a stream without a checkpoint is begun.
    package var startingPosition = StartingPosition.trimHorizon
    /// Copy the whole table first.
    package var backfill = false
    /// End when the replica has all that was in the stream.
    package var untilCaughtUp = false

    /// Every change is a write of its own, with the time of its making, and a key is once in a batch; else a key's
    /// changes that follow each other become the last of them.
    package var keepsEveryChange = false
    /// Writes handed to the target at a time.
    package var batchSize = 100
    /// Bytes of a batch, unless one write alone has more.
    package var batchBytesMax = 16 << 20
    /// Batches in flight; also the segments of a backfill's scan.
    package var parallelism = 8
    /// Lanes of a shard; nil is as many as batches in flight.
    package var lanesPerShard: Int?
    var laneCount: Int { lanesPerShard ?? parallelism }
    /// The target keeps where each lane stands, and has to be told that a scan is over.
    package var isGuarded = false
    /// Other workers have a part in it: only shards that are granted are read, and what others do is observed.
    package var isShared = false
    /// Records are handed on as events; nil: as the writes that they come down to.
    package var events: EventBatching?

    /// Records read and not yet applied: the bound on memory, together with their bytes. A page that is being read
    /// counts as `pageRecordsMax` and `pageBytesMax`.
    package var bufferedRecordsMax = 10_000
    package var bufferedBytesMax = 64 << 20
    /// AWS's limits on one GetRecords.
    package static let pageRecordsMax = 1000
    package static let pageBytesMax = 1 << 20

    /// Pause before an open shard is asked again after an empty page: doubled from the lower bound to the upper.
    package var idlePause: ClosedRange<Int64> = 10...250
    /// Empty pages in a row that are taken for an open shard's tip. AWS may answer an empty page before it.
    package var emptyPagesAtTip = 1
    /// How long a record that was made may stay unseen at a shard's tip; the watermark stays this far behind there.
    package var propagationDelay: Int64 = 0
    package var listInterval: Int64 = 10_000
    package var saveInterval: Int64 = 200
    /// A checkpoint is written anew this often though nothing changed, so that its age tells how long nothing ran, and
    /// its watermark moves.
    package var heartbeat: Int64 = 1000
    /// First and longest pause before a failed request is tried again; doubled in between, then drawn at random from
    /// the upper half.
    package var retryPause: ClosedRange<Int64> = 50...5000
    /// What becomes of a change that the target does not take.
    package var onError = OnError.stop
    /// How often one batch may fail for reasons that may pass before it counts as not taken; nil is for ever.
    package var attemptsMax: Int?
    /// How old a change may get while its batch fails for such reasons; nil is for ever.
    package var recordAgeMax: Int64?
    /// How long one side may fail without pause before the replication gives up; nil is for ever.
    package var giveUpAfter: Int64?
    /// A side that keeps failing is announced again this often.
    package var announceInterval: Int64 = 10_000
    /// How long batches in flight are waited for when the replication ends.
    package var stopGrace: Int64 = 5000
    /// How long the stream keeps a record (AWS: 24 hours).
    package var retention: Int64 = 24 * 3_600_000

    /// What a spool may take of the disk; nil is without bound.
    package var spoolBytesMax: Int?

    package init() {}
}

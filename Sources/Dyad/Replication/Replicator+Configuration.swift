extension Replicator {
    public struct Configuration: Sendable {
        public enum StartingPosition: String, Sendable, CaseIterable {
            /// The oldest change that the stream keeps.
            case trimHorizon = "TRIM_HORIZON"
            /// Only changes made from now on.
            case latest = "LATEST"
        }

        public enum OnError: String, Sendable, CaseIterable {
            /// The replication ends and names the record.
            case stop
            /// The record goes to the dead letters, and the replication goes on.
            case skipToDeadLetter = "skip-to-dead-letter"
        }

        public var source: TableAddress
        public var target: TableAddress
        /// Where to begin when there is no checkpoint.
        public var startingPosition = StartingPosition.trimHorizon
        /// Copy the whole table first, then replay what changed meanwhile.
        public var backfill = false
        /// End when the replica has all that was in the stream; else only `stop` and cancelling end it.
        public var untilCaughtUp = false
        /// Changes applied at a time, 1 to 10,000; the target gets them 25 to a call.
        public var batchSize = 100
        /// Batches in flight, 1 to 256.
        public var parallelism = 8
        /// The file to go on from after a restart; nil keeps the checkpoint in memory.
        public var checkpointPath: String?
        /// The file for what the stream tells while a backfill copies the table, for as long as that takes; nil rests on
        /// the 24 hours for which the stream keeps it.
        public var spoolPath: String?
        /// What that file may take of the disk, in bytes; when it is full, the stream rests.
        public var spoolBytesMax = 100_000_000_000
        /// What becomes of a change that the target does not take.
        public var onError = OnError.stop
        /// The file for such changes; needed where they are skipped.
        public var deadLetterPath: String?
        /// How often a batch may fail for reasons that may pass before it counts as not taken; nil is for ever.
        public var attemptsMax: Int?
        /// How old a change may get while its batch fails for such reasons; nil is for ever.
        public var recordAgeMax: Duration?
        /// Read capacity units a second that a backfill may take from the source; nil is as fast as it answers. Reading
        /// the stream takes none of the table's. Both ways: from each table, looking at its items included.
        public var readUnitsPerSecond: Double?
        /// Write capacity units a second that may be taken from the target, both ways from each table; nil is as fast as
        /// it answers. Tables beside it, of positions and the like, do not count.
        public var writeUnitsPerSecond: Double?
        /// Time between calls of `onProgress`.
        public var progressInterval = Duration.seconds(10)
        /// Told where the replication stands; nil writes a line to the log.
        public var onProgress: (@Sendable (Progress) -> Void)?
        /// Where the target keeps which changes it has, so that none that comes late can bring an old item back; nil
        /// keeps nothing there.
        public var coordination: Coordination?
        /// Where `GET /metrics` is answered for Prometheus; nil is nowhere.
        public var metrics: MetricsAddress?
        /// Carries the target's changes back as well; nil carries the source's alone.
        public var twoWay: TwoWay?

        public init(source: TableAddress, target: TableAddress) {
            self.source = source
            self.target = target
        }
    }

    /// How changes go both ways. Of writes to one key that had not seen each other the last wins.
    public struct TwoWay: Sendable {
        /// The table at each side that holds what is known of keys, made when it is not there; nil is the table's own
        /// name with `.dyad` behind it.
        public var bookkeepingTable: String?
        /// The file for writes that lost, a line of JSON each; nil keeps none.
        public var conflictLogPath: String?
        /// As `checkpointPath`, of the way back.
        public var backCheckpointPath: String?

        public init() {}
    }

    /// A table beside the target's, at its endpoint; made if there is none.
    public struct Coordination: Sendable {
        public var table: String
        /// Distinguishes the replications that use one table: letters, digits, `_`, `-` and `.`.
        public var name: String
        /// Workers of the same name share the shards by leases, and the checkpoint lies in the table instead of a file.
        public var isShared = false
        /// Without a sign of life for so long a worker's leases are taken by others.
        public var leaseDuration = Duration.seconds(10)

        public init(table: String, name: String) {
            self.table = table
            self.name = name
        }
    }

    /// A port for Prometheus, 0 for any that is free.
    public struct MetricsAddress: Sendable {
        public var host: String
        public var port: Int

        public init(host: String = "127.0.0.1", port: Int) {
            self.host = host
            self.port = port
        }
    }
}

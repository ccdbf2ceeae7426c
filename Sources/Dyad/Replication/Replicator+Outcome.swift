import DyadReplicator
public import Logging

extension Replicator {
    /// Where a replication stands.
    public struct Progress: Sendable {
        /// For people: counts and lag.
        public let line: String
        /// For machines: an object with the same and each open shard, in one line.
        public let json: String
    }

    /// How it ended.
    public struct Outcome: Sendable {
        public enum Ending: Sendable, Equatable { case caughtUp, stopped, failed }

        public let ending: Ending
        /// Why it ended and where it stands, in one line.
        public let finalLine: String
        /// Changes that were applied by this run, those that later ones took the place of included.
        public let recordsApplied: Int
        /// Items that a backfill copied in this run.
        public let itemsCopied: Int
        /// For a structured log, beside `finalLine`: counts, where each shard's checkpoint stands, the record to blame.
        public var metadata: Logger.Metadata = [:]
    }

    /// It could not begin: a table without a stream, a checkpoint of another pair, an endpoint that is no URL.
    public struct NotStarted: Error, Sendable, CustomStringConvertible {
        public let description: String
    }
}

extension Replicator.Outcome {
    init(_ report: ReplicationReport) {
        switch report.ending {
        case .caughtUp: ending = .caughtUp
        case .stopped: ending = .stopped
        case .failed: ending = .failed
        }
        finalLine = report.finalLine
        recordsApplied = report.status.counts.recordsApplied
        itemsCopied = report.status.counts.itemsCopied
        metadata = report.metadata
    }
}

import DyadModel
import Logging

extension Announcement {
    func log(to logger: Logger, of link: ReplicationLink) {
        logger.log(level: level, "\(message)", metadata: metadata(of: link))
    }

    private var level: Logger.Level {
        switch self {
        case .started, .resumed, .backfillStarted, .backfillResumed, .scanFinished, .consistent, .recovered,
            .spoolResumed, .spoolHasRoom, .spoolDrained:
            .notice
        case .shardStarted, .shardFinished: .info
        case .leaseTaken: .notice
        case .checkpointIsOld, .iteratorReplaced, .latestLost, .failing, .narrowing, .spoolFull, .spoolLeft,
            .positionsLeft,
            .leaseLost:
            .warning
        case .buried: .error
        }
    }

    private var message: String {
        switch self {
        case .started(let position, let count): return "starting with \(count) shards from \(position.name)"
        case .resumed(let count, let savedAt):
            return "going on from the checkpoint of \(savedAt.label)Z, which knows \(count) shards"
        case .checkpointIsOld(let milliseconds):
            return "the checkpoint is \(milliseconds / 3_600_000) hours old and a stream keeps changes for 24: "
                + "some may be lost; --backfill with a new checkpoint copies the whole table"
        case .shardStarted(_, let position): return "reading the shard from \(position.name)"
        case .shardFinished: return "the shard is closed, and all of it is applied"
        case .iteratorReplaced(_, let position): return "the iterator expired; going on from \(position.name)"
        case .latestLost:
            return "nothing new was seen since LATEST was asked for; asking again would skip changes, "
                + "so the shard is read from TRIM_HORIZON"
        case .backfillStarted(let segments):
            return "the stream's positions are noted; copying the table in \(segments) segments"
        case .backfillResumed(let finished, let count):
            return "going on with copying the table: \(finished) of \(count) segments are done"
        case .scanFinished(let items): return "all \(items) items are copied; replaying what changed meanwhile"
        case .spoolResumed(let totals):
            return "the spool holds \(totals.records) changes (\(totals.bytes) bytes) that were made during the copying"
        case .spoolFull(let bytes):
            return
                "the spool takes \(bytes) bytes, all that --spool-max-bytes allows: the stream is not read until there "
                + "is room, and it keeps changes for 24 hours"
        case .spoolHasRoom: return "the spool has room again; the stream is read"
        case .spoolDrained: return "all that was spooled is applied; the spool is removed"
        case .spoolLeft(let message):
            return "all that was spooled is applied, but the spool could not be removed: \(message)"
        case .consistent(let milliseconds):
            return "the replica is consistent: the replay has passed the end of the copying "
                + "(\(milliseconds / 1000) s after its start)"
        case .failing(let task, let message, _, let since, let failures):
            return since == 0
                ? "\(task.name) failed, trying again: \(message)"
                : "\(task.name) still fails after \(since / 1000) s and \(failures) requests, trying again: \(message)"
        case .recovered(let side, let milliseconds, let failures):
            return "the \(side.rawValue) answers again after \(milliseconds / 1000) s and \(failures) failed requests"
        case .buried(_, let count, _, let key, let message):
            let others = count > 1 ? " and \(count - 1) more" : ""
            return "the target does not take \(String(decoding: key.utf8, as: UTF8.self))\(others), "
                + "which went to the dead letters: \(message)"
        case .leaseTaken(let id, let worker):
            return worker.map { "taking over \(id) from worker \($0)" } ?? "taking \(id)"
        case .leaseLost(let id, let reason): return "no longer holding \(id): \(reason)"
        case .positionsLeft(let shard, let message):
            return
                "the rows of shard \(shard), which is gone, could not be removed from the coordination table, where they "
                + "do no harm: \(message)"
        case .narrowing(_, let count, _, let message):
            return "the target refuses a batch (\(message)); sending \(count) at a time to find the record"
        }
    }
}

extension StreamPosition {
    fileprivate var name: String {
        switch self {
        case .trimHorizon: "TRIM_HORIZON"
        case .latest: "LATEST"
        case .after(let sequence): "behind sequence number \(sequence)"
        }
    }
}

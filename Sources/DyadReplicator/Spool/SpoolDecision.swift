/// What a spool that is there, or is not, means for the replication that begins now.
package enum SpoolDecision: Sendable, Equatable {
    /// The stream is not spooled. What an earlier backfill of the same tables left can go.
    case none(discards: Bool)
    case goOn(SpoolContents)
    /// An empty one is begun; the warning, if any, says what becomes of the one that is there.
    case create(warning: String?)
    /// What the checkpoint counts on is gone: the whole backfill begins anew.
    case beginAnew(warning: String)
    case refuse(String)

    /// - Parameters:
    ///   - resume: the checkpoint that is gone on from.
    ///   - found: what is in the spool; nil when there is nothing.
    ///   - spoolName: nil where none is wanted.
    package init(
        resume: Checkpoint?, checkpointName: String, found: SpoolContents?, spoolName: String?, link: ReplicationLink,
        backfill: Bool
    ) {
        if let needed = resume?.spool {
            self = Self.needed(needed, checkpointName, found, spoolName, link, backfill)
            return
        }
        let willScan =
            switch resume?.backfill {
            case .scanning: true
            case .replaying, .consistent: false
            case nil: backfill
            }
        guard let spoolName, willScan else {
            self = .none(discards: found?.link.joinsSameTables(as: link) ?? false)
            return
        }
        guard let found else {
            self = .create(warning: nil)
            return
        }
        guard found.link.joinsSameTables(as: link) else {
            self = .refuse(Self.foreign(spoolName, found.link, link))
            return
        }
        // Of a backfill that is over, or was begun and given up: no checkpoint counts on it.
        let warning =
            found.totals.records == 0
            ? nil
            : "\(spoolName) holds \(found.totals.records) changes of another backfill, which nothing needs any more; "
                + "it is begun anew"
        self = .create(warning: warning)
    }

    private static func needed(
        _ id: String, _ checkpointName: String, _ found: SpoolContents?, _ spoolName: String?, _ link: ReplicationLink,
        _ backfill: Bool
    ) -> SpoolDecision {
        guard let spoolName else {
            return .refuse(
                "the backfill of \(checkpointName) keeps the changes that were made meanwhile in a spool, and none is "
                    + "named: leave --no-spool out.")
        }
        if let found, !found.link.joinsSameTables(as: link) {
            return .refuse(foreign(spoolName, found.link, link))
        }
        if let found, found.id == id, found.link.streamARN == link.streamARN { return .goOn(found) }
        let what =
            "The spool that the backfill of \(checkpointName) counts on is not in \(spoolName): changes that were made "
            + "during the copying are lost."
        guard backfill else {
            return .refuse(
                "\(what) Name its file with --spool, or copy the table anew with --backfill.")
        }
        return .beginAnew(
            warning: "\(what) The table is copied anew; items deleted meanwhile stay in the replica, "
                + "dyad verify names them.")
    }

    private static func foreign(_ name: String, _ other: ReplicationLink, _ link: ReplicationLink) -> String {
        "\(name) is the spool of \(other.name), not of \(link.name). Name another file with --spool."
    }
}

/// What a saved checkpoint means for the replication that is asked for now.
package enum ResumeDecision: Sendable, Equatable {
    case resume(Checkpoint)
    /// No checkpoint is to be used. The warnings, if any, say what may be missing because of that.
    case begin(ReplicationOptions.StartingPosition, backfill: Bool, warnings: [String])
    case refuse(String)

    /// - Parameter name: what the checkpoint is kept in, for people.
    package init(saved: Checkpoint?, name: String, link: ReplicationLink, options: ReplicationOptions) {
        guard let saved else {
            self = .begin(options.startingPosition, backfill: options.backfill, warnings: [])
            return
        }
        guard saved.link.joinsSameTables(as: link) else {
            self = .refuse(
                "\(name) is the checkpoint of \(saved.link.name), not of \(link.name). Name another file with --checkpoint."
            )
            return
        }
        let isSameStream = saved.link.streamARN == link.streamARN
        let isSameTarget = saved.link.targetID == link.targetID || saved.link.targetID.isEmpty || link.targetID.isEmpty
        if isSameStream, isSameTarget {
            self = .resume(saved)
            return
        }
        var warnings: [String] = []
        if !isSameTarget {
            let what =
                "The table \(link.targetTable) in \(link.targetRegion) was created anew since \(name) was written"
            guard options.backfill || !isSameStream else {
                self = .refuse(
                    "\(what): what was applied before is gone. Start again with --backfill, or remove \(name).")
                return
            }
            warnings.append("\(what); what was applied before is gone.")
        }
        if !isSameStream {
            warnings.append(
                "The stream of \(link.sourceTable) in \(link.sourceRegion) is another one than in \(name): "
                    + "\(link.streamARN) instead of \(saved.link.streamARN). It is read from its trim horizon.")
        }
        // A backfill that was not completed is still owed.
        var isOwed = false
        if case .scanning = saved.backfill { isOwed = true }
        let backfill = options.backfill || isOwed
        warnings.append(
            backfill
                ? "The table is copied from the beginning."
                : "Changes made before that stream began may be missing from the replica; --backfill copies the whole table."
        )
        self = .begin(.trimHorizon, backfill: backfill, warnings: warnings)
    }
}

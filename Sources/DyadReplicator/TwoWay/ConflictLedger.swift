import DyadModel

/// Which conflicts were found and are not settled yet, so that each is logged once and counted once.
///
/// A commit may be carried out though its answer is lost. The change then comes again, finds nothing to do, and the
/// conflict that was found the first time counts. What is not settled when the process ends is found again by the next.
package struct ConflictLedger: Sendable {
    private var pending: [ItemBytes: WriteConflict] = [:]

    package init() {}

    /// - Returns: whether the conflict is to be logged before its commit is sent.
    package mutating func isNews(_ conflict: WriteConflict) -> Bool {
        pending.updateValue(conflict, forKey: conflict.key) != conflict
    }

    /// - Parameter passage: it is done.
    /// - Returns: the conflict that it settled.
    package mutating func settle(_ passage: Passage) -> WriteConflict? {
        let found = pending.removeValue(forKey: passage.write.key)
        if let conflict = passage.conflict { return conflict }
        guard let found, passage.isSettled else { return nil }
        if let winner = found.winner.version, winner == passage.settledVersion { return found }
        guard let sequence = passage.write.sequence, let loser = found.loser.version else { return nil }
        return loser.sequence == sequence && loser.origin == passage.names.origin ? found : nil
    }
}

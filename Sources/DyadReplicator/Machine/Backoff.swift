import DyadModel

extension ReplicationOptions {
    /// The pause before the retry that follows `failures` failures in a row, drawn from the upper half so that lanes
    /// which failed together do not come back together.
    func pause(afterFailures failures: Int, using random: inout SeededRandom) -> Int64 {
        let doubled = retryPause.lowerBound << min(Int64(max(failures, 1) - 1), 30)
        let longest = min(doubled, retryPause.upperBound)
        return longest - Int64.random(in: 0...longest / 2, using: &random)
    }
}

/// Whether one side answers, so that an outage is announced once and not by every lane.
struct SideHealth {
    private(set) var failingSince: Timestamp?
    private(set) var lastMessage = ""
    private var failures = 0
    private var announcedAt: Timestamp?
    private var owesRecovery = false

    /// - Returns: what is to be announced, if anything.
    mutating func failed(
        _ task: ReplicationTask, _ message: String, record: RecordName?, at now: Timestamp, interval: Int64
    ) -> Announcement? {
        let since = failingSince ?? now
        failingSince = since
        failures += 1
        lastMessage = message
        if let announcedAt, now < announcedAt.advanced(by: interval) { return nil }
        announcedAt = now
        owesRecovery = true
        return .failing(
            task, message, record: record, since: now.milliseconds - since.milliseconds, failures: failures)
    }

    mutating func succeeded(_ side: ReplicationSide, at now: Timestamp) -> Announcement? {
        guard let since = failingSince else { return nil }
        let count = failures
        failingSince = nil
        failures = 0
        guard owesRecovery else { return nil }
        owesRecovery = false
        return .recovered(side, after: now.milliseconds - since.milliseconds, failures: count)
    }
}

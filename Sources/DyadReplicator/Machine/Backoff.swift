import DyadModel

/// SplitMix64: a small generator whose whole course is its seed's.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

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

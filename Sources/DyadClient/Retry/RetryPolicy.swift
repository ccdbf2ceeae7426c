/// How often and how fast to try again: AWS's "standard" mode.
///
/// Source: docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; the scales of DynamoDB are botocore's.
package struct RetryPolicy: Sendable, Equatable {
    /// The first attempt included; at least 1.
    package let attemptsMax: Int
    /// The first delay is at most this long, and the bound doubles with each attempt.
    package let base: Duration
    package let baseWhenThrottled: Duration
    package let delayMax: Duration

    package init(
        attemptsMax: Int = 3, base: Duration = .milliseconds(25), baseWhenThrottled: Duration = .seconds(1),
        delayMax: Duration = .seconds(20)
    ) {
        precondition(attemptsMax >= 1, "a call is attempted at least once")
        self.attemptsMax = attemptsMax
        self.base = base
        self.baseWhenThrottled = baseWhenThrottled
        self.delayMax = delayMax
    }

    package static let standard = RetryPolicy()
    /// For callers who decide themselves.
    package static let never = RetryPolicy(attemptsMax: 1)

    /// Exponential with full jitter.
    ///
    /// - Parameter attempt: counted from 1: the one that failed.
    package func delay(
        after attempt: Int, isThrottling: Bool, using random: inout some RandomNumberGenerator
    ) -> Duration {
        let base = isThrottling ? baseWhenThrottled : base
        // 2^20 times the shortest base is beyond any cap.
        let bound = min(base * (1 << min(max(attempt - 1, 0), 20)), delayMax)
        return bound * Double.random(in: 0..<1, using: &random)
    }
}

/// A bucket of tokens shared by a client's calls: when much fails, retrying stops before it makes things worse.
package struct RetryQuota: Sendable, Equatable {
    package static let capacity = 500
    static let retryCost = 5
    static let timeoutCost = 10
    /// Given back by a call that succeeds at its first attempt.
    static let successGain = 1

    package private(set) var tokens = capacity

    package init() {}

    mutating func take(_ cost: Int) -> Bool {
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    mutating func giveBack(_ count: Int) { tokens = min(tokens + count, Self.capacity) }
}

/// One call's attempts: told of each failure, it says whether and when to try again.
package struct RetryMachine: Sendable {
    package enum Decision: Sendable, Equatable {
        case retry(after: Duration)
        case giveUp
    }

    private let policy: RetryPolicy
    package private(set) var attempt = 1
    private var costOfLastRetry: Int?
    private var hasCorrectedClock = false

    package init(_ policy: RetryPolicy) { self.policy = policy }

    package mutating func failed(
        _ error: ClientError, quota: inout RetryQuota, using random: inout some RandomNumberGenerator
    ) -> Decision {
        if error.isClockSkew, !hasCorrectedClock, policy.attemptsMax > 1 {
            hasCorrectedClock = true
            return .retry(after: .zero)
        }
        guard error.isRetryable, attempt < policy.attemptsMax else { return .giveUp }
        let cost = error.isTimeout ? RetryQuota.timeoutCost : RetryQuota.retryCost
        guard quota.take(cost) else { return .giveUp }
        costOfLastRetry = cost
        let delay = policy.delay(after: attempt, isThrottling: error.isThrottling, using: &random)
        attempt += 1
        return .retry(after: delay)
    }

    package func succeeded(quota: inout RetryQuota) {
        quota.giveBack(costOfLastRetry ?? RetryQuota.successGain)
    }
}

import Testing

@testable import DyadClient

struct RetryTests {
    /// Gives the largest fraction each time, so that delays show their bound.
    struct Greatest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    static func refusal(_ code: String, _ status: Int = 400, _ message: String = "") -> ClientError {
        .service(ServiceError(code: code, message: message, httpStatus: status))
    }

    static let timeout = ClientError.transport(description: "slow", wasSent: true, isTimeout: true)

    @Test func `delays double up to twenty seconds, and start higher when throttled`() {
        var random = Greatest()
        func bounds(_ isThrottling: Bool) -> [Double] {
            [1, 2, 3, 8, 12, 64].map { attempt in
                let delay = RetryPolicy.standard.delay(after: attempt, isThrottling: isThrottling, using: &random)
                return (Double(delay.components.seconds) * 1000 + Double(delay.components.attoseconds) / 1e15).rounded()
            }
        }
        #expect(bounds(false) == [25, 50, 100, 3_200, 20_000, 20_000])
        #expect(bounds(true) == [1_000, 2_000, 4_000, 20_000, 20_000, 20_000])
    }

    @Test func `a call is attempted as often as the policy says`() {
        var machine = RetryMachine(RetryPolicy(attemptsMax: 3))
        var quota = RetryQuota()
        var random = Greatest()
        for attempt in 1...2 {
            #expect(machine.attempt == attempt)
            #expect(machine.failed(Self.timeout, quota: &quota, using: &random) != .giveUp)
        }
        #expect(machine.failed(Self.timeout, quota: &quota, using: &random) == .giveUp)
    }

    @Test(arguments: [
        ("ProvisionedThroughputExceededException", 400), ("ThrottlingException", 400), ("RequestLimitExceeded", 400),
        ("TransactionInProgressException", 400), ("InternalServerError", 500), ("Unknown", 503),
        ("RequestTimeout", 400),
    ])
    func `what may pass is tried again`(code: String, status: Int) {
        #expect(Self.refusal(code, status).isRetryable)
    }

    @Test(arguments: [
        "ValidationException", "ConditionalCheckFailedException", "ResourceNotFoundException",
        "UnrecognizedClientException", "TransactionCanceledException",
    ])
    func `what will not pass is not tried again`(code: String) {
        #expect(!Self.refusal(code).isRetryable)
        var machine = RetryMachine(.standard)
        var quota = RetryQuota()
        var random = Greatest()
        #expect(machine.failed(Self.refusal(code), quota: &quota, using: &random) == .giveUp)
    }

    @Test func `throttling is told apart`() {
        #expect(Self.refusal("ProvisionedThroughputExceededException").isThrottling)
        #expect(!Self.refusal("InternalServerError", 500).isThrottling)
    }

    @Test func `the quota runs dry, timeouts twice as fast, and success fills it`() {
        var random = Greatest()
        func retries(until error: ClientError) -> Int {
            var quota = RetryQuota()
            var count = 0
            while true {
                var machine = RetryMachine(.standard)
                if machine.failed(error, quota: &quota, using: &random) == .giveUp { return count }
                count += 1
            }
        }
        #expect(retries(until: Self.refusal("InternalServerError", 500)) == 100)
        #expect(retries(until: Self.timeout) == 50)

        var quota = RetryQuota()
        var machine = RetryMachine(.standard)
        _ = machine.failed(Self.timeout, quota: &quota, using: &random)
        #expect(quota.tokens == 490)
        machine.succeeded(quota: &quota)
        #expect(quota.tokens == 500)
        RetryMachine(.standard).succeeded(quota: &quota)
        #expect(quota.tokens == 500)
    }

    @Test func `a wrong clock is worth one more attempt, at once`() {
        var machine = RetryMachine(.standard)
        var quota = RetryQuota()
        var random = Greatest()
        let skewed = Self.refusal("InvalidSignatureException", 400, "Signature expired: 2026 is now earlier than …")
        #expect(machine.failed(skewed, quota: &quota, using: &random) == .retry(after: .zero))
        #expect(machine.failed(skewed, quota: &quota, using: &random) == .giveUp)
        let wrong = Self.refusal("InvalidSignatureException", 400, "The request signature we calculated …")
        var other = RetryMachine(.standard)
        #expect(other.failed(wrong, quota: &quota, using: &random) == .giveUp)
    }
}

import Synchronization
import Testing

@testable import Dyad

/// What a rate limit makes of reads, on a clock that moves when it is waited for.
@Suite struct ReadPaceTests {
    private final class Time: Sendable {
        let start = ContinuousClock.now
        let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start.advanced(by: passed.withLock { $0 }) }
        func wait(until time: ContinuousClock.Instant) { passed.withLock { $0 = max($0, time - start) } }
    }

    @Test func `a unit is 4096 bytes begun, and takes its part of a second`() async throws {
        let time = Time()
        let pace = ReadPace(unitsPerSecond: 10, now: { time.now }, sleep: { time.wait(until: $0) })
        try await pace.spend(bytes: 0)
        #expect(time.passed.withLock { $0 } == .milliseconds(100))
        try await pace.spend(bytes: 4097)
        #expect(time.passed.withLock { $0 } == .milliseconds(300))
    }

    @Test func `time in which nothing was read is not saved up`() async throws {
        let time = Time()
        let pace = ReadPace(unitsPerSecond: 1, now: { time.now }, sleep: { time.wait(until: $0) })
        time.wait(until: time.start.advanced(by: .seconds(60)))
        try await pace.spend(bytes: 8192)
        #expect(time.passed.withLock { $0 } == .seconds(62))
    }
}

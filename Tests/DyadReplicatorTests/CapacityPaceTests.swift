import DyadModel
import DyadReplicator
import Synchronization
import Testing

/// What a rate limit makes of calls, on a clock that moves when it is waited for.
struct CapacityPaceTests {
    private static let start = Timestamp(milliseconds: 1_000_000)

    private final class Clock: ReplicationClock {
        let passed = Mutex<Int64>(0)
        var now: Timestamp { CapacityPaceTests.start.advanced(by: passed.withLock { $0 }) }
        func sleep(until time: Timestamp) async throws {
            passed.withLock { $0 = max($0, time.milliseconds - CapacityPaceTests.start.milliseconds) }
        }
    }

    private static func at(_ milliseconds: Int64) -> Timestamp { start.advanced(by: milliseconds) }

    @Test func `the first call goes at once, and each one waits for those before it`() {
        var budget = CapacityBudget(unitsPerSecond: 10)
        #expect(budget.start <= Self.start)
        _ = budget.book(5, at: Self.start)
        #expect(budget.start == Self.at(500))
        _ = budget.book(20, at: Self.at(500))
        #expect(budget.start == Self.at(2500))
    }

    @Test func `time in which nothing was asked is not saved up`() {
        var budget = CapacityBudget(unitsPerSecond: 1)
        _ = budget.book(1, at: Self.start)
        _ = budget.book(2, at: Self.at(60_000))
        #expect(budget.start == Self.at(62_000))
    }

    @Test func `what a call has really cost counts, be it more or less than expected`() {
        var budget = CapacityBudget(unitsPerSecond: 10)
        let first = budget.book(10, at: Self.start)
        budget.settle(first, spent: 25)
        #expect(budget.start == Self.at(2500))
        let second = budget.book(10, at: Self.at(2500))
        budget.settle(second, spent: 2)
        #expect(budget.start == Self.at(2700))
    }

    @Test func `the whole is as fast as the rate allows, whatever was expected of each call`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            var budget = CapacityBudget(unitsPerSecond: Double.random(in: 0.5...500, using: &random))
            var now = Self.start
            var spent = 0.0
            for _ in 0..<50 {
                now = max(now, budget.start)
                let booking = budget.book(Double.random(in: 0...50, using: &random), at: now)
                // One after the other: what was spent before this one is paid for.
                let passed = Double(now.milliseconds - Self.start.milliseconds) / 1000
                #expect(spent <= passed * budget.unitsPerSecond + 1e-6)
                let units = Double.random(in: 0...50, using: &random)
                budget.settle(booking, spent: units)
                spent += units
            }
        }
    }

    @Test func `lanes that ask at the same time are served in turn, and all of them pay`() async throws {
        let clock = Clock()
        let pace = CapacityPace(unitsPerSecond: 100, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10 { pace.settle(try await pace.begin(expecting: 25), spent: 20) }
                }
            }
            try await group.waitForAll()
        }
        // The last call's own units are paid by who comes next.
        _ = try await pace.begin(expecting: 1)
        #expect(clock.passed.withLock { $0 } >= 8 * 10 * 20 * 10)
    }

    @Test func `who is cancelled while waiting is out of the queue, and holds up nobody`() async throws {
        let pace = CapacityPace(unitsPerSecond: 1, clock: SteadyClock())
        _ = try await pace.begin(expecting: 3600)
        let waiting = (0..<3).map { _ in Task { try await pace.begin(expecting: 1) } }
        for task in waiting { task.cancel() }
        for task in waiting { await #expect(throws: PortError.self) { try await task.value } }
        let late = Task { try await pace.begin(expecting: 1) }
        late.cancel()
        await #expect(throws: PortError.self) { try await late.value }
    }

    @Test func `a call whose cost is never told is paid as expected`() async throws {
        let clock = Clock()
        let pace = CapacityPace(unitsPerSecond: 10, clock: clock)
        for _ in 0..<3 { _ = try await pace.begin(expecting: 5) }
        #expect(clock.passed.withLock { $0 } == 1000)
    }

    @Test func `a page of a scan is kept to what a second allows`() async throws {
        let pace = CapacityPace(unitsPerSecond: 10, clock: Clock())
        let first = try await pace.beginPage()
        #expect(first.items == 10 && first.booking.units == 10)
        // Eight items a unit.
        pace.settlePage(first.booking, items: 10, spent: 1.25)
        let second = try await pace.beginPage()
        #expect(second.items == 80 && second.booking.units == 10)
        // Items of more than a second's units come alone.
        pace.settlePage(second.booking, items: 1, spent: 98)
        let third = try await pace.beginPage()
        #expect(third.items == 1 && third.booking.units == 98)
        // A page that held nothing says nothing of items.
        pace.settlePage(third.booking, items: 0, spent: 1)
        #expect(try await pace.beginPage().items == 1)
    }

    @Test func `estimates are of 4096 bytes read and 1024 bytes written, begun`() {
        #expect([0, 1, 4096, 4097].map(CapacityEstimate.read) == [1, 1, 1, 2])
        #expect([0, 1, 1024, 1025].map(CapacityEstimate.write) == [1, 1, 1, 2])
    }

    @Test func `a rate that is next to nothing makes no time that is none`() {
        var budget = CapacityBudget(unitsPerSecond: .leastNonzeroMagnitude)
        _ = budget.book(1, at: Self.start)
        #expect(budget.start > Self.start)
    }
}

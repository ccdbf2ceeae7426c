import DyadModel
import Testing

@testable import DyadLambda

@Suite struct EventQueueTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func `what fails is tried again after a minute, then after two, then given up`() {
        var queue = EventQueue<Int>()
        let added = queue.add("a", 1, bytes: 1, at: Self.time(0))
        #expect(added)
        #expect(queue.take(at: Self.time(0)).map(\.id) == ["a"])
        #expect(queue.settle("a", .failed, at: Self.time(1000)) == .again(at: Self.time(61_000)))
        #expect(queue.take(at: Self.time(60_999)).isEmpty)
        #expect(queue.take(at: Self.time(61_000)).map(\.id) == ["a"])
        #expect(queue.settle("a", .failed, at: Self.time(62_000)) == .again(at: Self.time(182_000)))
        #expect(queue.take(at: Self.time(182_000)).map(\.id) == ["a"])
        #expect(queue.settle("a", .failed, at: Self.time(183_000)) == .givenUp)
        #expect(queue.isEmpty)
    }

    @Test func `what succeeds is done, and what runs is not taken twice`() {
        var queue = EventQueue<Int>()
        _ = queue.add("a", 1, bytes: 1, at: Self.time(0))
        #expect(queue.take(at: Self.time(0)).count == 1)
        #expect(queue.take(at: Self.time(10)).isEmpty)
        #expect(queue.settle("a", .succeeded, at: Self.time(10)) == .done)
        #expect(queue.isEmpty)
    }

    @Test func `throttling is no failure: it waits longer each time, and for six hours at most`() {
        var queue = EventQueue<Int>()
        _ = queue.add("a", 1, bytes: 1, at: Self.time(0))
        var now: Int64 = 0
        var pauses: [Int64] = []
        while case .again(let due) = queue.settle("a", .throttled, at: Self.time(now)) {
            pauses.append(due.milliseconds - now)
            now = due.milliseconds
        }
        #expect(pauses.prefix(4) == [1000, 2000, 4000, 8000])
        #expect(pauses.max() == 300_000)
        #expect(now <= 6 * 60 * 60 * 1000)
        #expect(queue.isEmpty)
    }

    @Test func `more than there is room for is not accepted`() {
        var queue = EventQueue<Int>()
        for index in 0..<EventQueue<Int>.entriesMax {
            _ = queue.add("\(index)", 1, bytes: 1, at: Self.time(0))
        }
        let isAccepted = queue.add("one more", 1, bytes: 1, at: Self.time(0))
        #expect(!isAccepted)
    }
}

import DyadModel
import Testing

@testable import DyadLambda

@Suite struct EnvironmentPoolTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private static func pool(max: Int = 2) -> EnvironmentPool {
        var settings = EnvironmentPool.Settings()
        settings.environmentsMax = max
        return EnvironmentPool(settings, timeoutMilliseconds: 3000)
    }

    /// A pool whose only environment is idle since 20.
    private static func warmed() -> EnvironmentPool {
        var pool = pool()
        _ = pool.handle(.invoke("a"), at: time(0))
        _ = pool.handle(.asksForNext(1), at: time(10))
        _ = pool.handle(.answered(1, "a", .response([])), at: time(20))
        _ = pool.handle(.asksForNext(1), at: time(20))
        return pool
    }

    @Test func `the first invocation starts an environment and is delivered when the runtime asks`() {
        var pool = Self.pool()
        #expect(pool.handle(.invoke("a"), at: Self.time(0)) == [.start(1)])
        #expect(pool.handle(.asksForNext(1), at: Self.time(10)) == [.deliver(1, "a", deadline: Self.time(3010))])
        let answer = EnvironmentPool.Answer.response([1])
        #expect(
            pool.handle(.answered(1, "a", answer), at: Self.time(20)) == [.finish("a", .answered(answer), by: 1)])
        #expect(pool.handle(.asksForNext(1), at: Self.time(21)).isEmpty)
        #expect(pool.nextTick == Self.time(21 + 600_000))
    }

    @Test func `an environment that is warm takes the next invocation`() {
        var pool = Self.warmed()
        #expect(pool.handle(.invoke("b"), at: Self.time(100)) == [.deliver(1, "b", deadline: Self.time(3100))])
    }

    @Test func `an invocation that comes between an answer and the next question waits for that environment`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        _ = pool.handle(.asksForNext(1), at: Self.time(10))
        _ = pool.handle(.answered(1, "a", .response([])), at: Self.time(20))
        #expect(pool.handle(.invoke("b"), at: Self.time(20)).isEmpty)
        #expect(pool.handle(.asksForNext(1), at: Self.time(30)) == [.deliver(1, "b", deadline: Self.time(3030))])
    }

    @Test func `what waits for an environment that then ends is given another`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        _ = pool.handle(.asksForNext(1), at: Self.time(10))
        _ = pool.handle(.answered(1, "a", .response([])), at: Self.time(20))
        _ = pool.handle(.invoke("b"), at: Self.time(20))
        #expect(pool.handle(.ended(1, .exited(0)), at: Self.time(30)) == [.end(1), .start(2)])
    }

    @Test func `invocations at a time are as many environments, and more are throttled`() {
        var pool = Self.pool()
        #expect(pool.handle(.invoke("a"), at: Self.time(0)) == [.start(1)])
        #expect(pool.handle(.invoke("b"), at: Self.time(0)) == [.start(2)])
        #expect(pool.handle(.invoke("c"), at: Self.time(0)) == [.finish("c", .throttled, by: nil)])
    }

    @Test func `the environment used last is used next, so that others grow old`() {
        var pool = Self.warmed()
        _ = pool.handle(.invoke("b"), at: Self.time(100))
        _ = pool.handle(.invoke("c"), at: Self.time(100))
        _ = pool.handle(.asksForNext(2), at: Self.time(110))
        for (id, name) in [(1, "b"), (2, "c")] {
            _ = pool.handle(.answered(id, name, .response([])), at: Self.time(120 + Int64(id)))
            _ = pool.handle(.asksForNext(id), at: Self.time(120 + Int64(id)))
        }
        #expect(pool.handle(.invoke("d"), at: Self.time(200)) == [.deliver(2, "d", deadline: Self.time(3200))])
        #expect(pool.handle(.tick, at: Self.time(121 + 600_000)) == [.finish("d", .timedOut, by: 2)].withEnds)
    }

    @Test func `an invocation that takes too long ends with its environment`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        _ = pool.handle(.asksForNext(1), at: Self.time(10))
        #expect(pool.handle(.tick, at: Self.time(3009)).isEmpty)
        #expect(pool.handle(.tick, at: Self.time(3010)) == [.end(1), .finish("a", .timedOut, by: 1)])
        #expect(pool.handle(.answered(1, "a", .response([])), at: Self.time(3011)).isEmpty)
        #expect(pool.isEmpty)
    }

    @Test func `a start of up to ten seconds does not count as the invocation's time, and what is beyond does`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        #expect(pool.handle(.asksForNext(1), at: Self.time(9000)) == [.deliver(1, "a", deadline: Self.time(12_000))])
        _ = pool.handle(.invoke("b"), at: Self.time(20_000))
        #expect(
            pool.handle(.asksForNext(2), at: Self.time(32_000)) == [.deliver(2, "b", deadline: Self.time(33_000))])
        var other = Self.pool()
        _ = other.handle(.invoke("a"), at: Self.time(0))
        #expect(other.handle(.tick, at: Self.time(13_000)) == [.end(1), .finish("a", .timedOut, by: 1)])
    }

    @Test func `a process that ends takes its invocation with it`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        #expect(
            pool.handle(.ended(1, .exited(1)), at: Self.time(1))
                == [.end(1), .finish("a", .ended(.exited(1), isStarted: false), by: 1)])
        _ = pool.handle(.invoke("b"), at: Self.time(2))
        _ = pool.handle(.asksForNext(2), at: Self.time(3))
        #expect(
            pool.handle(.ended(2, .signaled(9)), at: Self.time(4))
                == [.end(2), .finish("b", .ended(.signaled(9), isStarted: true), by: 2)])
    }

    @Test func `a runtime that cannot start says why, once`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        #expect(
            pool.handle(.startFailed(1, payload: [7]), at: Self.time(1))
                == [.finish("a", .startFailed([7]), by: 1), .end(1)])
        #expect(pool.handle(.startFailed(1, payload: [7]), at: Self.time(2)).isEmpty)
        #expect(pool.handle(.ended(1, .exited(1)), at: Self.time(3)).isEmpty)
    }

    @Test func `after a change idle environments end at once, busy ones behind their answer`() {
        var pool = Self.warmed()
        _ = pool.handle(.invoke("b"), at: Self.time(100))
        _ = pool.handle(.invoke("c"), at: Self.time(100))
        _ = pool.handle(.asksForNext(2), at: Self.time(110))
        _ = pool.handle(.answered(2, "c", .response([])), at: Self.time(120))
        _ = pool.handle(.asksForNext(2), at: Self.time(120))
        #expect(pool.handle(.changed(timeoutMilliseconds: 1000), at: Self.time(130)) == [.end(2)])
        #expect(pool.handle(.invoke("d"), at: Self.time(131)) == [.start(3)])
        _ = pool.handle(.answered(1, "b", .response([])), at: Self.time(140))
        #expect(pool.handle(.asksForNext(1), at: Self.time(141)) == [.end(1)])
        #expect(pool.handle(.asksForNext(3), at: Self.time(150)) == [.deliver(3, "d", deadline: Self.time(1150))])
    }

    @Test func `closing ends all, and what comes later is told so`() {
        var pool = Self.pool()
        _ = pool.handle(.invoke("a"), at: Self.time(0))
        #expect(pool.handle(.closed, at: Self.time(1)) == [.end(1), .finish("a", .closed, by: 1)])
        #expect(pool.handle(.invoke("b"), at: Self.time(2)) == [.finish("b", .closed, by: nil)])
        #expect(pool.isEmpty)
    }

    /// Whatever happens in whatever order, an invocation is finished once, delivered to a living environment that has
    /// nothing else to do, and there are never too many environments.
    @Test(arguments: 0..<300) func `every invocation is finished once`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var pool = Self.pool(max: 3)
        var now: Int64 = 0
        var open: Set<String> = []
        var finished: Set<String> = []
        var alive: Set<Int> = []
        var holding: [Int: String] = [:]

        func check(_ effects: [EnvironmentPool.Effect]) {
            for effect in effects {
                switch effect {
                case .start(let id): alive.insert(id)
                case .deliver(let id, let name, _):
                    #expect(alive.contains(id) && holding[id] == nil)
                    holding[id] = name
                case .end(let id):
                    alive.remove(id)
                    holding[id] = nil
                case .finish(let name, _, _):
                    #expect(open.remove(name) != nil)
                    #expect(finished.insert(name).inserted)
                    holding = holding.filter { $0.value != name }
                }
            }
            #expect(alive.count <= 3)
        }

        for step in 0..<200 {
            now += Int64.random(in: 0..<1500, using: &random)
            let id = Int.random(in: 1..<(max(2, (alive.max() ?? 1) + 1)), using: &random)
            let event: EnvironmentPool.Event
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<6:
                open.insert("\(step)")
                event = .invoke("\(step)")
            case 6..<11: event = .asksForNext(id)
            case 11..<15: event = .answered(id, holding[id] ?? "none", .response([]))
            case 15: event = .ended(id, .exited(0))
            case 16: event = .startFailed(id, payload: [])
            case 17: event = .changed(timeoutMilliseconds: 2000)
            default: event = .tick
            }
            check(pool.handle(event, at: Self.time(now)))
        }
        check(pool.handle(.closed, at: Self.time(now)))
        #expect(open.isEmpty)
        #expect(alive.isEmpty && pool.isEmpty)
    }
}

extension [EnvironmentPool.Effect] {
    /// Both environments of the test above are due at once: the one that is old, the one whose time is up.
    fileprivate var withEnds: [EnvironmentPool.Effect] { [.end(1), .end(2)] + self }
}

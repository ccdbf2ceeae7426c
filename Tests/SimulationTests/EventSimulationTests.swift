import Dispatch
import Synchronization
import Testing

/// Lanes of events under failing functions, crashes, splits and faults.
struct EventSimulationTests {
    @Test func `every record is handled or kept, a key's in order, and the same seed tells the same story`() {
        let found = Mutex<[String]>([])
        let parts = 32
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            for seed in stride(from: UInt64(part), to: ReplicationSimulationTests.seedCount / 4, by: parts) {
                guard found.withLock({ $0.isEmpty }) else { return }
                var first = EventWorld(seed: seed)
                first.run()
                var verdict = first.verdict()
                var second = EventWorld(seed: seed)
                second.run()
                if first.journal.fingerprint != second.journal.fingerprint {
                    verdict.append("the journals of two runs differ")
                }
                if !verdict.isEmpty { found.withLock { $0.append("seed \(seed): \(verdict)") } }
            }
        }
        #expect(found.withLock { $0 } == [])
    }

    @Test(arguments: EventSabotage.allCases) func `a planted mistake is caught`(_ sabotage: EventSabotage) {
        for seed in 0..<UInt64(1000) {
            var world = EventWorld(seed: seed, sabotage: sabotage)
            world.run()
            if !world.verdict().isEmpty { return }
        }
        Issue.record("\(sabotage.rawValue) went unnoticed for 1000 seeds")
    }
}

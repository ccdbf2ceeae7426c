import Dispatch
import Foundation
import Synchronization
import Testing

struct ReplicationSimulationTests {
    /// Seeds that a run tries, each twice; a failure names the seed, which reproduces it. More of them:
    /// `DYAD_SIMULATION_SEEDS=20000 swift test -c release --filter SimulationTests`.
    static let seedCount = ProcessInfo.processInfo.environment["DYAD_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 4_000

    @Test func `source and replica are equal in the end, whatever goes wrong, and the same seed tells the same story`()
    {
        #expect(verdicts(ofSeeds: Self.seedCount, hasSpool: false) == [])
    }

    @Test func `a scan that outlives what the stream keeps loses nothing with a spool, whatever goes wrong`() {
        #expect(verdicts(ofSeeds: Self.seedCount / 4, hasSpool: true) == [])
    }

    private func verdicts(ofSeeds count: UInt64, hasSpool: Bool) -> [String] {
        let found = Mutex<[String]>([])
        let parts = 64
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            for seed in stride(from: UInt64(part), to: count, by: parts) {
                guard found.withLock({ $0.isEmpty }) else { return }
                var first = World(seed: seed, hasSpool: hasSpool)
                first.run()
                var verdict = first.verdict()
                var second = World(seed: seed, hasSpool: hasSpool)
                second.run()
                if first.fingerprint != second.fingerprint { verdict.append("the journals of two runs differ") }
                if !verdict.isEmpty { found.withLock { $0.append("seed \(seed): \(verdict)") } }
            }
        }
        return found.withLock { $0 }
    }

    @Test(arguments: Sabotage.allCases) func `a planted mistake is caught`(_ sabotage: Sabotage) {
        for seed in 0..<UInt64(1000) {
            var world = World(seed: seed, hasSpool: sabotage.needsSpool, sabotage: sabotage)
            world.run()
            if !world.verdict().isEmpty { return }
        }
        Issue.record("\(sabotage.rawValue) went unnoticed for 1000 seeds")
    }

    /// Seeds that found a mistake once.
    @Test(arguments: [5748] as [UInt64]) func `what was mended stays mended`(seed: UInt64) {
        var world = World(seed: seed)
        world.run()
        #expect(world.verdict() == [])
    }
}

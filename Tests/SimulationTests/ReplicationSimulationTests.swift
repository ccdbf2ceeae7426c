import Foundation
import Testing

struct ReplicationSimulationTests {
    /// Seeds that a run tries; a failure names the seed, which reproduces it. More of them:
    /// `DYAD_SIMULATION_SEEDS=20000 swift test -c release --filter SimulationTests`.
    static let seedCount = ProcessInfo.processInfo.environment["DYAD_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 600

    @Test func `source and replica are equal in the end, whatever goes wrong`() {
        for seed in 0..<Self.seedCount {
            var world = World(seed: seed)
            world.run()
            let verdict = world.verdict()
            #expect(verdict.isEmpty, "seed \(seed): \(verdict)")
            if !verdict.isEmpty { return }
        }
    }

    @Test func `the same seed tells the same story twice`() {
        for seed in 0..<UInt64(40) {
            var first = World(seed: seed)
            var second = World(seed: seed)
            first.run()
            second.run()
            #expect(first.fingerprint == second.fingerprint, "seed \(seed)")
        }
    }

    @Test(arguments: Sabotage.allCases) func `a planted mistake is caught`(_ sabotage: Sabotage) {
        for seed in 0..<UInt64(1000) {
            var world = World(seed: seed, sabotage: sabotage)
            world.run()
            if !world.verdict().isEmpty { return }
        }
        Issue.record("\(sabotage.rawValue) went unnoticed for 1000 seeds")
    }
}

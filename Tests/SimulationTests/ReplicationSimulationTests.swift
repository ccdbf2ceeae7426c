import Testing

struct ReplicationSimulationTests {
    /// Seeds that a run tries; a failure names the seed, which reproduces it.
    static let seedCount: UInt64 = 2000

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
        for seed in 0..<UInt64(200) {
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

import Testing

struct TwoWaySimulationTests {
    @Test func `both sides are equal in the end and have what was written last, whatever goes wrong`() {
        var conflicts = 0
        for seed in 0..<ReplicationSimulationTests.seedCount / 4 {
            var world = TwoWayWorld(seed: seed)
            world.run()
            conflicts += world.conflictCount
            let verdict = world.verdict()
            guard verdict.isEmpty else {
                Issue.record("seed \(seed): \(verdict)")
                return
            }
        }
        #expect(conflicts > 0)
    }

    @Test(arguments: TwoWaySabotage.allCases) func `a planted mistake is caught`(_ sabotage: TwoWaySabotage) {
        for seed in 0..<UInt64(1000) {
            var world = TwoWayWorld(seed: seed, sabotage: sabotage)
            world.run()
            if !world.verdict().isEmpty { return }
        }
        Issue.record("\(sabotage.rawValue) went unnoticed for 1000 seeds")
    }
}

import DyadModel
import DyadReplicator
import Testing

/// What the machine does otherwise where every change counts.
struct TwoWayLaneTests {
    private func change(_ number: Int, _ name: String, _ value: Int) -> ReplicaWrite {
        ReplicaWrite(key: key(name), .put(item(name, value)), sequence: seq(number), createdAt: Bench.start)
    }

    @Test func `each change of a key is a write of its own, with its time, and a key is once in a batch`() {
        var bench = Bench { $0.keepsEveryChange = true }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        let page = RecordPage([put(1, "x", 1), put(2, "y", 1), put(3, "x", 2), put(4, "x", 3)], next: next)
        #expect(
            bench.tell(.read(a, page)).filter(\.isApply) == [.apply(lane, batch(change(1, "x", 1), change(2, "y", 1)))])
        #expect(
            bench.tell(.applied(lane, unprocessed: [])).filter(\.isApply)
                == [.apply(lane, batch(change(3, "x", 2), after: 2))])
        #expect(
            bench.tell(.applied(lane, unprocessed: [])).filter(\.isApply)
                == [.apply(lane, batch(change(4, "x", 3), after: 3))])
    }

    @Test func `what the target found is added up`() {
        var bench = Bench { $0.keepsEveryChange = true }
        _ = bench.begin(ShardDescription(a))
        _ = bench.tell(.opened(a, next))
        #expect(bench.machine.counts.twoWay == TwoWayCounts())
        for number in 1...2 {
            _ = bench.tell(.read(a, RecordPage([put(number, "x", number)], next: next)))
            var found = TwoWayCounts()
            found.conflicts = number
            _ = bench.tell(.applied(lane, ReplicaOutcome(twoWay: found)))
        }
        #expect(bench.machine.counts.twoWay?.conflicts == 3)
        #expect(bench.machine.counts.line.contains("0 echoes, 3 conflicts"))
    }

    @Test func `pages of metrics become one with each head once`() {
        let forth = "# HELP a A.\n# TYPE a counter\na{w=\"1\"} 1\n# HELP b B.\n# TYPE b gauge\nb 2\n"
        let back = "# HELP a A.\n# TYPE a counter\na{w=\"2\"} 3\n# HELP c C.\n# TYPE c gauge\nc 4\n"
        #expect(
            PrometheusPage.merged([forth, back])
                == "# HELP a A.\n# TYPE a counter\na{w=\"1\"} 1\na{w=\"2\"} 3\n# HELP b B.\n# TYPE b gauge\nb 2\n"
                + "# HELP c C.\n# TYPE c gauge\nc 4\n")
    }
}

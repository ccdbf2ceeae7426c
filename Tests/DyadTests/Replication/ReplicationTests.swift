import Dyad
import DyadModel
import Synchronization
import Testing

/// Real tables, a real stream and the whole replicator, in one process.
@Suite struct ReplicationTests {
    @Test(arguments: [1, 2]) func `inserts, changes and deletes arrive, between regions and between servers`(
        servers: Int
    ) async throws {
        try await withPair(servers: servers) { pair in
            for id in 0..<60 { try await pair.source.put(id, 1) }
            for id in 0..<40 { try await pair.source.put(id, 2) }
            for id in 0..<20 { try await pair.source.delete(id) }
            for id in 0..<5 { try await pair.source.put(id, 3) }
            let outcome = try await pair.catchUp()
            #expect(outcome.recordsApplied == 125)
            #expect(outcome.itemsCopied == 0)
            #expect(outcome.finalLine.hasPrefix("replicating tlog in cn-north-1 to tlog_replica in "))
            #expect(outcome.finalLine.contains(" caught up; 125 records read, 125 applied"))
            try await pair.expectEqual(45)
            #expect(try await pair.target.version(3) == 3)
            #expect(try await pair.target.version(10) == nil)
            #expect(try await pair.target.version(30) == 2)
        }
    }

    @Test func `an empty stream is caught up with at once`() async throws {
        try await withPair { pair in
            let outcome = try await pair.catchUp()
            #expect(outcome.recordsApplied == 0)
            try await pair.expectEqual(0)
        }
    }

    /// Three keys; each version that is applied calls forth two more, up to 40.
    private struct Chase {
        var written = [0: 1, 1: 1, 2: 1]
        var applied: [Int: Int] = [:]
        var faults: [String] = []
        var isOver: Bool { written.allSatisfy { $0.value >= 40 && applied[$0.key] == $0.value } }

        /// Takes note of a batch.
        ///
        /// - Returns: what is to be written now, in order.
        mutating func apply(_ writes: [(id: Int, version: Int)]) -> [(id: Int, version: Int)] {
            if Set(writes.map(\.id)).count < writes.count { faults.append("a key is twice in a batch") }
            var next: [(Int, Int)] = []
            for (id, version) in writes {
                if version <= applied[id] ?? 0 { faults.append("\(id) went back to \(version)") }
                applied[id] = version
                guard written[id] == version, version < 40 else { continue }
                next += [(id, version + 1), (id, version + 2)]
                written[id] = version + 2
            }
            return next
        }
    }

    @Test func `a key never goes back while its versions follow each other`() async throws {
        try await withPair { pair in
            for id in 0..<3 { try await pair.source.put(id, 1) }
            let chase = Mutex(Chase())
            let (overs, over) = AsyncStream<Void>.makeStream()
            let plan = FaultyTransport.Plan.watching { operation, body in
                guard operation == "BatchWriteItem" else { return }
                let writes = FaultyTransport.versions(in: body)
                for (id, version) in chase.withLock({ $0.apply(writes) }) { try? await pair.source.put(id, version) }
                if chase.withLock(\.isOver) { over.finish() }
            }
            let replicator = pair.replicator {
                $0.untilCaughtUp = false
                $0.batchSize = 2
                $0.targetFaults = plan
            }
            async let running = replicator.run()
            for await _ in overs {}
            replicator.stop("enough")
            #expect(try await running.ending == .stopped)
            #expect(chase.withLock(\.faults).isEmpty)
            #expect(plan.count("BatchWriteItem") >= 20)
            try await pair.expectEqual(3)
        }
    }

    @Test func `what is written while it runs arrives without a second run`() async throws {
        try await withPair { pair in
            let (writes, applied) = AsyncStream<Int>.makeStream()
            let plan = FaultyTransport.Plan.watching { operation, body in
                guard operation == "BatchWriteItem" else { return }
                for (id, _) in FaultyTransport.versions(in: body) { applied.yield(id) }
            }
            let replicator = pair.replicator {
                $0.untilCaughtUp = false
                $0.targetFaults = plan
            }
            async let running = replicator.run()
            var arrivals = writes.makeAsyncIterator()
            for id in 0..<20 {
                try await pair.source.put(id, 1)
                #expect(await arrivals.next() == id)
            }
            replicator.stop("enough")
            let outcome = try await running
            #expect(outcome.ending == .stopped)
            #expect(outcome.finalLine.contains("stopped (enough)"))
            try await pair.expectEqual(20)
        }
    }

    @Test func `LATEST takes what is written from then on`() async throws {
        try await withPair { pair in
            for id in 0..<10 { try await pair.source.put(id, 1) }
            let outcome = try await pair.catchUp { $0.position = .latest }
            #expect(outcome.recordsApplied == 0)
            let (counts, _) = try await pair.compare()
            #expect(counts.missing == 10)
        }
    }

    @Test func `a full table is copied while it is written to, deletes included`() async throws {
        try await withPair(streaming: nil) { pair in
            for id in 0..<200 { try await pair.source.put(id, 1) }
            try await pair.source.setStream("NEW_IMAGE")
            let folder = FreshFolder.made()
            // Every page of the scan waits for a few writes, so that they fall before, into and behind it.
            let written = Mutex(0)
            let plan = FaultyTransport.Plan.watching { operation, _ in
                guard operation == "Scan" else { return }
                let turn = written.withLock { written in
                    written += 1
                    return written
                }
                for id in stride(from: turn % 7, to: 200, by: 7) {
                    if id % 3 == 0 {
                        try? await pair.source.delete(id)
                    } else {
                        try? await pair.source.put(id, turn + 1)
                    }
                }
                try? await pair.source.put(1000 + turn, 1)
            }
            let outcome = try await pair.catchUp {
                $0.backfill = true
                $0.checkpoint = folder.path + "/c"
                $0.sourceFaults = plan
            }
            #expect(outcome.itemsCopied > 0)
            #expect(plan.count("Scan") >= 4)
            #expect(pair.log.has("the replica is consistent"))
            // It ended when the replay had passed the scan's end; nothing was written after the scan.
            try await pair.expectEqual()
            let again = try await pair.catchUp {
                $0.backfill = true
                $0.checkpoint = folder.path + "/c"
            }
            #expect(again.itemsCopied == 0)
            #expect(again.recordsApplied == 0)
            withExtendedLifetime(folder) {}
        }
    }
}

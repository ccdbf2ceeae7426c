import Dyad
import DyadClient
import DyadModel
import DyadReplicator
import Synchronization
import Testing

/// Writes that carry their lane's position: late ones change nothing.
@Suite struct GuardedReplicationTests {
    /// Holds one write back: the client is told that it timed out, and `release` sends it after all.
    private final class Straggler: Sendable {
        private struct State {
            var held: (@Sendable () async -> Int)?
            var isArmed = false
            var seen = 0
        }

        private let state = Mutex(State())

        /// The next write of items is held.
        func arm() { state.withLock { $0.isArmed = true } }
        var isHolding: Bool { state.withLock { $0.held != nil } }

        /// Whether this request is the one.
        func takes(_ request: TransportRequest, _ network: any Transport) -> Bool {
            let target = request.headers.first { $0.name == "x-amz-target" }?.value ?? ""
            let body = String(decoding: request.body, as: UTF8.self)
            guard target.hasSuffix("Write") || target.hasSuffix("WriteItem") || target.hasSuffix("WriteItems"),
                body.contains("tlog_replica")
            else { return false }
            return state.withLock { state in
                guard state.isArmed, state.held == nil else { return false }
                state.isArmed = false
                state.held = { (try? await network.send(request))?.status ?? 0 }
                return true
            }
        }

        /// Sends it; the status that it gets.
        func release() async -> Int {
            let held = state.withLock { $0.held }
            return await held?() ?? 0
        }
    }

    private struct StragglingTransport: Transport {
        let network: any Transport
        let straggler: Straggler

        func send(_ request: TransportRequest) async throws(ClientError) -> TransportAnswer {
            if straggler.takes(request, network) {
                throw .transport(description: "timeout", wasSent: true, isTimeout: true)
            }
            return try await network.send(request)
        }

        func shutdown() async { await network.shutdown() }
    }

    /// Version 1 of an item is written late, behind version 2.
    private func versionAfterLateWrite(isGuarded: Bool) async throws -> (version: Int?, status: Int) {
        let found = Mutex<(Int?, Int)>((nil, 0))
        try await withPair { pair in
            let straggler = Straggler()
            straggler.arm()
            var replicator = pair.replicator {
                $0.untilCaughtUp = false
                $0.isGuarded = isGuarded
            }
            replicator.wrapTarget = { StragglingTransport(network: $0, straggler: straggler) }
            let running = replicator
            async let outcome = running.run()
            try await pair.source.put(1, 1)
            while !straggler.isHolding { await Task.yield() }
            while try await pair.target.version(1) != 1 { await Task.yield() }
            try await pair.source.put(1, 2)
            while try await pair.target.version(1) != 2 { await Task.yield() }
            let status = await straggler.release()
            let version = try await pair.target.version(1)
            found.withLock { $0 = (version, status) }
            replicator.stop("enough")
            #expect(try await outcome.ending == .stopped)
        }
        return found.withLock { $0 }
    }

    @Test func `without the guard a write that comes late brings an old item back`() async throws {
        #expect(try await versionAfterLateWrite(isGuarded: false) == (1, 200))
    }

    @Test func `with the guard a write that comes late changes nothing`() async throws {
        #expect(try await versionAfterLateWrite(isGuarded: true) == (2, 400))
    }

    @Test func `changes, deletes and a backfill arrive`() async throws {
        try await withPair { pair in
            for id in 0..<150 { try await pair.source.put(id, 1) }
            for id in 0..<150 where id % 3 == 0 { try await pair.source.put(id, 2) }
            for id in 0..<150 where id % 5 == 0 { try await pair.source.delete(id) }
            try await pair.catchUp {
                $0.backfill = true
                $0.isGuarded = true
                $0.batchSize = 1000
            }
            try await pair.expectEqual(120)
        }
    }

    @Test(arguments: [FaultyTransport.Fault.refusedConnection, .lostAnswer, .serverError, .throttled])
    func `a target that fails every second time loses nothing and applies nothing twice`(
        _ fault: FaultyTransport.Fault
    ) async throws {
        try await withPair { pair in
            for id in 0..<40 { try await pair.source.put(id, 1) }
            for id in 0..<40 where id % 3 == 0 { try await pair.source.put(id, 2) }
            for id in 0..<40 where id % 5 == 0 { try await pair.source.delete(id) }
            let plan = FaultyTransport.Plan { operation, number in
                operation == "TransactWriteItems" && number % 2 == 1 && number < 20 ? fault : nil
            }
            let outcome = try await pair.catchUp {
                $0.targetFaults = plan
                $0.isGuarded = true
                $0.batchSize = 5
            }
            #expect(plan.faultsMet >= 3)
            #expect(outcome.recordsApplied == 62)
            try await pair.expectEqual(32)
        }
    }

    @Test func `a restart with other parallelism keeps the lanes, and a lost checkpoint applies all anew`() async throws
    {
        let folder = FreshFolder.made()
        let path = folder.path + "/checkpoint"
        try await withPair { pair in
            for id in 0..<30 { try await pair.source.put(id, 1) }
            try await pair.catchUp {
                $0.isGuarded = true
                $0.checkpoint = path
            }
            for id in 0..<30 { try await pair.source.put(id, 2) }
            try await pair.catchUp {
                $0.isGuarded = true
                $0.checkpoint = path
                $0.parallelism = 3
            }
            let rows = try await pair.target.call(
                "Scan", #"{"TableName": "coordination", "Select": "COUNT"}"#)["Count"]?.integer
            // Four lanes and the link.
            #expect(rows == 5)
            try await pair.target.delete(7)
            // Without a checkpoint all is wanted again, whatever the positions say.
            try await pair.catchUp { $0.isGuarded = true }
            try await pair.expectEqual(30)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func `rows of shards that are long gone are removed, and no others`() async throws {
        let folder = FreshFolder.made()
        let path = folder.path + "/checkpoint"
        try await withPair { pair in
            func lanes() async throws -> [String: Int] {
                let page = try await pair.target.call("Scan", #"{"TableName": "coordination"}"#)
                var counts: [String: Int] = [:]
                for row in page["Items"]?.elements.map({ $0 }) ?? [] {
                    guard row["row"]?["S"]?.string?.hasPrefix("lane-") == true else { continue }
                    counts[row["link"]?["S"]?.string ?? "", default: 0] += 1
                }
                return counts
            }
            func catchUp() async throws {
                try await pair.catchUp {
                    $0.isGuarded = true
                    $0.checkpoint = path
                }
            }
            for id in 0..<30 { try await pair.source.put(id, 1) }
            try await catchUp()
            let shards = try await pair.source.server.rollShards(ofTable: "tlog", in: "cn-north-1")
            let gone = ShardID(try #require(shards.first { !$0.isOpen }?.id))
            // In steps of less than what the stream keeps, so that no checkpoint is trimmed.
            for version in 2...4 {
                for id in 0..<30 { try await pair.source.put(id, version) }
                try await catchUp()
                pair.source.server.advance(by: .seconds(20 * 3600))
            }
            // The stream no longer lists it, but by the replicator's own clock it ended just now.
            let before = try await lanes()
            #expect(before.count > 1 && before.values.allSatisfy { $0 == 4 })
            #expect(before.keys.contains { $0.hasSuffix(gone.rawValue) })
            let store = FileCheckpointStore(path: path)
            var checkpoint = try #require(try await store.load())
            guard case .finished(let time) = checkpoint.shards[gone] else {
                Issue.record("\(gone) is not finished")
                return
            }
            checkpoint.shards[gone] = .finished(at: time.advanced(by: -3 * 24 * 3_600_000))
            try await store.save(checkpoint)
            try await catchUp()
            let after = try await lanes()
            #expect(after == before.filter { !$0.key.hasSuffix(gone.rawValue) })
            try await pair.expectEqual(30)
            try await catchUp()
            #expect(try await store.load()?.shards.keys.contains(gone) == false)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func `who was overtaken by a new beginning ends and says so`() async throws {
        try await withPair { pair in
            let first = pair.replicator {
                $0.untilCaughtUp = false
                $0.isGuarded = true
            }
            async let outcome = first.run()
            try await pair.source.put(1, 1)
            while try await pair.target.version(1) != 1 { await Task.yield() }
            try await pair.catchUp { $0.isGuarded = true }
            try await pair.source.put(1, 2)
            let ended = try await outcome
            #expect(ended.ending == .failed)
            #expect(ended.finalLine.contains("was begun anew by another process"))
        }
    }
}

import Dyad
import DyadClient
import DyadModel
import Synchronization
import Testing

/// What a checkpoint file means for the next run.
@Suite struct ReplicationRestartTests {
    private func withCheckpoint(_ body: (String) async throws -> Void) async throws {
        let folder = FreshFolder.made()
        try await body(folder.path + "/checkpoint")
        withExtendedLifetime(folder) {}
    }

    private func refusal(_ pair: Pair, checkpoint: String? = nil) async -> String? {
        let error = await #expect(throws: Replicator.NotStarted.self) {
            try await pair.replicator { $0.checkpoint = checkpoint }.run()
        }
        return error?.description
    }

    @Test func `a second run applies what is new and nothing else`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                for id in 0..<50 { try await pair.source.put(id, 1) }
                try await pair.catchUp { $0.checkpoint = path }
                for id in 40..<60 { try await pair.source.put(id, 2) }
                try await pair.source.delete(3)
                let written = Mutex<Set<Int>>([])
                let plan = FaultyTransport.Plan.watching { operation, body in
                    guard operation == "BatchWriteItem" else { return }
                    written.withLock { $0.formUnion(FaultyTransport.versions(in: body).map(\.id)) }
                }
                let outcome = try await pair.catchUp {
                    $0.checkpoint = path
                    $0.targetFaults = plan
                }
                #expect(outcome.recordsApplied == 21)
                #expect(written.withLock { $0 } == Set(40..<60))
                #expect(pair.log.has("going on from the checkpoint"))
                try await pair.expectEqual(59)
            }
        }
    }

    @Test func `cancelled, it finishes what is in flight and goes on behind that`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                for id in 0..<20 { try await pair.source.put(id, 1) }
                let (begins, begin) = AsyncStream<Void>.makeStream()
                let (releases, release) = AsyncStream<Void>.makeStream()
                let plan = FaultyTransport.Plan.watching { operation, _ in
                    guard operation == "BatchWriteItem" else { return }
                    begin.finish()
                    for await _ in releases {}
                }
                let replicator = pair.replicator {
                    $0.untilCaughtUp = false
                    $0.parallelism = 1
                    $0.checkpoint = path
                    $0.targetFaults = plan
                }
                let running = Task { try await replicator.run() }
                for await _ in begins {}
                running.cancel()
                release.finish()
                let outcome = try await running.value
                #expect(outcome.ending == .stopped)
                #expect(outcome.recordsApplied == 20)
                try await pair.expectEqual(20)
                #expect(try await pair.catchUp { $0.checkpoint = path }.recordsApplied == 0)
            }
        }
    }

    @Test func `stopped in the middle, again and again, it loses nothing`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                for version in 1...3 { for id in 0..<30 { try await pair.source.put(id, version) } }
                for id in 0..<30 where id % 4 == 0 { try await pair.source.delete(id) }
                for turn in 1...4 {
                    let (overs, over) = AsyncStream<Void>.makeStream()
                    // The answer is lost as well: the stop finds work half done.
                    let plan = FaultyTransport.Plan { operation, number in
                        guard operation == "BatchWriteItem" else { return nil }
                        if number >= turn { over.finish() }
                        return number >= turn ? .lostAnswer : nil
                    }
                    let replicator = pair.replicator {
                        $0.untilCaughtUp = false
                        $0.checkpoint = path
                        $0.batchSize = 3
                        $0.targetFaults = plan
                    }
                    async let running = replicator.run()
                    for await _ in overs {}
                    replicator.stop("turn \(turn)")
                    #expect(try await running.ending == .stopped)
                }
                try await pair.catchUp { $0.checkpoint = path }
                try await pair.expectEqual(22)
            }
        }
    }

    @Test func `what is missing is said, with what to do`() async throws {
        try await withPair(streaming: nil) { pair in
            let command =
                "aws dynamodb update-table --table-name tlog --region cn-north-1 --endpoint-url "
                + "\(pair.source.server.endpoint) --stream-specification "
                + "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
            #expect(
                await refusal(pair)
                    == "the table tlog in cn-north-1 has no stream. Enable one with:\n  \(command)")
            try await pair.source.setStream("KEYS_ONLY")
            #expect(
                await refusal(pair) == "the stream of tlog in cn-north-1 is KEYS_ONLY, which does not hold the new "
                    + "items. Disable it, and enable one that does with:\n  \(command)")
            var other = pair
            other.source = try Side(pair.source.server, "cn-north-1", "nowhere")
            #expect(await refusal(other) == "the source table nowhere does not exist in cn-north-1")
            await other.source.client.shutdown()
            other = pair
            other.target = try Side(pair.source.server, "eu-west-1", "tlog_replica")
            #expect(await refusal(other) == "the target table tlog_replica does not exist in eu-west-1")
            await other.target.client.shutdown()
            other.target = pair.source
            #expect(await refusal(other) == "source and target are the same table, tlog in cn-north-1")
        }
    }

    @Test(arguments: ["id:N", "other:S", "id:S,host:S"])
    func `tables with different keys are not joined`(keys: String) async throws {
        try await withPair(targetKeys: keys) { pair in
            let reason = try #require(await refusal(pair))
            #expect(reason.hasPrefix("the keys differ: tlog has id (S, partition key), tlog_replica has "))
        }
    }

    @Test func `a checkpoint serves one pair, and one run at a time`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                try await pair.source.put(1, 1)
                try await pair.catchUp { $0.checkpoint = path }
                var other = pair
                other.target = try Side(pair.source.server, "eu-west-1", "tlog_replica")
                try await other.target.makeTable()
                let reason = await refusal(other, checkpoint: path)
                #expect(reason?.contains("is the checkpoint of tlog in cn-north-1 to tlog_replica in cn-no") == true)
                #expect(reason?.hasSuffix("Name another file with --checkpoint.") == true)
                await other.target.client.shutdown()

                let running = pair.replicator {
                    $0.untilCaughtUp = false
                    $0.checkpoint = path
                }
                async let outcome = running.run()
                await pair.log.wait(for: "going on from the checkpoint")
                #expect(
                    await refusal(pair, checkpoint: path)
                        == "another dyad replicate is running with the checkpoint \(path)")
                running.stop("enough")
                #expect(try await outcome.ending == .stopped)
            }
        }
    }

    @Test func `a stream that is disabled under way ends it when all that it held is applied`() async throws {
        try await withPair { pair in
            for id in 0..<20 { try await pair.source.put(id, 1) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                let replicator = pair.replicator { $0.untilCaughtUp = false }
                group.addTask {
                    let outcome = try await replicator.run()
                    #expect(outcome.ending == .failed)
                    #expect(outcome.finalLine.contains("the stream was disabled; all that it held is applied"))
                }
                await pair.log.wait(for: "reading the shard")
                for id in 20..<40 { try await pair.source.put(id, 1) }
                try await pair.source.setStream(nil)
                try await group.waitForAll()
            }
            try await pair.expectEqual(40)
        }
    }

    @Test func `a stream that was disabled and enabled again is another one, and that is said`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                for id in 0..<10 { try await pair.source.put(id, 1) }
                try await pair.catchUp { $0.checkpoint = path }
                try await pair.source.setStream(nil)
                try await pair.source.put(100, 1)
                try await pair.source.delete(0)
                try await pair.source.setStream("NEW_IMAGE")
                try await pair.source.put(101, 1)
                let outcome = try await pair.catchUp { $0.checkpoint = path }
                #expect(outcome.recordsApplied == 1)
                #expect(pair.log.has("The stream of tlog in cn-north-1 is another one than in"))
                #expect(pair.log.has("--backfill copies the whole table"))
                let differences = try await pair.compare().differences
                #expect(differences == [#"extra {"id":{"S":"0"}}"#, #"missing {"id":{"S":"100"}}"#])
            }
        }
    }

    @Test func `a target that was made anew is filled by a backfill alone`() async throws {
        try await withCheckpoint { path in
            try await withPair { pair in
                for id in 0..<10 { try await pair.source.put(id, 1) }
                try await pair.catchUp { $0.checkpoint = path }
                try await pair.target.deleteTable()
                try await pair.target.makeTable()
                try await pair.source.put(10, 1)
                let reason = await refusal(pair, checkpoint: path)
                #expect(reason?.contains("was created anew since") == true)
                #expect(reason?.contains("Start again with --backfill") == true)
                let outcome = try await pair.catchUp {
                    $0.checkpoint = path
                    $0.backfill = true
                }
                #expect(outcome.itemsCopied == 11)
                try await pair.expectEqual(11)
            }
        }
    }

    @Test func `a checkpoint behind what the stream has trimmed ends it, and a backfill helps`() async throws {
        try await withCheckpoint { path in
            try await withPair(clock: .manual) { pair in
                for id in 0..<5 { try await pair.source.put(id, 1) }
                try await pair.catchUp { $0.checkpoint = path }
                for id in 5..<10 { try await pair.source.put(id, 1) }
                pair.source.server.advance(by: .seconds(25 * 3600))
                await pair.source.server.settle()
                try await pair.source.put(10, 1)
                let outcome = try await pair.replicator { $0.checkpoint = path }.run()
                #expect(outcome.ending == .failed)
                #expect(outcome.finalLine.contains("the stream no longer keeps shard "))
                #expect(outcome.finalLine.contains("so changes are lost"))
                #expect(outcome.finalLine.contains("Start again with --backfill to copy the whole table"))
                try await pair.catchUp {
                    $0.checkpoint = path
                    $0.backfill = true
                }
                #expect(pair.log.has("copying the table anew"))
                try await pair.expectEqual(11)
            }
        }
    }
}

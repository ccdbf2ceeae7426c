import DyadModel
import DyadReplicator
import Logging
import Synchronization
import Testing

@testable import Dyad

/// Log lines as objects: OpenTelemetry's fields, and what an announcement knows.
struct StructuredLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func line(_ log: (Logger) -> Void) throws -> JSONNode {
        let lines = Lines()
        var logger = Logger(label: "replicate") { label in
            StructuredLogHandler(
                scope: label, resource: ["service.name": "dyad"], attributes: ["dyad.source.table": "tlog"],
                clock: ManualClock(Timestamp(milliseconds: 1_550_036_758_026))
            ) { line in lines.all.withLock { $0.append(line) } }
        }
        logger.logLevel = .trace
        log(logger)
        let found = lines.all.withLock { $0 }
        #expect(found.count == 1 && !(found.first ?? "\n").contains("\n"))
        return try JSONDocument(parsing: Array((found.first ?? "").utf8)).root
    }

    @Test func `a line has the fields of a log record`() throws {
        let line = try line {
            $0.notice(
                "it is \"here\"\n", metadata: ["event.name": "dyad.x", "a.count": .stringConvertible(3), "b": "3"])
        }
        #expect(line["timestamp"]?.string == "2019-02-13T05:45:58.026Z")
        #expect(line["severityText"]?.string == "NOTICE" && line["severityNumber"]?.integer == 10)
        #expect(line["eventName"]?.string == "dyad.x" && line["body"]?.string == "it is \"here\"\n")
        let attributes = try #require(line["attributes"])
        #expect(attributes["a.count"]?.integer == 3 && attributes["b"]?.string == "3")
        #expect(attributes["dyad.source.table"]?.string == "tlog" && attributes["event.name"] == nil)
        #expect(line["resource"]?["service.name"]?.string == "dyad")
        #expect(line["instrumentationScope"]?["name"]?.string == "replicate")
    }

    @Test(arguments: [
        (Logger.Level.trace, 1), (.debug, 5), (.info, 9), (.notice, 10), (.warning, 13), (.error, 17), (.critical, 18),
    ])
    func `severities are OpenTelemetry's numbers`(level: Logger.Level, number: Int) throws {
        #expect(try line { $0.log(level: level, "x") }["severityNumber"]?.integer == number)
    }

    @Test func `lists, flags and what is nested keep their form`() throws {
        let line = try line {
            $0.info(
                "x", metadata: ["l": ["a", "b"], "f": .stringConvertible(true), "n": ["m": .stringConvertible(1)]])
        }
        let attributes = try #require(line["attributes"])
        #expect(attributes["l"]?.elements.map { $0.string } == ["a", "b"])
        #expect(attributes["f"]?.kind == .true && attributes["n"]?["m"]?.integer == 1)
        #expect(line["eventName"] == nil)
    }

    @Test func `a refused batch's line names table, region, shard, lane, record and error`() async throws {
        try await withPair { pair in
            try await pair.source.put(1, 1)
            let plan = FaultyTransport.Plan { operation, number in
                operation == "BatchWriteItem" && number == 1 ? .throttled : nil
            }
            let lines = Lines()
            let logger = Logger(label: "replicate") { label in
                StructuredLogHandler(scope: label, resource: [:]) { line in lines.all.withLock { $0.append(line) } }
            }
            var configuration = Replicator.Configuration(source: pair.source.address, target: pair.target.address)
            configuration.untilCaughtUp = true
            var replicator = Replicator(configuration, logger: logger)
            replicator.wrapTarget = { FaultyTransport($0, plan) }
            let outcome = try await replicator.run()
            #expect(outcome.ending == .caughtUp)
            let found = try lines.all.withLock { $0 }.map { try JSONDocument(parsing: Array($0.utf8)).root }
            let retry = try #require(found.first { $0["eventName"]?.string == "dyad.replication.retry" }?["attributes"])
            #expect(retry["aws.dynamodb.table_names"]?.elements.map { $0.string } == ["tlog_replica"])
            #expect(retry["cloud.region"]?.string == "cn-northwest-1" && retry["dyad.side"]?.string == "target")
            #expect(retry["db.operation.name"]?.string == "BatchWriteItem" && retry["dyad.attempt"]?.integer == 1)
            #expect(retry["error.type"]?.string == "ProvisionedThroughputExceededException")
            #expect(retry["dyad.shard.id"]?.string?.hasPrefix("shardId-") == true)
            #expect(retry["dyad.key"]?.string == #"{"id":{"S":"1"}}"#)
            let sequence = try #require(retry["dyad.sequence_number"]?.string.flatMap(SequenceNumber.init))
            guard case .dictionary(let positions) = outcome.metadata["dyad.checkpoint.shards"] else {
                Issue.record("the end names no shards")
                return
            }
            #expect(positions.values.contains { "\($0)" == sequence.text })
        }
    }
}

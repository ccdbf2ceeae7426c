import Dyad
import DyadMappings
import DyadModel
import Synchronization
import Testing

/// Mappings of an emulated stream to a function, in one process.
struct MappingTests {
    @Test func `a function is invoked with a stream's records, in AWS's shape`() async throws {
        try await withMappedTable { table in
            try await table.side.put(1, 1)
            try await table.side.put(1, 2)
            try await table.side.delete(1)
            let id = try await table.map()
            try await eventually("three records") { table.function.invocations.flatMap(\.ids).count == 3 }
            let records = table.function.invocations.flatMap(\.records)
            #expect(records.compactMap { $0["eventName"]?.string } == ["INSERT", "MODIFY", "REMOVE"])
            let modified = records[1]
            #expect(
                modified.members.map(\.name) == [
                    "eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN",
                ])
            #expect(modified["eventSource"]?.string == "aws:dynamodb" && modified["eventVersion"]?.string == "1.1")
            #expect(modified["awsRegion"]?.string == "cn-north-1")
            #expect(modified["eventSourceARN"]?.string == table.streamARN)
            let body = try #require(modified["dynamodb"])
            #expect(
                body.members.map(\.name) == [
                    "ApproximateCreationDateTime", "Keys", "NewImage", "OldImage", "SequenceNumber", "SizeBytes",
                    "StreamViewType",
                ])
            #expect(body["NewImage"]?["v"]?["N"]?.string == "2" && body["OldImage"]?["v"]?["N"]?.string == "1")
            #expect(body["StreamViewType"]?.string == "NEW_AND_OLD_IMAGES")
            #expect(table.function.invocations[0].functionARN == "arn:aws-cn:lambda:cn-north-1:123456789012:function:f")
            try await eventually("OK") { try await table.result(id) == "OK" }
        }
    }

    @Test func `what the service deleted says so as Lambda does`() async throws {
        try await withMappedTable(clock: .manual) { table in
            try await table.side.call(
                "UpdateTimeToLive",
                #"{"TableName": "tlog", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}}"#)
            table.server.advance(by: .seconds(3600))
            await table.server.settle()
            try await table.side.put(#"{"id": {"S": "old"}, "ttl": {"N": "1700000000"}}"#)
            table.server.advance(by: .seconds(3600))
            await table.server.settle()
            _ = try await table.map()
            try await eventually("an expiry") { table.function.invocations.flatMap(\.records).count == 2 }
            let expired = try #require(table.function.invocations.flatMap(\.records).last)
            #expect(expired["eventName"]?.string == "REMOVE")
            #expect(
                expired["userIdentity"]?.raw.elementsEqual(
                    #"{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#.utf8) == true)
        }
    }

    @Test(arguments: ["KEYS_ONLY", "OLD_IMAGE", "NEW_IMAGE"])
    func `streams of every view are handed on`(view: String) async throws {
        try await withMappedTable(view: view) { table in
            try await table.side.put(1, 1)
            try await table.side.put(1, 2)
            _ = try await table.map()
            try await eventually("two records") { table.function.invocations.flatMap(\.ids) == ["1", "1"] }
        }
    }

    @Test func `batches are no larger than asked for, and nothing is left out or repeated`() async throws {
        try await withMappedTable { table in
            for id in 0..<250 { try await table.side.put(id, 1) }
            _ = try await table.map(#""BatchSize": 40"#)
            try await eventually("all records") { table.function.invocations.flatMap(\.ids).count >= 250 }
            #expect(table.function.invocations.flatMap(\.ids) == (0..<250).map(String.init))
            #expect(table.function.invocations.allSatisfy { $0.records.count <= 40 })
            #expect(table.function.invocations.first?.records.count == 40)
        }
    }

    @Test func `LATEST begins where the mapping became enabled, also when nothing came before a restart`() async throws
    {
        try await withMappedTable { table in
            try await table.side.put(1, 1)
            _ = try await table.map(from: "LATEST")
            await table.mappings.stop()
            try await table.side.put(2, 1)
            let function = ScriptedFunction()
            let again = try await table.restarted(function)
            try await table.side.put(3, 1)
            try await eventually("what is new") { function.invocations.flatMap(\.ids) == ["2", "3"] }
            await again.mappings.stop()
            #expect(table.function.invocations.isEmpty)
        }
    }

    @Test func `a function that raises gets its batch again, and the mapping tells of it`() async throws {
        try await withMappedTable { table in
            table.function.change { invocation in
                invocation.number < 3 ? .failed("raised") : .returned(Array("{}".utf8))
            }
            for id in 0..<3 { try await table.side.put(id, 1) }
            let id = try await table.map()
            try await eventually("a problem") { try await table.result(id) == "PROBLEM: Function call failed" }
            try await eventually("OK") { try await table.result(id) == "OK" }
            #expect(table.function.invocations.map(\.ids) == Array(repeating: ["0", "1", "2"], count: 3))
        }
    }

    @Test func `a mapping outlives its function, and says that it is gone`() async throws {
        try await withMappedTable { table in
            table.function.change { _ in .missing }
            try await table.side.put(1, 1)
            let id = try await table.map(#""MaximumRetryAttempts": 0"#)
            try await eventually("a problem") { try await table.result(id) == "PROBLEM: Function not found" }
            table.function.change { _ in .returned([]) }
            try await eventually("OK") { try await table.result(id) == "OK" }
        }
    }

    @Test func `only what was not handled comes again`() async throws {
        try await withMappedTable { table in
            table.function.change { invocation in
                guard invocation.number == 1 else { return .returned(Array(#"{"batchItemFailures": []}"#.utf8)) }
                let failed = invocation.sequenceNumbers[2...].reversed().map { #"{"itemIdentifier": "\#($0)"}"# }
                return .returned(Array(#"{"batchItemFailures": [\#(failed.joined(separator: ","))]}"#.utf8))
            }
            for id in 0..<5 { try await table.side.put(id, 1) }
            _ = try await table.map(#""FunctionResponseTypes": ["ReportBatchItemFailures"]"#)
            try await eventually("two invocations") { table.function.invocations.count == 2 }
            #expect(table.function.invocations.map(\.ids) == [["0", "1", "2", "3", "4"], ["2", "3", "4"]])
        }
    }

    @Test func `what a filter holds back is never handed on`() async throws {
        try await withMappedTable { table in
            for id in 0..<6 { try await table.side.put(id, id % 2) }
            _ = try await table.map(
                #""FilterCriteria": {"Filters": [{"Pattern": "{\"dynamodb\": {\"NewImage\": {\"v\": {\"N\": [\"1\"]}}}}"}]}"#
            )
            try await eventually("the odd ones") { table.function.invocations.flatMap(\.ids) == ["1", "3", "5"] }
            try await table.side.put(6, 0)
            try await table.side.put(7, 1)
            try await eventually("one more") { table.function.invocations.flatMap(\.ids) == ["1", "3", "5", "7"] }
        }
    }

    @Test func `a batch without attempts left is told of in a file before the next is handed on`() async throws {
        let folder = FreshFolder.made()
        try await withMappedTable(folder: folder.path) { table in
            table.function.change { $0.ids.contains("bad") ? .failed("raised") : .returned([]) }
            for id in ["a", "bad", "b"] { try await table.side.put(#"{"id": {"S": "\#(id)"}}"#) }
            let id = try await table.map(
                """
                "BatchSize": 1, "MaximumRetryAttempts": 1,
                "DestinationConfig": {"OnFailure": {"Destination": "arn:aws-cn:sqs:cn-north-1:123456789012:q"}}
                """)
            try await eventually("the last") { table.function.invocations.last?.ids == ["b"] }
            #expect(table.function.invocations.flatMap(\.ids) == ["a", "bad", "bad", "b"])
            let lines = try textLines(of: "\(folder.path)/on-failure/\(id).jsonl")
            #expect(lines.count == 1)
            let told = try JSONDocument(parsing: Array(lines[0].utf8)).root
            let failed = table.function.invocations[2]
            #expect(told["requestContext"]?["condition"]?.string == "RetryAttemptsExhausted")
            #expect(told["requestContext"]?["approximateInvokeCount"]?.integer == 2)
            #expect(told["requestContext"]?["functionArn"]?.string == failed.functionARN)
            #expect(told["requestContext"]?["requestId"]?.string == "request-3")
            #expect(
                told["responseContext"]?.raw.elementsEqual(
                    #"{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}"#.utf8) == true)
            #expect(told["version"]?.string == "1.0")
            let batch = try #require(told["DDBStreamBatchInfo"])
            #expect(batch["startSequenceNumber"]?.string == failed.sequenceNumbers[0])
            #expect(batch["endSequenceNumber"]?.string == failed.sequenceNumbers[0])
            #expect(batch["batchSize"]?.integer == 1 && batch["streamArn"]?.string == table.streamARN)
            #expect(batch["shardId"]?.string?.hasPrefix("shardId-") == true)
            #expect(batch["approximateArrivalOfFirstRecord"]?.string?.utf8.count == 20)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func `a batch is halved until the record is alone that is to blame`() async throws {
        try await withMappedTable { table in
            table.function.change { $0.ids.contains("5") ? .failed("raised") : .returned([]) }
            for id in 0..<8 { try await table.side.put(id, 1) }
            _ = try await table.map(#""BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 0"#)
            try await eventually("the others") {
                Set(table.function.invocations.filter { !$0.ids.contains("5") }.flatMap(\.ids)).count == 7
            }
            #expect(table.log.has("1 records were given up (RetryAttemptsExhausted)"))
        }
    }

    @Test func `records become too old by the server's clock`() async throws {
        try await withMappedTable { table in
            table.function.change { _ in .failed("raised") }
            try await table.side.put(1, 1)
            _ = try await table.map(#""MaximumRecordAgeInSeconds": 60"#)
            try await eventually("an attempt") { !table.function.invocations.isEmpty }
            table.server.advance(by: .seconds(62))
            try await table.side.put(2, 1)
            table.function.change { _ in .returned([]) }
            try await eventually("the next") { table.function.invocations.last?.ids == ["2"] }
            #expect(table.log.has("1 records were given up (RecordAgeExceeded)"))
        }
    }

    @Test func `a partition's changes stay in order under parallelization, whatever fails`() async throws {
        try await withMappedTable(keys: "id:S,sort:N") { table in
            // The last that was handled of each partition.
            let last = Mutex<[String: Int]>([:])
            let wrong = Mutex<[String]>([])
            table.function.change { invocation in
                if invocation.number % 3 == 0 { return .failed("raised") }
                for record in invocation.records {
                    guard let image = record["dynamodb"]?["NewImage"], let id = image["id"]?["S"]?.string,
                        let version = image["v"]?["N"]?.string.flatMap({ Int($0) })
                    else { continue }
                    let before = last.withLock { $0.updateValue(version, forKey: id) } ?? 0
                    if version != before + 1 { wrong.withLock { $0.append("\(id): \(before), \(version)") } }
                }
                return .returned([])
            }
            for version in 1...20 {
                for id in 0..<12 {
                    try await table.side.put(
                        #"{"id": {"S": "\#(id)"}, "sort": {"N": "\#(version % 5)"}, "v": {"N": "\#(version)"}}"#)
                }
            }
            _ = try await table.map(#""ParallelizationFactor": 10, "BatchSize": 7"#)
            try await eventually("all") { last.withLock { $0.count == 12 && $0.values.allSatisfy { $0 == 20 } } }
            #expect(wrong.withLock { $0 } == [])
        }
    }

    @Test func `a key's changes stay in order through the splits of its shard`() async throws {
        try await withMappedTable { table in
            _ = try await table.map(#""BatchSize": 3"#)
            for version in 1...6 {
                for id in 0..<6 { try await table.side.put(id, version) }
                if version % 2 == 0 { try await table.server.splitShards(ofTable: "tlog", in: MappedTable.region) }
            }
            try await eventually("all") { table.function.invocations.flatMap(\.records).count == 36 }
            for id in 0..<6 {
                let versions = table.function.invocations.flatMap(\.records).compactMap { record -> Int? in
                    guard record["dynamodb"]?["Keys"]?["id"]?["S"]?.string == String(id) else { return nil }
                    return record["dynamodb"]?["NewImage"]?["v"]?["N"]?.string.flatMap { Int($0) }
                }
                #expect(versions == Array(1...6), "\(id)")
            }
        }
    }
}

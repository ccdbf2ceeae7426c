import DyadMappings
import DyadModel
import Testing

struct MappingServiceTests {
    @Test func `a mapping is made with AWS's defaults, and is enabled soon`() async throws {
        let service = Service()
        let made = try await service.create()
        #expect(made.status == 202)
        // Recorded from AWS by LocalStack's tests, in February 2025.
        #expect(made["State"] == "Creating")
        #expect(made["StateTransitionReason"] == "User action")
        #expect(made["LastProcessingResult"] == "No records processed")
        #expect(made["FunctionArn"] == "arn:aws:lambda:eu-west-1:123456789012:function:f")
        let id = try #require(made["UUID"])
        #expect(
            made["EventSourceMappingArn"] == "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:\(id)")
        for (name, value) in [
            ("BatchSize", "100"), ("MaximumBatchingWindowInSeconds", "0"), ("ParallelizationFactor", "1"),
            ("MaximumRecordAgeInSeconds", "-1"), ("MaximumRetryAttempts", "-1"), ("TumblingWindowInSeconds", "0"),
            ("BisectBatchOnFunctionError", "false"), ("FunctionResponseTypes", "[]"),
            ("DestinationConfig", #"{"OnFailure":{}}"#), ("LastModified", "1550036758.026"),
        ] {
            #expect((made.root[name]?.raw).map { String(decoding: $0, as: UTF8.self) } == value, "\(name)")
        }
        #expect(made.root["FilterCriteria"] == nil)
        #expect(try await service.settled(id)["State"] == "Enabled")
        await service.mappings.stop()
    }

    @Test func `what is set is told again, after a restart too`() async throws {
        let documents = MemoryDocumentStore()
        let service = Service(keptIn: documents)
        let made = try await service.create(
            "f:live", stream,
            #"""
            , "Enabled": false, "BatchSize": 7, "MaximumBatchingWindowInSeconds": 5, "ParallelizationFactor": 3,
            "MaximumRetryAttempts": 2, "MaximumRecordAgeInSeconds": 60, "BisectBatchOnFunctionError": true,
            "FunctionResponseTypes": ["ReportBatchItemFailures"], "TumblingWindowInSeconds": 0,
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:q"}},
            "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\": [\"INSERT\"]}"}]}
            """#)
        let id = try #require(made["UUID"])
        #expect(try await service.settled(id)["State"] == "Disabled")
        await service.mappings.stop()
        let again = Service(keptIn: documents)
        await again.mappings.start([scope])
        let told = try await again.ask("GET", id)
        #expect(told.status == 200 && told["State"] == "Disabled")
        #expect(told["FunctionArn"] == "arn:aws:lambda:eu-west-1:123456789012:function:f:live")
        for (name, value) in [
            ("BatchSize", 7), ("MaximumBatchingWindowInSeconds", 5), ("ParallelizationFactor", 3),
            ("MaximumRetryAttempts", 2), ("MaximumRecordAgeInSeconds", 60),
        ] {
            #expect(told.root[name]?.integer == value, "\(name)")
        }
        #expect(told.root["BisectBatchOnFunctionError"]?.kind == .true)
        #expect(told.root["FunctionResponseTypes"]?.elements.map { $0.string } == ["ReportBatchItemFailures"])
        #expect(
            told.root["DestinationConfig"]?["OnFailure"]?["Destination"]?.string
                == "arn:aws:sqs:eu-west-1:123456789012:q")
        let filter = told.root["FilterCriteria"]?["Filters"]?.elements.map { $0["Pattern"]?.string }
        #expect(filter == [#"{"eventName": ["INSERT"]}"#])
        await again.mappings.stop()
    }

    @Test func `a second mapping of the same stream and function is a conflict`() async throws {
        let service = Service()
        let id = try #require(try await service.create()["UUID"])
        let other = try await service.create("arn:aws:lambda:eu-west-1:123456789012:function:f")
        #expect(other.status == 409 && other.type == "ResourceConflictException")
        #expect(
            other.message
                == "The event source arn (\" \(stream) \") and function (\" f \") provided mapping already exists. "
                + "Please update or delete the existing mapping with UUID \(id)")
        #expect(try await service.create("g").status == 202)
        #expect(try await service.create("f", otherStream).status == 202)
        await service.mappings.stop()
    }

    @Test(arguments: [
        (#"{"FunctionName": "f", "StartingPosition": "LATEST"}"#, "Unrecognized event source."),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)"}"#,
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
        ),
        (
            #"{"FunctionName": "nobody", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST"}"#,
            "Function does not exist"
        ),
        (
            #"{"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST"}"#,
            "Function does not exist"
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)x", "StartingPosition": "LATEST"}"#,
            "Stream not found: \(stream)x"
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "AT_TIMESTAMP"}"#,
            "Unsupported starting position for arn type: \(stream)"
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "StartingPositionTimestamp": 1}"#,
            "Timestamp only valid with StartingPosition AT_TIMESTAMP"
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": 59}"#,
            "MaximumRecordAgeInSeconds must be -1, or between 60 and 604800."
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "TumblingWindowInSeconds": 30}"#,
            "Tumbling windows are not built here: TumblingWindowInSeconds must be 0."
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "FilterCriteria": {"Filters": [{"Pattern": "single-string"}]}}"#,
            "Invalid filter pattern definition."
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "FilterCriteria": {"Filters": [{"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[1]}"}, {"Pattern": "{\"a\":[1]}"}]}}"#,
            "A mapping has at most 5 filters."
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "DestinationConfig": {"OnFailure": {"Destination": "queue"}}}"#,
            "The destination queue is no ARN of an SQS queue, an SNS topic or an S3 bucket."
        ),
        (
            #"{"FunctionName": "f", "EventSourceArn": "\#(stream)", "StartingPosition": "LATEST", "Topics": ["t"]}"#,
            "Topics is not valid for DynamoDB event sources."
        ),
    ]) func `what cannot be made is refused`(body: String, message: String) async throws {
        let service = Service()
        let answer = try await service.ask("POST", "", body)
        #expect(answer.status == 400 && answer.type == "InvalidParameterValueException")
        #expect(answer.message == message)
        #expect(answer["Type"] == "User")
        await service.mappings.stop()
    }

    @Test(arguments: [
        (
            #""BatchSize": 0"#,
            "Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        (
            #""BatchSize": 10001"#,
            "Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000"
        ),
        (
            #""MaximumBatchingWindowInSeconds": 301"#,
            "Value '301' at 'maximumBatchingWindowInSeconds' failed to satisfy constraint: Member must have value less than or equal to 300"
        ),
        (
            #""ParallelizationFactor": 11"#,
            "Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must have value less than or equal to 10"
        ),
        (
            #""MaximumRetryAttempts": -2"#,
            "Value '-2' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value greater than or equal to -1"
        ),
        (
            #""MaximumRecordAgeInSeconds": 604801"#,
            "Value '604801' at 'maximumRecordAgeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 604800"
        ),
        (
            #""StartingPosition": "0""#,
            "Value '0' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        ),
        (
            #""FunctionResponseTypes": ["All"]"#,
            "Value '[All]' at 'functionResponseTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]"
        ),
    ]) func `broken constraints are told as Coral does`(member: String, line: String) async throws {
        let service = Service()
        let answer = try await service.create("f", stream, ", \(member)", start: nil)
        #expect(answer.status == 400 && answer.type == "ValidationException")
        #expect(answer.message == "1 validation error detected: \(line)")
        await service.mappings.stop()
    }

    @Test func `what is no JSON, or of another type, cannot be read`() async throws {
        let service = Service()
        for body in ["", "[]", "{", #"{"FunctionName": 7}"#, #"{"Enabled": "yes"}"#, #"{"BatchSize": 1.5}"#] {
            let answer = try await service.ask("POST", "", body)
            #expect(answer.status == 400 && answer.type == "SerializationException", "\(body)")
        }
        let missing = try await service.ask("POST", "", "{}")
        #expect(missing.type == "ValidationException")
        await service.mappings.stop()
    }

    @Test func `lists are filtered, and come in pages`() async throws {
        let service = Service()
        var ids: [String] = []
        for (function, arn) in [("f", stream), ("g", stream), ("f", otherStream), ("f:live", otherStream)] {
            ids.append(try #require(try await service.create(function, arn)["UUID"]))
        }
        func list(_ query: String) async throws -> [String] {
            let answer = try await service.ask("GET", query)
            #expect(answer.status == 200)
            return answer.root["EventSourceMappings"]?.elements.compactMap { $0["UUID"]?.string } ?? []
        }
        #expect(try await list("") == ids)
        #expect(try await list("?FunctionName=f") == [ids[0], ids[2], ids[3]])
        #expect(try await list("?FunctionName=f%3Alive") == [ids[3]])
        #expect(try await list("?EventSourceArn=\(otherStream)") == [ids[2], ids[3]])
        #expect(try await list("?EventSourceArn=\(stream)&FunctionName=g") == [ids[1]])
        #expect(try await list("?FunctionName=nobody") == [])
        let page = try await service.ask("GET", "?MaxItems=3")
        let marker = try #require(page["NextMarker"])
        #expect(try await list("?MaxItems=3&Marker=\(marker)") == [ids[3]])
        #expect(try await service.ask("GET", "?MaxItems=4")["NextMarker"] == nil)
        #expect(try await service.ask("GET", "?MaxItems=0").type == "ValidationException")
        await service.mappings.stop()
    }

    @Test func `an update passes through its state, and changes what it says alone`() async throws {
        let service = Service()
        let id = try #require(try await service.create("f", stream, #", "MaximumRetryAttempts": 3"#)["UUID"])
        _ = try await service.settled(id)
        service.clock.advance(by: 5000)
        let updating = try await service.ask("PUT", id, #"{"BatchSize": 5, "FunctionName": "g"}"#)
        #expect(updating.status == 202 && updating["State"] == "Updating")
        #expect(updating.root["LastModified"]?.raw.elementsEqual("1550036763.026".utf8) == true)
        let updated = try await service.settled(id)
        #expect(updated["State"] == "Enabled" && updated.root["BatchSize"]?.integer == 5)
        #expect(updated["FunctionArn"]?.hasSuffix(":function:g") == true)
        #expect(updated.root["MaximumRetryAttempts"]?.integer == 3)
        #expect(try await service.ask("PUT", id, #"{"Enabled": false}"#)["State"] == "Disabling")
        #expect(try await service.settled(id)["State"] == "Disabled")
        #expect(try await service.ask("PUT", id, #"{"BatchSize": 6}"#)["State"] == "Updating")
        #expect(try await service.settled(id)["State"] == "Disabled")
        #expect(try await service.ask("PUT", id, #"{"Enabled": true}"#)["State"] == "Enabling")
        #expect(try await service.settled(id)["State"] == "Enabled")
        await service.mappings.stop()
    }

    @Test func `an update is refused as a new mapping is`() async throws {
        let service = Service()
        let id = try #require(try await service.create()["UUID"])
        let other = try #require(try await service.create("g")["UUID"])
        _ = try await service.settled(id)
        _ = try await service.settled(other)
        let missing = try await service.ask("PUT", id, #"{"FunctionName": "nobody"}"#)
        #expect(missing.message == "Function does not exist")
        #expect(try await service.ask("PUT", id, #"{"FunctionName": "g"}"#).type == "ResourceConflictException")
        #expect(try await service.ask("PUT", id, #"{"BatchSize": 0}"#).type == "ValidationException")
        for method in ["GET", "PUT", "DELETE"] {
            let answer = try await service.ask(method, "none", "{}")
            #expect(answer.status == 404 && answer.type == "ResourceNotFoundException")
            #expect(answer.message == "The resource you requested does not exist.")
        }
        await service.mappings.stop()
    }

    @Test func `a deleted mapping is gone, and its function is asked for no longer`() async throws {
        let service = Service()
        let id = try #require(try await service.create()["UUID"])
        _ = try await service.settled(id)
        service.functions.remove("f")
        let deleting = try await service.ask("DELETE", id)
        #expect(deleting.status == 202 && deleting["State"] == "Deleting")
        #expect(try await service.settled(id).status == 404)
        #expect(try await service.ask("GET").root["EventSourceMappings"]?.isEmpty == true)
        await service.mappings.stop()
    }

    @Test func `what is under way is taken up by the next server`() async throws {
        let documents = MemoryDocumentStore()
        let service = Service(keptIn: documents)
        await service.mappings.stop()
        // Nobody sees to it any more: the mapping stays as it was made.
        let id = try #require(try await service.create()["UUID"])
        #expect(try await service.ask("GET", id)["State"] == "Creating")
        let refused = try await service.ask("PUT", id, #"{"BatchSize": 5}"#)
        #expect(refused.status == 400 && refused.type == "ResourceInUseException")
        #expect(refused.message == "Cannot update the event source mapping because it is in use.")
        #expect(
            try await service.ask("DELETE", id).message
                == "Cannot delete the event source mapping because it is in use.")
        let again = Service(keptIn: documents)
        await again.mappings.start([scope])
        #expect(try await again.settled(id)["State"] == "Enabled")
        await again.mappings.stop()
    }

    @Test func `other paths are not its own`() async {
        let service = Service()
        for target in ["/2015-03-31/functions/", "/2015-03-31/functions/f/event-source-mappings", "/"] {
            let request = ServiceRequest(
                method: "GET", target: target, headers: [], body: [], scope: scope, service: "lambda",
                accessKeyID: "key", id: "1")
            #expect(await service.mappings.respond(to: request) == nil, "\(target)")
        }
    }
}

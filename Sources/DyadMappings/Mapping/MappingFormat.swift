import DyadModel

/// A mapping as JSON: the document that is kept, and what clients are answered, which is a part of it.
enum MappingFormat {
    static let kind = "lambda.event-source-mapping"

    static func document(_ mapping: EventSourceMapping) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.object { json in
            json.member("version", 1)
            json.member("isEnabled", mapping.isEnabled)
            json.member("lastModifiedMilliseconds", Int(mapping.lastModified.milliseconds))
            write(mapping, to: &json)
        }
        return json.bytes
    }

    static func answer(_ mapping: EventSourceMapping) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.object { write(mapping, to: &$0) }
        return json.bytes
    }

    static func list(_ mappings: some Sequence<EventSourceMapping>, nextMarker: String?) -> [UInt8] {
        var json = JSONWriter(capacity: 4096)
        json.object { json in
            json.member("EventSourceMappings") { json in
                json.array { json in for mapping in mappings { json.object { write(mapping, to: &$0) } } }
            }
            json.member("NextMarker", nextMarker)
        }
        return json.bytes
    }

    private static func write(_ mapping: EventSourceMapping, to json: inout JSONWriter) {
        let settings = mapping.settings
        json.member("UUID", mapping.id)
        json.member("StartingPosition", mapping.startingPosition.rawValue)
        json.member("BatchSize", settings.batchSize)
        json.member("MaximumBatchingWindowInSeconds", settings.batchingWindow)
        json.member("ParallelizationFactor", settings.parallelization)
        json.member("EventSourceArn", mapping.streamARN)
        if !settings.filters.texts.isEmpty {
            json.member("FilterCriteria") { json in
                json.object { json in
                    json.member("Filters") { json in
                        json.array { json in
                            for text in settings.filters.texts { json.object { $0.member("Pattern", text) } }
                        }
                    }
                }
            }
        }
        json.member("FunctionArn", mapping.functionARN)
        json.member("LastModified") { $0.seconds(milliseconds: mapping.lastModified.milliseconds) }
        json.member("LastProcessingResult", mapping.lastResult)
        json.member("State", mapping.state.rawValue)
        json.member("StateTransitionReason", "User action")
        json.member("DestinationConfig") { json in
            json.object { json in
                json.member("OnFailure") { json in json.object { $0.member("Destination", settings.onFailure) } }
            }
        }
        json.member("MaximumRecordAgeInSeconds", settings.recordAgeMax)
        json.member("BisectBatchOnFunctionError", settings.bisects)
        json.member("MaximumRetryAttempts", settings.retriesMax)
        json.member("TumblingWindowInSeconds", 0)
        json.member("FunctionResponseTypes") { json in
            json.array { if settings.reportsItemFailures { $0.string(FunctionResponse.reportingType) } }
        }
        json.member("EventSourceMappingArn", mapping.arn)
    }

    /// Nil for what is no such document.
    static func read(_ bytes: [UInt8], in scope: Scope) -> EventSourceMapping? {
        guard let root = try? JSONDocument(parsing: bytes).root, let id = root["UUID"]?.string,
            let stream = root["EventSourceArn"]?.string, let function = root["FunctionArn"]?.string,
            let start = root["StartingPosition"]?.string.flatMap(EventSourceMapping.StartingPosition.init),
            let state = root["State"]?.string.flatMap(EventSourceMapping.State.init),
            let modified = root["lastModifiedMilliseconds"]?.integer, let settings = settings(root)
        else { return nil }
        var mapping = EventSourceMapping(
            id: id, scope: scope, streamARN: stream, startingPosition: start, functionARN: function,
            settings: settings, isEnabled: root["isEnabled"]?.kind == .true, state: state,
            lastModified: Timestamp(milliseconds: Int64(modified)))
        mapping.lastResult = root["LastProcessingResult"]?.string ?? EventSourceMapping.noResult
        return mapping
    }

    private static func settings(_ root: JSONNode) -> MappingSettings? {
        guard let batchSize = root["BatchSize"]?.integer,
            let window = root["MaximumBatchingWindowInSeconds"]?.integer,
            let parallelization = root["ParallelizationFactor"]?.integer,
            let recordAge = root["MaximumRecordAgeInSeconds"]?.integer,
            let retries = root["MaximumRetryAttempts"]?.integer,
            let filters = try? FilterCriteria(
                root["FilterCriteria"]?["Filters"]?.elements.compactMap { $0["Pattern"]?.string } ?? [])
        else { return nil }
        var settings = MappingSettings()
        settings.batchSize = batchSize
        settings.batchingWindow = window
        settings.parallelization = parallelization
        settings.bisects = root["BisectBatchOnFunctionError"]?.kind == .true
        settings.retriesMax = retries
        settings.recordAgeMax = recordAge
        settings.reportsItemFailures = !(root["FunctionResponseTypes"]?.isEmpty ?? true)
        settings.filters = filters
        settings.onFailure = root["DestinationConfig"]?["OnFailure"]?["Destination"]?.string
        return settings
    }
}

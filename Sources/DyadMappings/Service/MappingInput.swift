import DyadModel

/// What Create and Update ask for; nil where nothing is said.
struct MappingInput: Sendable {
    var functionName: String?
    var streamARN: String?
    var isEnabled: Bool?
    var batchSize: Int?
    var batchingWindow: Int?
    var parallelization: Int?
    var startingPosition: String?
    var hasTimestamp = false
    var bisects: Bool?
    var retriesMax: Int?
    var recordAgeMax: Int?
    var tumblingWindow: Int?
    var responseTypes: [String]?
    var filters: [String]?
    /// Empty where it is to be taken away.
    var onFailure: String?

    /// Of other sources than DynamoDB's streams.
    private static let foreign = [
        "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource",
        "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "ScalingConfig", "ProvisionedPollerConfig",
    ]

    /// Types first, then constraints, all of them together.
    init(reading body: [UInt8]) throws(MappingError) {
        guard let root = try? JSONDocument(parsing: body).root, root.kind == .object else {
            throw .serialization("Could not parse request body into json: it is no JSON object")
        }
        let fields = Fields(root)
        functionName = try fields.text("FunctionName")
        streamARN = try fields.text("EventSourceArn")
        isEnabled = try fields.bool("Enabled")
        batchSize = try fields.integer("BatchSize")
        batchingWindow = try fields.integer("MaximumBatchingWindowInSeconds")
        parallelization = try fields.integer("ParallelizationFactor")
        startingPosition = try fields.text("StartingPosition")
        hasTimestamp = fields["StartingPositionTimestamp"] != nil
        bisects = try fields.bool("BisectBatchOnFunctionError")
        retriesMax = try fields.integer("MaximumRetryAttempts")
        recordAgeMax = try fields.integer("MaximumRecordAgeInSeconds")
        tumblingWindow = try fields.integer("TumblingWindowInSeconds")
        responseTypes = try fields.texts("FunctionResponseTypes")
        filters = try Self.filters(fields)
        onFailure = try Self.onFailure(fields)
        try checkConstraints()
        for name in Self.foreign where fields[name].map({ !$0.isEmpty }) ?? false {
            throw .invalidParameter("\(name) is not valid for DynamoDB event sources.")
        }
    }

    private static func filters(_ fields: Fields) throws(MappingError) -> [String]? {
        guard let criteria = try fields.object("FilterCriteria") else { return nil }
        var texts: [String] = []
        for filter in criteria["Filters"]?.elements.map({ $0 }) ?? [] {
            guard filter.kind == .object else { throw .serialization("A filter is no object") }
            texts.append(try Fields(filter).text("Pattern") ?? "")
        }
        return texts
    }

    private static func onFailure(_ fields: Fields) throws(MappingError) -> String? {
        guard let config = try fields.object("DestinationConfig"),
            let failure = try Fields(config).object("OnFailure")
        else { return nil }
        return try Fields(failure).text("Destination") ?? ""
    }

    private func checkConstraints() throws(MappingError) {
        var broken = BrokenConstraints()
        if let functionName {
            broken.check(functionName, "functionName", length: 1...256)
            if FunctionName(functionName) == nil {
                broken.note(
                    functionName, "functionName",
                    "Member must satisfy regular expression pattern: \(FunctionName.pattern)")
            }
        }
        broken.check(batchSize, "batchSize", 1...10_000)
        broken.check(batchingWindow, "maximumBatchingWindowInSeconds", 0...300)
        broken.check(parallelization, "parallelizationFactor", 1...10)
        broken.check(retriesMax, "maximumRetryAttempts", -1...10_000)
        broken.check(recordAgeMax, "maximumRecordAgeInSeconds", -1...604_800)
        broken.check(tumblingWindow, "tumblingWindowInSeconds", 0...900)
        if let startingPosition {
            broken.check(startingPosition, "startingPosition", oneOf: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"])
        }
        for (place, filter) in (filters ?? []).enumerated() {
            broken.check(
                filter, "filterCriteria.filters.\(place + 1).member.pattern", length: 0...FilterCriteria.charactersMax)
        }
        if let responseTypes {
            if responseTypes.count > 1 {
                broken.note(
                    "[\(responseTypes.joined(separator: ", "))]", "functionResponseTypes",
                    "Member must have length less than or equal to 1")
            }
            for type in responseTypes where type != FunctionResponse.reportingType {
                broken.note(
                    "[\(type)]", "functionResponseTypes",
                    "Member must satisfy constraint: [Member must satisfy enum value set: [\(FunctionResponse.reportingType)]]"
                )
            }
        }
        try broken.verify()
    }

    /// These settings, with all that the request says.
    ///
    /// - Throws: for what no constraint of the model tells.
    func applied(to former: MappingSettings) throws(MappingError) -> MappingSettings {
        var settings = former
        settings.batchSize = batchSize ?? former.batchSize
        settings.batchingWindow = batchingWindow ?? former.batchingWindow
        settings.parallelization = parallelization ?? former.parallelization
        settings.bisects = bisects ?? former.bisects
        settings.retriesMax = retriesMax ?? former.retriesMax
        if let recordAgeMax {
            guard recordAgeMax == -1 || recordAgeMax >= 60 else {
                throw .invalidParameter("MaximumRecordAgeInSeconds must be -1, or between 60 and 604800.")
            }
            settings.recordAgeMax = recordAgeMax
        }
        if let tumblingWindow, tumblingWindow > 0 {
            throw .invalidParameter("Tumbling windows are not built here: TumblingWindowInSeconds must be 0.")
        }
        if let responseTypes { settings.reportsItemFailures = !responseTypes.isEmpty }
        if let filters {
            guard filters.count <= FilterCriteria.filtersMax else {
                throw .invalidParameter("A mapping has at most \(FilterCriteria.filtersMax) filters.")
            }
            do throws(InvalidFilter) { settings.filters = try FilterCriteria(filters) } catch {
                throw .invalidParameter("Invalid filter pattern definition.")
            }
        }
        if let onFailure { settings.onFailure = try Self.destination(onFailure) }
        return settings
    }

    private static func destination(_ arn: String) throws(MappingError) -> String? {
        if arn.isEmpty { return nil }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard arn.utf8.count <= 350, parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"),
            ["sqs", "sns", "s3"].contains(parts[2]), !parts[5].isEmpty
        else {
            throw .invalidParameter(
                "The destination \(arn) is no ARN of an SQS queue, an SNS topic or an S3 bucket.")
        }
        return arn
    }
}

/// The members of a JSON object, each of a type; null is as good as absent.
private struct Fields {
    private let node: JSONNode

    init(_ node: JSONNode) { self.node = node }

    subscript(name: String) -> JSONNode? { node[name].flatMap { $0.kind == .null ? nil : $0 } }

    private func value<Value>(
        _ name: String, _ type: String, _ read: (JSONNode) -> Value?
    ) throws(MappingError) -> Value? {
        guard let node = self[name] else { return nil }
        guard let value = read(node) else { throw .serialization("\(name) is not of type \(type)") }
        return value
    }

    func text(_ name: String) throws(MappingError) -> String? { try value(name, "String") { $0.string } }
    func integer(_ name: String) throws(MappingError) -> Int? { try value(name, "Integer") { $0.integer } }

    func bool(_ name: String) throws(MappingError) -> Bool? {
        try value(name, "Boolean") { $0.kind == .true ? true : $0.kind == .false ? false : nil }
    }

    func object(_ name: String) throws(MappingError) -> JSONNode? {
        try value(name, "Structure") { $0.kind == .object ? $0 : nil }
    }

    func texts(_ name: String) throws(MappingError) -> [String]? {
        try value(name, "List") { node in
            guard node.kind == .array else { return nil }
            let texts = node.elements.compactMap(\.string)
            return texts.count == node.elements.reduce(0) { count, _ in count + 1 } ? texts : nil
        }
    }
}

package import DyadModel

/// What is wanted of a mapping, as clients set it.
package struct MappingSettings: Sendable, Equatable {
    package var batchSize = 100
    /// Seconds.
    package var batchingWindow = 0
    package var parallelization = 1
    package var bisects = false
    /// -1 is for ever.
    package var retriesMax = -1
    /// Seconds; -1 is as long as the stream keeps a record.
    package var recordAgeMax = -1
    package var reportsItemFailures = false
    package var filters = FilterCriteria.none
    /// The ARN of a queue or a topic; nil when what is given up is not to be kept.
    package var onFailure: String?

    package init() {}
}

/// A stream whose records a function is invoked with.
package struct EventSourceMapping: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case creating = "Creating"
        case enabling = "Enabling"
        case enabled = "Enabled"
        case disabling = "Disabling"
        case disabled = "Disabled"
        case updating = "Updating"
        case deleting = "Deleting"

        /// Something is under way that ends by itself; nothing else may be asked for until then.
        var isPassing: Bool { self != .enabled && self != .disabled }
    }

    package enum StartingPosition: String, Sendable, CaseIterable {
        case trimHorizon = "TRIM_HORIZON"
        case latest = "LATEST"
    }

    package let id: String
    package let scope: Scope
    package let streamARN: String
    package let startingPosition: StartingPosition
    /// With the qualifier that it was named with.
    package var functionARN: String
    package var settings: MappingSettings
    /// What the state will be when nothing is under way.
    package var isEnabled: Bool
    package var state: State
    package var lastModified: Timestamp
    package var lastResult = Self.noResult

    static let noResult = "No records processed"

    package init(
        id: String, scope: Scope, streamARN: String, startingPosition: StartingPosition, functionARN: String,
        settings: MappingSettings, isEnabled: Bool, state: State, lastModified: Timestamp
    ) {
        self.id = id
        self.scope = scope
        self.streamARN = streamARN
        self.startingPosition = startingPosition
        self.functionARN = functionARN
        self.settings = settings
        self.isEnabled = isEnabled
        self.state = state
        self.lastModified = lastModified
    }

    package var arn: String {
        "arn:\(scope.region.partition):lambda:\(scope.region.rawValue):\(scope.account.rawValue)"
            + ":event-source-mapping:\(id)"
    }

    package var table: String { TableARN(streamARN)?.table ?? streamARN }
}

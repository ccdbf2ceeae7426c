import Logging

/// Log lines for people: what the words do not say already, and without the names that only machines want.
struct PlainLogHandler: LogHandler {
    private var plain: StreamLogHandler

    init(label: String) { plain = StreamLogHandler.standardError(label: label) }

    var metadata: Logger.Metadata {
        get { plain.metadata }
        set { plain.metadata = newValue }
    }
    var logLevel: Logger.Level {
        get { plain.logLevel }
        set { plain.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { plain[metadataKey: key] }
        set { plain[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        var shown: Logger.Metadata = [:]
        for (name, value) in event.metadata ?? [:] {
            if let name = Self.names[name] { shown[name] = value }
        }
        event.metadata = shown.isEmpty ? nil : shown
        plain.log(event: event)
    }

    private static let names = [
        "dyad.shard.id": "shard", "dyad.sequence_number": "sequenceNumber", "dyad.key": "key",
        "dyad.lane": "lane", "dyad.attempt": "attempt", "aws.dynamodb.segment": "segment",
    ]
}

package import DyadModel
package import Logging

/// Writes log lines as OpenTelemetry's data model has them, an object of JSON each.
///
/// The members are the model's fields: `timestamp` (RFC 3339), `severityText`, `severityNumber`, `eventName`, `body`,
/// `attributes`, `resource`, `instrumentationScope`. Metadata become attributes, but for `event.name`.
/// (opentelemetry.io/docs/specs/otel/logs/data-model)
package struct StructuredLogHandler: LogHandler {
    /// The metadata key whose value is the event's name.
    package static let eventNameKey = "event.name"

    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info
    package var metadataProvider: Logger.MetadataProvider?
    private let scope: String
    private let resource: Logger.Metadata
    private let clock: any WallClock
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - scope: the logger's label.
    ///   - resource: what all lines come from: `service.name` and the like.
    ///   - attributes: what all lines have.
    ///   - write: takes a line, without its end.
    package init(
        scope: String, resource: Logger.Metadata, attributes: Logger.Metadata = [:],
        clock: any WallClock = SystemClock(),
        write: @escaping @Sendable (String) -> Void
    ) {
        self.scope = scope
        self.resource = resource
        metadata = attributes
        self.clock = clock
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var attributes = metadata
        attributes.merge(metadataProvider?.get() ?? [:]) { $1 }
        attributes.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error, attributes["exception.message"] == nil {
            attributes["exception.message"] = "\(error)"
        }
        let name = attributes.removeValue(forKey: Self.eventNameKey)
        var json = JSONWriter(capacity: 512)
        json.object { json in
            json.member("timestamp", "\(clock.now.label)Z")
            json.member("severityText", event.level.rawValue.uppercased())
            json.member("severityNumber", event.level.severityNumber)
            json.member("eventName", name.map { "\($0)" })
            json.member("body", "\(event.message)")
            json.member("attributes") { $0.metadata(attributes) }
            json.member("resource") { $0.metadata(resource) }
            json.member("instrumentationScope") { json in json.object { $0.member("name", scope) } }
        }
        write(String(decoding: json.bytes, as: UTF8.self))
    }
}

extension Logger.Level {
    /// OpenTelemetry's SeverityNumber. It has four grades of each kind: a notice is graver than an information, and
    /// critical than an error, as the model maps syslog's levels.
    fileprivate var severityNumber: Int {
        switch self {
        case .trace: 1
        case .debug: 5
        case .info: 9
        case .notice: 10
        case .warning: 13
        case .error: 17
        case .critical: 18
        }
    }
}

extension JSONWriter {
    /// Members in the order of their names.
    fileprivate mutating func metadata(_ metadata: Logger.Metadata) {
        object { json in
            for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.value(value)
            }
        }
    }

    private mutating func value(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): string(text)
        case .stringConvertible(let number as any BinaryInteger): integer(number)
        case .stringConvertible(let flag as Bool): bool(flag)
        case .stringConvertible(let other): string("\(other)")
        case .array(let values): array { json in for value in values { json.value(value) } }
        case .dictionary(let members): metadata(members)
        }
    }
}

import Logging

/// Takes the live line off the terminal before another handler writes a line of the log there.
struct LiveLineEraser: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { printPart("\r\u{1b}[K") }
}

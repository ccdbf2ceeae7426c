import ArgumentParser
import Dyad
import Logging

enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Where a command's log and its last words go: standard error, as lines for people or as objects for machines.
struct LogOutput {
    let logger: Logger
    private let command: String
    private let format: LogFormat

    /// - Parameters:
    ///   - command: `replicate`.
    ///   - attributes: what every object has.
    ///   - eraser: takes a live line off the terminal before a line for people is written.
    init(command: String, format: LogFormat, attributes: Logger.Metadata, eraser: LiveLineEraser? = nil) {
        self.command = command
        self.format = format
        logger = Logger(label: command) { label in
            switch format {
            case .text:
                let plain = PlainLogHandler(label: label)
                guard let eraser else { return plain }
                return MultiplexLogHandler([eraser, plain])
            case .json:
                let resource: Logger.Metadata = [
                    "service.name": "dyad", "service.version": "\(DyadCommand.configuration.version)",
                ]
                return StructuredLogHandler(scope: label, resource: resource, attributes: attributes) { printError($0) }
            }
        }
    }

    /// The command's last line: as it is for people, a line of the log for machines.
    func end(_ line: String, hasFailed: Bool, metadata: Logger.Metadata = [:]) {
        switch format {
        case .text: printError("dyad \(command): \(line)")
        case .json: logger.log(level: hasFailed ? .error : .notice, "\(line)", metadata: metadata)
        }
    }
}

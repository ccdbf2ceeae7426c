import DyadEngine
package import DyadMappings
package import DyadModel
import DyadServer
package import Logging

extension LocalDynamoDB {
    /// Event source mappings of this server's streams, not started yet.
    ///
    /// - Parameters:
    ///   - folder: where `on-failure/MAPPING.jsonl` tells of batches that were given up; nil: the log.
    package func eventSourceMappings(
        keptIn documents: any DocumentStore, invoking functions: any FunctionInvoker, folder: String?, logger: Logger
    ) -> EventSourceMappings {
        EventSourceMappings(
            .emulated(emulator, clock, keptIn: documents, invoking: functions, folder: folder, logger: logger))
    }
}

extension MappingPorts {
    /// The mappings of an emulator in this process.
    static func emulated(
        _ emulator: Emulator, _ clock: MovableClock, keptIn documents: any DocumentStore,
        invoking functions: any FunctionInvoker, folder: String?, logger: Logger
    ) -> MappingPorts {
        let destination: any FailureDestination =
            folder.map { FailureFolder(path: "\($0)/on-failure") } ?? FailureLog(logger)
        let identity = RandomIdentity()
        return MappingPorts(
            documents: documents, streams: EmulatorStreams(emulator: emulator), functions: functions,
            destination: destination, clock: clock, identity: { identity.uuid() }, logger: logger)
    }
}

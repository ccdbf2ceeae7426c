package import DyadModel
package import DyadReplicator
package import Logging

/// All that mappings stand on.
package struct MappingPorts: Sendable {
    package var documents: any DocumentStore
    package var streams: any MappingStreams
    package var functions: any FunctionInvoker
    package var destination: any FailureDestination
    /// The emulator's: how old records are, and when a mapping was changed. It may be moved, or stand still.
    package var clock: any WallClock
    /// For windows and pauses.
    package var pace: any ReplicationClock
    /// A new UUID.
    package var identity: @Sendable () -> String
    package var logger: Logger

    package init(
        documents: any DocumentStore, streams: any MappingStreams, functions: any FunctionInvoker,
        destination: any FailureDestination, clock: any WallClock, pace: any ReplicationClock = SteadyClock(),
        identity: @escaping @Sendable () -> String, logger: Logger
    ) {
        self.documents = documents
        self.streams = streams
        self.functions = functions
        self.destination = destination
        self.clock = clock
        self.pace = pace
        self.identity = identity
        self.logger = logger
    }
}

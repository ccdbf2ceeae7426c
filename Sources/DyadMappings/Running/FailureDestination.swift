import DyadModel
package import DyadReplicator
package import Logging

/// Where it is kept that a batch was given up.
package protocol FailureDestination: Sendable {
    /// Keeps a JSON document; when it returns, a power cut no longer undoes it.
    func keep(_ document: [UInt8], of mappingID: String) async throws(PortError)
}

/// `MAPPING.jsonl` in a folder: a line for each batch.
package struct FailureFolder: FailureDestination {
    private let lines: DurableLines

    package init(path: String) { lines = DurableLines(folder: path) }

    package func keep(_ document: [UInt8], of mappingID: String) async throws(PortError) {
        try await lines.add(document, to: "\(mappingID).jsonl")
    }
}

/// The log, for servers that keep nothing.
package struct FailureLog: FailureDestination {
    private let logger: Logger

    package init(_ logger: Logger) { self.logger = logger }

    package func keep(_ document: [UInt8], of mappingID: String) async throws(PortError) {
        logger.error("given up: \(String(decoding: document, as: UTF8.self))", metadata: ["mapping": "\(mappingID)"])
    }
}

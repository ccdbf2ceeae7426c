import DyadClient
import DyadEngine
import DyadModel

/// Answers the operations of streams from an emulator in this process, as its front would: no socket, no signature.
actor EmulatorStreamCaller: StreamCaller {
    private let emulator: Emulator
    private let scope: Scope
    /// Its own snapshots, which stay here.
    private let readers = Readers()

    init(_ emulator: Emulator, in scope: Scope) {
        self.emulator = emulator
        self.scope = scope
    }

    func call(_ operation: String, body: [UInt8]) async throws(ClientError) -> JSONDocument {
        guard let route = Catalogue.route(for: "\(Self.targetPrefix).\(operation)") else {
            throw .notAttempted("there is no operation \(operation)")
        }
        let document: JSONDocument
        do { document = try JSONDocument(parsing: body) } catch { throw .notAttempted("the request is no JSON") }
        let answer = await withCheckedContinuation { continuation in
            emulator.answer(route, document, in: scope, on: readers) { continuation.resume(returning: $0) }
        }
        readers.release()
        return try Self.read(answer)
    }

    private static let targetPrefix = "DynamoDBStreams_20120810"

    private static func read(_ answer: Answer) throws(ClientError) -> JSONDocument {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: answer.body) } catch {
            throw .malformedAnswer("no JSON from byte \(error.offset) on")
        }
        guard answer.status != 200 else { return document }
        let type = document.root["__type"]?.string
        throw .service(
            ServiceError(
                code: type?.split(separator: "#").last.map(String.init) ?? "Unknown",
                message: (document.root["message"] ?? document.root["Message"])?.string ?? "",
                httpStatus: answer.status, document: document))
    }
}

import CZlib
import DyadModel

/// Reads an HTTP answer as the JSON 1.0 protocol has it.
enum Answer {
    static func read(_ answer: TransportAnswer) throws(ClientError) -> JSONDocument {
        if let expected = answer.header("x-amz-crc32").flatMap(UInt32.init), expected != checksum(answer.body) {
            throw .malformedAnswer("its checksum is not that of its x-amz-crc32 header")
        }
        guard answer.status == 200 else { throw .service(refusal(answer)) }
        do {
            return try JSONDocument(parsing: answer.body)
        } catch {
            throw .malformedAnswer("no JSON from byte \(error.offset) on")
        }
    }

    /// The code stands in `__type` behind a namespace (`com.amazonaws.dynamodb.v20120810#…`) or in a header, where a
    /// colon and a URI may follow it. A proxy's page has neither.
    private static func refusal(_ answer: TransportAnswer) -> ServiceError {
        let document = try? JSONDocument(parsing: answer.body)
        let type =
            document?.root["__type"]?.string ?? answer.header("x-amzn-errortype") ?? document?.root["code"]?.string
        let code = type?.split(separator: "#").last?.split(separator: ":").first.map(String.init)
        let message = document?.root["message"]?.string ?? document?.root["Message"]?.string
        // Something between us and the service answered: its page's beginning is all there is to go by.
        let page = code == nil ? String(decoding: answer.body.prefix(200), as: UTF8.self) : ""
        return ServiceError(
            code: code ?? "Unknown", message: message ?? page, httpStatus: answer.status,
            requestID: answer.header("x-amzn-requestid"), document: document)
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
    }
}

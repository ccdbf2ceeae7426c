import DyadMappings
import DyadReplicator
import Testing

/// Docs, "Configuring partial batch response": what counts as handled, and what makes a batch come again.
struct FunctionResponseTests {
    private let batch = ["100", "200", "300"].compactMap { SequenceNumber($0) }

    private func read(_ payload: String) -> FunctionResponse {
        FunctionResponse(reading: Array(payload.utf8), of: batch)
    }

    @Test(arguments: [
        "null", "{}", #""ok""#, "[]", "7", "", #"{"batchItemFailures": []}"#, #"{"batchItemFailures": null}"#,
        #"{"statusCode": 200}"#,
    ]) func `an answer that names nothing has handled the batch`(payload: String) {
        #expect(read(payload) == .handled)
    }

    @Test(arguments: [
        #"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, #"{"batchItemFailures": [{"itemIdentifier": null}]}"#,
        #"{"batchItemFailures": [{"foo": "100"}]}"#, #"{"batchItemFailures": [{"itemIdentifier": 100}]}"#,
        #"{"batchItemFailures": [{"itemIdentifier": "150"}]}"#, #"{"batchItemFailures": ["100"]}"#,
        #"{"batchItemFailures": [{"itemIdentifier": "200"}, {"itemIdentifier": ""}]}"#,
        #"{"batchItemFailures": {"itemIdentifier": "100"}}"#,
    ]) func `an identifier that is none of the batch's makes all of it come again`(payload: String) {
        #expect(read(payload) == .unreadable)
    }

    @Test func `the lowest of the failures counts, in whatever order they stand`() throws {
        let payload = #"{"batchItemFailures": [{"itemIdentifier": "300"}, {"itemIdentifier": "200"}]}"#
        #expect(read(payload) == .stopped(at: try #require(SequenceNumber("200"))))
    }
}

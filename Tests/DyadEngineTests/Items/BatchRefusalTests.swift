import Testing

@testable import DyadEngine

/// What AWS refuses of batches, and what of it before the rest.
///
/// Source: paritysuite/dynamodb-conformance, error-messages and validation-ordering of batches, captured from two regions
/// in October 2026.
struct BatchRefusalTests {
    let region: TestRegion

    init() throws { region = try ItemTables().region }

    private static let suite = "dynamodb-conformance"
    private static let mapKeys =
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    private static let capacity =
        "Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"

    private static func keys(_ count: Int) -> String {
        (0..<count).map { #"{"id":{"S":"\#($0)"}}"# }.joined(separator: ",")
    }

    static let transcripts = [
        Transcript(
            "BatchGetItem", #"{"RequestItems":{}}"#,
            "ValidationException: 1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
            source: suite),
        Transcript(
            "BatchGetItem", #"{"RequestItems":{"simple":{"Keys":[]}}}"#,
            "ValidationException: 1 validation error detected: Value at 'RequestItems.simple.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
            source: suite),
        Transcript(
            "BatchGetItem", #"{"RequestItems":{"simple":{"Keys":[\#(keys(101))]}}}"#,
            "ValidationException: 1 validation error detected: Value at 'RequestItems.simple.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100",
            source: suite),
        Transcript(
            "BatchGetItem", #"{"RequestItems":{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}}"#,
            #"ValidationException: 1 validation error detected: Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' \#(mapKeys)"#,
            source: suite),
        Transcript(
            "BatchGetItem",
            #"{"ReturnConsumedCapacity":"BOGUS","RequestItems":{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}}"#,
            #"ValidationException: 2 validation errors detected: Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' \#(mapKeys); \#(capacity)"#,
            source: suite),
        Transcript(
            "BatchGetItem",
            #"{"ReturnConsumedCapacity":"BOGUS","RequestItems":{"absent":{"Keys":[{"id":{"S":"a"}}]}}}"#,
            "ValidationException: 1 validation error detected: " + capacity, source: suite),
        Transcript(
            "BatchGetItem",
            #"{"RequestItems":{"simple":{"Keys":[{"id":{"S":"a"}}],"ProjectionExpression":"id"},"pair":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],"AttributesToGet":["pk"]}}}"#,
            "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
            source: "\(suite), the kind alone"),
        Transcript(
            "BatchWriteItem",
            #"{"ReturnConsumedCapacity":"BOGUS","RequestItems":{"bad!name":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}}"#,
            "ValidationException: 1 validation error detected: " + capacity, source: suite),
    ]

    @Test(arguments: transcripts)
    func `what AWS refuses of a batch is refused in its words`(transcript: Transcript) throws {
        #expect(try region.send(transcript.operation, transcript.request).error == transcript.error)
    }

    @Test func `BatchWriteItem repeats its requests when a name is no table's`() throws {
        let reply = try region.send(
            "BatchWriteItem", #"{"RequestItems":{"bad!name":[{"PutRequest":{"Item":{"pk":{"S":"x"}}}}]}}"#)
        let message = try #require(reply.message)
        #expect(
            message.hasPrefix(
                "1 validation error detected: Value '{bad!name=[WriteRequest(putRequest=PutRequest(item={pk="))
        #expect(message.hasSuffix(")]}' at 'requestItems' " + Self.mapKeys))
    }
}

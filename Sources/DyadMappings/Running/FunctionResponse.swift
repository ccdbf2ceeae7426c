import DyadModel
package import DyadReplicator

/// What a function's answer says of the batch that it was invoked with.
///
/// Docs, "Configuring partial batch response": without `batchItemFailures`, or with none in it, the batch is handled. One
/// without an identifier, or with one that is none of the batch's, makes all of it come again.
package enum FunctionResponse: Sendable, Equatable {
    case handled
    /// From this record on it comes again: the lowest that is named, for a stream goes on from one place.
    case stopped(at: SequenceNumber)
    /// All of it comes again.
    case unreadable

    /// The value of FunctionResponseTypes that makes an answer be read at all.
    package static let reportingType = "ReportBatchItemFailures"

    package init(reading payload: [UInt8], of batch: [SequenceNumber]) {
        guard let root = try? JSONDocument(parsing: payload).root, let failures = root["batchItemFailures"],
            failures.kind != .null
        else {
            self = .handled
            return
        }
        guard failures.kind == .array else {
            self = .unreadable
            return
        }
        let known = Set(batch)
        var lowest: SequenceNumber?
        for failure in failures.elements {
            guard let number = failure["itemIdentifier"]?.string.flatMap(SequenceNumber.init), known.contains(number)
            else {
                self = .unreadable
                return
            }
            lowest = min(lowest ?? number, number)
        }
        self = lowest.map { .stopped(at: $0) } ?? .handled
    }
}

import DyadModel
import DyadReplicator

/// A batch that was given up, as AWS tells of it: where it stood in the stream, not what was in it.
///
/// Docs, "Retain discarded records"; `functionError` is null where the function itself named what it did not handle.
struct DiscardedBatch: Sendable {
    let functionARN: String
    let streamARN: String
    /// The records of one batch, in their order.
    let letters: [DeadLetter]
    /// By the emulator's clock.
    let at: Timestamp
    /// Of the last invocation; made up where there was none.
    let requestID: String

    var document: [UInt8] {
        let failure = letters.first?.failure
        var json = JSONWriter(capacity: 1024)
        json.object { json in
            json.member("requestContext") { json in
                json.object {
                    $0.member("requestId", requestID)
                    $0.member("functionArn", functionARN)
                    $0.member("condition", failure?.condition?.rawValue)
                    $0.member("approximateInvokeCount", failure?.attempts)
                }
            }
            if let failure, failure.requestID != nil {
                json.member("responseContext") { json in
                    json.object { json in
                        json.member("statusCode", 200)
                        json.member("executedVersion", "$LATEST")
                        json.member("functionError") { json in
                            if let error = failure.functionError { json.string(error) } else { json.null() }
                        }
                    }
                }
            }
            json.member("version", "1.0")
            json.member("timestamp", "\(at.label)Z")
            json.member("DDBStreamBatchInfo") { json in json.object { batch(&$0) } }
        }
        return json.bytes
    }

    private func batch(_ json: inout JSONWriter) {
        json.member("shardId", letters.first?.shard?.rawValue)
        json.member("startSequenceNumber", letters.first?.write.sequence?.text)
        json.member("endSequenceNumber", letters.last?.write.sequence?.text)
        json.member("approximateArrivalOfFirstRecord", letters.first.map { "\($0.createdAt.label.prefix(19))Z" })
        json.member("approximateArrivalOfLastRecord", letters.last.map { "\($0.createdAt.label.prefix(19))Z" })
        json.member("batchSize", letters.count)
        json.member("streamArn", streamARN)
    }
}

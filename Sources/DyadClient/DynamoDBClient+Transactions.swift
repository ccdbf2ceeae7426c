import DyadModel

/// What became of a transaction that was sent.
package enum TransactionAnswer: Sendable {
    case done
    /// None of it was done. A code for each action, `None` for those that were not to blame: `ConditionalCheckFailed`,
    /// `TransactionConflict`, `ThrottlingError`, `ValidationError`, …
    case cancelled([(code: String, message: String)])
}

extension DynamoDBClient {
    /// Up to 100 actions and 4 MB, all or none of them.
    ///
    /// - Parameters:
    ///   - actions: JSON of `{"Put": {…}}`, `{"Delete": {…}}` and so on, each of another item.
    ///   - table: asks what was consumed of that table; nil does not ask.
    /// - Returns: what became of it, and the units, where the endpoint tells them.
    package func transactWrite(
        _ actions: [[UInt8]], tellsCapacityOf table: String? = nil
    ) async throws(ClientError) -> (answer: TransactionAnswer, consumedUnits: Double?) {
        var body = JSONWriter(capacity: actions.reduce(64) { $0 + $1.count + 1 })
        body.object { body in
            body.member("TransactItems") { body in
                body.array { body in for action in actions { body.splice(action) } }
            }
            if table != nil { body.member("ReturnConsumedCapacity", "TOTAL") }
        }
        let failure: ClientError
        do throws(ClientError) {
            let document = try await call("TransactWriteItems", body: body.bytes)
            return (.done, table.flatMap { document.consumedUnits(of: $0) })
        } catch { failure = error }
        guard case .service(let error) = failure, error.code == "TransactionCanceledException" else { throw failure }
        let reasons = error.document?.root["CancellationReasons"]?.elements.map {
            (code: $0["Code"]?.string ?? "None", message: $0["Message"]?.string ?? "")
        }
        guard let reasons, reasons.count == actions.count else {
            throw .malformedAnswer("TransactWriteItems was cancelled and tells no reasons")
        }
        return (.cancelled(reasons), nil)
    }
}

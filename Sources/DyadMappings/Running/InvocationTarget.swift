import DyadModel
import DyadReplicator
import Logging

/// The function at a mapping's end: a batch becomes an invocation, and what is given up goes to the destination.
struct InvocationTarget: ReplicaTarget, DeadLetterStore {
    let mapping: EventSourceMapping
    let invoker: any FunctionInvoker
    let gate: InvocationGate
    let destination: any FailureDestination
    /// The one that records' times are of.
    let clock: any WallClock
    let identity: @Sendable () -> String
    let logger: Logger
    /// Told what LastProcessingResult is from now on.
    let onResult: @Sendable (String) async -> Void

    static let ok = "OK"
    static let callFailed = "PROBLEM: Function call failed"
    static let functionMissing = "PROBLEM: Function not found"

    /// How long a stream keeps a record: no mapping tries longer, whatever it asks for.
    static let recordAgeMax: Int64 = 24 * 3_600_000

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        let old = tooOld(batch.writes, at: clock.now)
        guard old == 0 else { return ReplicaOutcome(.tooOld(old)) }
        let payload = EventReader.payload(of: batch.writes.compactMap(\.event))
        let (invoker, mapping) = (invoker, mapping)
        let answer = await gate.wait {
            await invoker.invoke(mapping.functionARN, payload: payload, in: mapping.scope)
        }
        guard let answer else { throw PortError(.unavailable, "the mapping stops") }
        switch answer.outcome {
        case .returned(let payload): return ReplicaOutcome(await outcome(payload, answer, batch))
        case .failed(let message):
            await onResult(Self.callFailed)
            return ReplicaOutcome(
                .failed(EventFailure(requestID: answer.requestID, functionError: "Unhandled", message: message)))
        case .notInvoked(let message):
            await onResult(Self.callFailed)
            throw PortError(.throttled, message)
        case .missing:
            await onResult(Self.functionMissing)
            throw PortError(.unavailable, "there is no function \(mapping.functionARN)")
        }
    }

    private func outcome(_ payload: [UInt8], _ answer: FunctionAnswer, _ batch: ReplicaBatch) async -> EventOutcome {
        await onResult(Self.ok)
        guard mapping.settings.reportsItemFailures else { return .handled }
        func failure(_ message: String) -> EventFailure {
            EventFailure(requestID: answer.requestID, functionError: nil, message: message)
        }
        switch FunctionResponse(reading: payload, of: batch.writes.compactMap(\.sequence)) {
        case .handled: return .handled
        case .stopped(let number): return .stopped(at: number, failure("the function did not handle \(number)"))
        case .unreadable: return .failed(failure("the function named a record that is not in the batch"))
        }
    }

    /// How many of the first records have become too old; they are in the order of their making.
    private func tooOld(_ writes: [ReplicaWrite], at now: Timestamp) -> Int {
        let wanted = mapping.settings.recordAgeMax
        let most = wanted < 0 ? Self.recordAgeMax : min(Int64(wanted) * 1000, Self.recordAgeMax)
        return writes.prefix { write in
            write.createdAt.map { now.milliseconds - $0.milliseconds > most } ?? false
        }
        .count
    }

    /// - Parameter letters: the records of one batch.
    func add(_ letters: [DeadLetter], of link: ReplicationLink) async throws(PortError) {
        guard let first = letters.first, let last = letters.last else { return }
        let range = "\(first.write.sequence?.text ?? "")…\(last.write.sequence?.text ?? "")"
        let condition = first.failure?.condition?.rawValue ?? ""
        if mapping.settings.onFailure != nil {
            let batch = DiscardedBatch(
                functionARN: mapping.functionARN, streamARN: mapping.streamARN, letters: letters, at: clock.now,
                requestID: first.failure?.requestID ?? identity())
            try await destination.keep(batch.document, of: mapping.id)
        }
        logger.warning(
            "\(letters.count) records were given up (\(condition)): \(range) of \(first.shard?.rawValue ?? ""): \(first.error)"
        )
    }
}

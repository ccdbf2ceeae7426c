import DyadClient
import DyadModel
import DyadReplicator

/// A table that any DynamoDB endpoint holds, written by BatchWriteItem.
struct EndpointReplicaTarget: ReplicaTarget {
    /// AWS's limit on one BatchWriteItem.
    static let callWritesMax = 25
    /// AWS's limit on one request is 16 MB; JSON around the items takes some of it.
    static let callBytesMax = 12 << 20

    let client: DynamoDBClient
    let table: String
    let keyNames: [Text]
    /// How fast it may be written to; nil is as fast as it answers.
    var pace: CapacityPace?

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        let calls = Self.split(batch.writes, unitsMax: pace?.callUnitsMax ?? .infinity)
        if calls.count == 1 { return ReplicaOutcome(unprocessed: try await send(calls[0])) }
        let outcomes = await withTaskGroup(of: Result<[ItemBytes], PortError>.self) { group in
            for call in calls {
                group.addTask {
                    do throws(PortError) { return .success(try await send(call)) } catch { return .failure(error) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var undone: [ItemBytes] = []
        var failure: PortError?
        for outcome in outcomes {
            switch outcome {
            case .success(let keys): undone += keys
            // What no retry can help is told first.
            case .failure(let error): if failure?.isRetryable ?? true { failure = error }
            }
        }
        if let failure { throw failure }
        return ReplicaOutcome(unprocessed: undone)
    }

    /// What one call carries.
    struct Call: Equatable {
        var requests: [[UInt8]] = []
        var byteCount = 0
        /// What it is expected to cost.
        var units = 0.0
    }

    /// Parts that one call can carry each, and that cost so much at most, one write alone excepted.
    static func split(_ batch: [ReplicaWrite], unitsMax: Double = .infinity) -> [Call] {
        var calls: [Call] = []
        var call = Call()
        for write in batch {
            let request = request(write)
            let units = CapacityEstimate.write(bytes: write.byteCount)
            let isFull =
                call.requests.count == callWritesMax || call.byteCount + request.count > callBytesMax
                || call.units + units > unitsMax
            if isFull, !call.requests.isEmpty {
                calls.append(call)
                call = Call()
            }
            call.requests.append(request)
            call.byteCount += request.count
            call.units += units
        }
        if !call.requests.isEmpty { calls.append(call) }
        return calls
    }

    private static func request(_ write: ReplicaWrite) -> [UInt8] {
        var json = JSONWriter(capacity: 64)
        json.object { json in
            switch write.change {
            case .put(let item):
                json.member("PutRequest") { json in json.object { $0.member("Item") { $0.splice(item.utf8) } } }
            case .delete:
                json.member("DeleteRequest") { json in
                    json.object { $0.member("Key") { $0.splice(write.key.utf8) } }
                }
            }
        }
        return json.bytes
    }

    private func send(_ call: Call) async throws(PortError) -> [ItemBytes] {
        let booking = try await pace?.begin(expecting: call.units)
        let answer = try await sorted { () async throws(ClientError) in
            try await client.batchWrite(table, call.requests, tellsCapacity: booking != nil)
        }
        if let booking, let units = answer.consumedUnits { pace?.settle(booking, spent: units) }
        var keys: [ItemBytes] = []
        for raw in answer.unprocessed {
            guard let request = try? JSONDocument(parsing: raw).root,
                let item = request["PutRequest"]?["Item"] ?? request["DeleteRequest"]?["Key"],
                let bytes = try? ItemBytes(parsing: item)
            else { throw .malformed("BatchWriteItem") }
            keys.append(bytes.key(keyNames))
        }
        return keys
    }
}

extension ReplicaWrite {
    /// What is written, roughly; of a delete the key, for the item that it deletes is not known.
    var byteCount: Int {
        if case .put(let item) = change { item.utf8.count } else { key.utf8.count }
    }
}

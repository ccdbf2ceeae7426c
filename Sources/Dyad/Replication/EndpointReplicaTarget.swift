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

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        let calls = Self.split(batch.writes)
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

    /// Parts that one call can carry each.
    static func split(_ batch: [ReplicaWrite]) -> [[[UInt8]]] {
        var calls: [[[UInt8]]] = []
        var call: [[UInt8]] = []
        var size = 0
        for write in batch {
            let request = request(write)
            if call.count == callWritesMax || (size + request.count > callBytesMax && !call.isEmpty) {
                calls.append(call)
                call = []
                size = 0
            }
            call.append(request)
            size += request.count
        }
        if !call.isEmpty { calls.append(call) }
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

    private func send(_ requests: [[UInt8]]) async throws(PortError) -> [ItemBytes] {
        let undone = try await sorted { () async throws(ClientError) in
            try await client.batchWrite(table, requests)
        }
        var keys: [ItemBytes] = []
        for raw in undone {
            guard let request = try? JSONDocument(parsing: raw).root,
                let item = request["PutRequest"]?["Item"] ?? request["DeleteRequest"]?["Key"],
                let bytes = try? ItemBytes(parsing: item)
            else { throw .malformed("BatchWriteItem") }
            keys.append(bytes.key(keyNames))
        }
        return keys
    }
}

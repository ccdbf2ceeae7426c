import DyadClient
import DyadModel
import DyadReplicator

/// Whoever answers the operations of streams.
protocol StreamCaller: Sendable {
    func call(_ operation: String, body: [UInt8]) async throws(ClientError) -> JSONDocument
}

struct EndpointStreamCaller: StreamCaller {
    let client: DynamoDBClient

    func call(_ operation: String, body: [UInt8]) async throws(ClientError) -> JSONDocument {
        try await client.call(operation, service: .streams, body: body)
    }
}

/// A stream as any DynamoDB endpoint serves it.
struct EndpointStreamSource: StreamSource {
    let caller: any StreamCaller
    let streamARN: String
    /// Makes of an element of GetRecords' `Records` what the machine needs of it.
    let read: @Sendable (JSONNode) throws(PortError) -> StreamRecord

    init(client: DynamoDBClient, streamARN: String) {
        self.init(EndpointStreamCaller(client: client), streamARN: streamARN, read: Self.record)
    }

    init(
        _ caller: any StreamCaller, streamARN: String,
        read: @escaping @Sendable (JSONNode) throws(PortError) -> StreamRecord
    ) {
        self.caller = caller
        self.streamARN = streamARN
        self.read = read
    }

    func shards() async throws(PortError) -> StreamListing {
        var listing = StreamListing([])
        var start: String?
        repeat {
            let from = start
            let document = try await sorted { () async throws(ClientError) in
                var body = JSONWriter()
                body.object { body in
                    body.member("StreamArn", streamARN)
                    body.member("ExclusiveStartShardId", from)
                }
                return try await caller.call("DescribeStream", body: body.bytes)
            }
            guard let description = document.root["StreamDescription"] else { throw .malformed("DescribeStream") }
            for shard in description["Shards"]?.elements.map({ $0 }) ?? [] {
                guard let id = shard["ShardId"]?.string else { throw .malformed("DescribeStream") }
                listing.shards.append(
                    ShardDescription(
                        ShardID(id), parent: shard["ParentShardId"]?.string.map { ShardID($0) },
                        isClosed: shard["SequenceNumberRange"]?["EndingSequenceNumber"]?.string != nil))
            }
            listing.isDisabled = description["StreamStatus"]?.string == "DISABLED"
            let last = description["LastEvaluatedShardId"]?.string
            // A source that names the same page for ever is not followed.
            guard last != from || last == nil else { throw .malformed("DescribeStream") }
            start = last
        } while start != nil
        return listing
    }

    func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator {
        var body = JSONWriter()
        body.object { body in
            body.member("StreamArn", streamARN)
            body.member("ShardId", shard.rawValue)
            switch position {
            case .trimHorizon: body.member("ShardIteratorType", "TRIM_HORIZON")
            case .latest: body.member("ShardIteratorType", "LATEST")
            case .after(let sequence):
                body.member("ShardIteratorType", "AFTER_SEQUENCE_NUMBER")
                body.member("SequenceNumber", sequence.text)
            }
        }
        let document: JSONDocument
        do throws(ClientError) {
            document = try await caller.call("GetShardIterator", body: body.bytes)
        } catch {
            var failure = PortError(error)
            // The shard itself is no longer kept. (A missing stream is told as "Requested resource not found: Stream".)
            if error.code == "ResourceNotFoundException", failure.message.contains("Shard") { failure.kind = .trimmed }
            throw failure
        }
        guard let token = document.root["ShardIterator"]?.string else { throw .malformed("GetShardIterator") }
        return ShardIterator(token)
    }

    func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage {
        let document = try await sorted { () async throws(ClientError) in
            var body = JSONWriter()
            body.object { body in
                body.member("ShardIterator", iterator.token)
                body.member("Limit", limit)
            }
            return try await caller.call("GetRecords", body: body.bytes)
        }
        var records: [StreamRecord] = []
        for node in document.root["Records"]?.elements.map({ $0 }) ?? [] { records.append(try read(node)) }
        return RecordPage(records, next: document.root["NextShardIterator"]?.string.map { ShardIterator($0) })
    }

    private static func record(_ node: JSONNode) throws(PortError) -> StreamRecord {
        guard let body = node["dynamodb"], let sequence = body["SequenceNumber"]?.string.flatMap(SequenceNumber.init),
            let keys = body["Keys"]
        else { throw .malformed("GetRecords") }
        func bytes(_ node: JSONNode) throws(PortError) -> ItemBytes {
            do { return try ItemBytes(parsing: node) } catch {
                throw PortError(
                    .fatal, "the record with sequence number \(sequence) holds no item: \(error.message ?? "")")
            }
        }
        let change: ItemChange
        if node["eventName"]?.string == "REMOVE" {
            change = .delete
        } else if let image = body["NewImage"] {
            change = .put(try bytes(image))
        } else {
            throw PortError(.fatal, "the record with sequence number \(sequence) has no new image")
        }
        return StreamRecord(sequence, key: try bytes(keys), change, createdAt: creation(body))
    }

    /// Seconds since 1970, with or without a fraction.
    private static func creation(_ body: JSONNode) -> Timestamp {
        let seconds = body["ApproximateCreationDateTime"].flatMap { Double(String(decoding: $0.raw, as: UTF8.self)) }
        // Beyond a few thousand years it is no time; 0 then reads as "unknown" and costs only a wrong lag.
        guard let seconds, abs(seconds) < 1e12 else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }
}

extension PortError {
    /// An answer that is not what the API says. It may be a proxy's page, so it is worth another try.
    static func malformed(_ operation: String) -> PortError {
        PortError(.unavailable, "the answer to \(operation) is not what it should be")
    }
}

import DyadClient
import DyadEngine
import DyadMappings
import DyadModel
import DyadReplicator

/// An emulator's streams, for mappings in the same process.
struct EmulatorStreams: MappingStreams {
    let emulator: Emulator

    func stream(_ arn: String, in scope: Scope) async throws(PortError) -> MappedStream? {
        guard let parsed = TableARN(arn), let label = parsed.streamLabel,
            scope.streamARN(label, of: parsed.table) == arn
        else { return nil }
        let caller = EmulatorStreamCaller(emulator, in: scope)
        var body = JSONWriter()
        body.object {
            $0.member("StreamArn", arn)
            $0.member("Limit", 1)
        }
        let document: JSONDocument
        do throws(ClientError) { document = try await caller.call("DescribeStream", body: body.bytes) } catch {
            if error.code == "ResourceNotFoundException" { return nil }
            throw PortError(error)
        }
        let schema = document.root["StreamDescription"]?["KeySchema"]?.elements.map { $0 } ?? []
        guard let name = schema.first(where: { $0["KeyType"]?.string == "HASH" })?["AttributeName"]?.string else {
            throw .malformed("DescribeStream")
        }
        return MappedStream(partitionKey: Text(name))
    }

    func source(of streamARN: String, in scope: Scope, reader: EventReader) -> any MappingSource {
        EmulatorMappingSource(EmulatorStreamCaller(emulator, in: scope), streamARN: streamARN, reader: reader)
    }
}

/// One stream of an emulator in this process.
struct EmulatorMappingSource: MappingSource {
    private let source: EndpointStreamSource
    private let arn: String

    init(_ caller: EmulatorStreamCaller, streamARN: String, reader: EventReader) {
        arn = streamARN
        source = EndpointStreamSource(caller, streamARN: streamARN) { (node) throws(PortError) in
            try reader.record(node)
        }
    }

    func shards() async throws(PortError) -> StreamListing { try await source.shards() }

    func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator {
        try await source.iterator(of: shard, at: position)
    }

    func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage {
        try await source.records(at: iterator, limit: limit)
    }

    func tips() async throws(PortError) -> [ShardID: DyadReplicator.SequenceNumber?] {
        var tips: [ShardID: DyadReplicator.SequenceNumber?] = [:]
        for shard in try await shards().shards {
            guard !shard.isClosed else {
                tips[shard.id] = .some(nil)
                continue
            }
            let latest = try await iterator(of: shard.id, at: .latest)
            guard
                let number = IteratorPlace.sequenceNumber(before: latest.token)
                    .flatMap(DyadReplicator.SequenceNumber.init)
            else { throw .malformed("GetShardIterator") }
            tips[shard.id] = number
        }
        return tips
    }
}

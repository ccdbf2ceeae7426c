import DyadEngine
import DyadModel

extension LocalDynamoDB {
    /// A shard of a table's stream, open or closed.
    public struct StreamShard: Sendable, Equatable {
        /// `shardId-00000001541626099285-f35f62ef`.
        public let id: String
        /// The shard it took its range over from; forgotten, when no shard has this identifier.
        public let parentID: String?
        /// Whether it takes changes.
        public let isOpen: Bool
        /// Of the hashes of partition keys. Those of the open shards hold every hash once.
        public let hashes: ClosedRange<UInt64>
    }

    /// Closes open shards of a table's stream and gives the halves of each one's range to two children, as AWS does when
    /// a table is written to more than one shard can take.
    ///
    /// - Parameters:
    ///   - shard: the identifier of the one to be split; nil: all that are open.
    ///   - account: twelve digits; nil: the server's own.
    /// - Returns: all shards of the stream then, in the order of their identifiers.
    /// - Throws: `LocalDynamoDBError` when table, stream or shard are not there, when the shard is closed, or when there
    ///   would be more than 512 open ones.
    @discardableResult
    public func splitShards(
        ofTable table: String, in region: String, shard: String? = nil, account: String? = nil
    ) async throws(LocalDynamoDBError) -> [StreamShard] {
        try await reshard(.split, table, region, shard, account)
    }

    /// Closes open shards of a table's stream and gives each one's range to one child, as happens by age after four hours.
    ///
    /// Parameters, answer and errors are those of `splitShards`.
    @discardableResult
    public func rollShards(
        ofTable table: String, in region: String, shard: String? = nil, account: String? = nil
    ) async throws(LocalDynamoDBError) -> [StreamShard] {
        try await reshard(.roll, table, region, shard, account)
    }

    private func reshard(
        _ how: Resharding, _ table: String, _ region: String, _ shard: String?, _ account: String?
    ) async throws(LocalDynamoDBError) -> [StreamShard] {
        let scope = try scope(region: region, account: account)
        let order = StreamOrder(how, shard.map { .one($0) } ?? .allOpen, of: .table(table))
        let result = await withCheckedContinuation { continuation in
            emulator.reshard(order, in: scope) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let stream):
            return stream.shards.map {
                StreamShard(id: $0.id, parentID: $0.parent, isOpen: $0.isOpen, hashes: $0.hashes)
            }
        case .failure(let error): throw LocalDynamoDBError(description: error.message ?? error.code.rawValue)
        }
    }
}

package import DyadModel
package import DyadStore

package enum ShardFilterType: String, WireEnum { case childShards = "CHILD_SHARDS" }

package struct ShardFilter: WireStructure {
    var type: ShardFilterType?
    var shardID: String?
    package init() {}
    package static let shape = Shape<Self>(
        .optional("Type", \.type),
        .optional("ShardId", \.shardID, .shardID))
}

/// Tells what a stream is and which shards it has, in the order of their identifiers.
package enum DescribeStream: ReadOperation {
    package struct Input: WireStructure {
        var streamARN = ""
        var limit: Int?
        var exclusiveStartShardID: String?
        var shardFilter: ShardFilter?

        package init() {}

        package static let shape = Shape<Self>(
            .required("StreamArn", \.streamARN, .streamARN),
            .optional("Limit", \.limit, .range(1...100)),
            .optional("ExclusiveStartShardId", \.exclusiveStartShardID, .shardID),
            .optional("ShardFilter", \.shardFilter))
    }

    package typealias Plan = Input

    package struct Output: WireOutput {
        let stream: StreamDescription
        let shards: [StreamDescription.Shard]
        let hasMore: Bool
        let scope: Scope

        package func write(to json: inout JSONWriter) {
            json.object { $0.member("StreamDescription") { $0.object { write(members: &$0) } } }
        }

        private func write(members json: inout JSONWriter) {
            json.member("StreamArn", scope.streamARN(stream.label, of: stream.table))
            json.member("StreamLabel", stream.label)
            json.member("StreamStatus", stream.status.rawValue)
            json.member("StreamViewType", stream.view.rawValue)
            json.time("CreationRequestDateTime", stream.createdAt)
            json.member("TableName", stream.table)
            json.member("KeySchema") { $0.keySchema(stream.key) }
            json.member("Shards") { $0.array { json in for shard in shards { write(shard, to: &json) } } }
            if hasMore { json.member("LastEvaluatedShardId", shards.last?.id) }
        }

        private func write(_ shard: StreamDescription.Shard, to json: inout JSONWriter) {
            json.object {
                $0.member("ShardId", shard.id)
                $0.member("SequenceNumberRange") {
                    $0.object {
                        $0.member("StartingSequenceNumber", SequenceNumber.text(shard.firstSequence))
                        $0.member("EndingSequenceNumber", shard.lastSequence.map(SequenceNumber.text))
                    }
                }
                $0.member("ParentShardId", shard.parent)
            }
        }
    }

    package static func run(_ plan: Input, in store: ReadTransaction, _ call: Call) throws(DynamoError) -> Output {
        let stream = try store.catalog.stream(plan.streamARN, call)
        var shards = stream.shards.sorted { Text($0.id) < Text($1.id) }
        if let parent = plan.shardFilter?.shardID { shards.removeAll { $0.parent != parent } }
        if let start = plan.exclusiveStartShardID {
            // A shard that is not there is no error: nothing comes after it.
            let at = shards.firstIndex { $0.id == start }
            shards = at.map { Array(shards[($0 + 1)...]) } ?? []
        }
        let page = shards.prefix(plan.limit ?? 100)
        return Output(stream: stream, shards: Array(page), hasMore: page.count < shards.count, scope: call.scope)
    }
}

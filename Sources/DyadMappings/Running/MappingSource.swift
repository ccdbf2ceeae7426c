package import DyadModel
package import DyadReplicator

/// A stream as a mapping begins with it.
package struct MappedStream: Sendable, Equatable {
    /// The name of the attribute.
    package var partitionKey: Text

    package init(partitionKey: Text) { self.partitionKey = partitionKey }
}

package protocol MappingSource: StreamSource {
    /// Where LATEST is now, in words that mean the same later: behind this number in an open shard, which is the last
    /// record's or a number below all that will come; nil for a closed one, of which nothing is wanted.
    func tips() async throws(PortError) -> [ShardID: SequenceNumber?]
}

/// Whoever has the streams.
package protocol MappingStreams: Sendable {
    /// Nil when there is no such stream in that account and region.
    func stream(_ arn: String, in scope: Scope) async throws(PortError) -> MappedStream?
    func source(of streamARN: String, in scope: Scope, reader: EventReader) -> any MappingSource
}

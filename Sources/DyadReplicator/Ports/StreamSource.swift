package import DyadModel

package struct ShardID: Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
}

/// One line of DescribeStream.
package struct ShardDescription: Sendable, Equatable {
    package var id: ShardID
    /// Named even when it is no longer listed: a shard that is trimmed has nothing left to say.
    package var parent: ShardID?
    /// It has an ending sequence number: nothing is added any more.
    package var isClosed: Bool

    package init(_ id: ShardID, parent: ShardID? = nil, isClosed: Bool = false) {
        self.id = id
        self.parent = parent
        self.isClosed = isClosed
    }
}

/// DescribeStream, all pages of it.
package struct StreamListing: Sendable, Equatable {
    package var shards: [ShardDescription]
    /// The stream was disabled: when its shards are read there is nothing to wait for.
    package var isDisabled: Bool

    package init(_ shards: [ShardDescription], isDisabled: Bool = false) {
        self.shards = shards
        self.isDisabled = isDisabled
    }
}

/// Where reading a shard begins.
package enum StreamPosition: Sendable, Hashable {
    /// The oldest record that is kept.
    case trimHorizon
    /// Behind the newest record. It names no record, so it cannot be returned to: see `ShardProgress.latest`.
    case latest
    case after(SequenceNumber)
}

/// The source's own token for a place in a shard. AWS lets it expire after 15 minutes.
package struct ShardIterator: Sendable, Hashable {
    package let token: String
    package init(_ token: String) { self.token = token }
}

/// What became of an item.
package enum ItemChange: Sendable, Hashable {
    case put(ItemBytes)
    case delete
}

/// One change of one item, as a stream tells it.
package struct StreamRecord: Sendable, Equatable {
    package var sequence: SequenceNumber
    /// The key attributes alone, in canonical bytes. Where records are handed on as events: what those have in common
    /// that stay in their order, the partition key.
    package var key: ItemBytes
    package var change: ItemChange
    /// When the change was made, by the source's clock; AWS rounds it down to a second.
    package var createdAt: Timestamp
    /// The record as its receiver gets it; nil where records come down to writes.
    package var event: StreamEvent?

    package init(
        _ sequence: SequenceNumber, key: ItemBytes, _ change: ItemChange, createdAt: Timestamp,
        event: StreamEvent? = nil
    ) {
        self.sequence = sequence
        self.key = key
        self.change = change
        self.createdAt = createdAt
        self.event = event
    }

    /// The memory that it holds while it waits, roughly.
    package var byteCount: Int {
        // A comma follows an event.
        if let event { return event.bytes.count + 1 }
        return switch change {
        case .put(let item): key.utf8.count + item.utf8.count
        case .delete: key.utf8.count
        }
    }
}

package struct RecordPage: Sendable, Equatable {
    /// In the order of their sequence numbers. An empty page says nothing about what follows it.
    package var records: [StreamRecord]
    /// Nil when the shard is closed and this page was its last: the only sign of a shard's end.
    package var next: ShardIterator?

    package init(_ records: [StreamRecord], next: ShardIterator?) {
        self.records = records
        self.next = next
    }
}

/// The stream of one table.
package protocol StreamSource: Sendable {
    /// Every shard that is listed, all pages of the listing.
    func shards() async throws(PortError) -> StreamListing
    func iterator(of shard: ShardID, at position: StreamPosition) async throws(PortError) -> ShardIterator
    /// At most `limit` records and 1 MB of them.
    func records(at iterator: ShardIterator, limit: Int) async throws(PortError) -> RecordPage
}

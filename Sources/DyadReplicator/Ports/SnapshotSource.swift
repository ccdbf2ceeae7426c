package import DyadModel

/// An item as a scan found it.
package struct SnapshotItem: Sendable, Equatable {
    package var key: ItemBytes
    package var item: ItemBytes

    package init(key: ItemBytes, item: ItemBytes) {
        self.key = key
        self.item = item
    }
}

package struct SnapshotPage: Sendable, Equatable {
    package var items: [SnapshotItem]
    /// Where the next page begins; nil after the last.
    package var lastKey: ItemBytes?

    package init(_ items: [SnapshotItem], lastKey: ItemBytes?) {
        self.items = items
        self.lastKey = lastKey
    }
}

/// The source table, read as a whole for a backfill.
package protocol SnapshotSource: Sendable {
    /// One page of one segment of a parallel scan, read strongly: each item is at least as new as the call.
    func page(segment: Int, of segmentCount: Int, after key: ItemBytes?) async throws(PortError) -> SnapshotPage
}

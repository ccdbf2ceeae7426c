package import DyadModel

/// One item as the replica shall have it.
package struct ReplicaWrite: Sendable, Equatable {
    package var key: ItemBytes
    package var change: ItemChange
    /// The record that it comes from, the newest when several became one; nil for an item of the scan.
    package var sequence: SequenceNumber?

    package init(key: ItemBytes, _ change: ItemChange, sequence: SequenceNumber? = nil) {
        self.key = key
        self.change = change
        self.sequence = sequence
    }
}

/// The table that is written to.
package protocol ReplicaTarget: Sendable {
    /// Applies the batch, in which a key stands once, in any order.
    ///
    /// Applying is repeatable: after an error any part of the batch may have been applied, and all of it comes again.
    /// - Returns: the keys of writes that were not done and shall be retried.
    func apply(_ batch: [ReplicaWrite]) async throws(PortError) -> [ItemBytes]
}

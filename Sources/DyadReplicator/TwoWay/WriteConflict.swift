package import DyadModel

/// Two writes of one key, neither of which had seen the other.
package struct WriteConflict: Sendable, Equatable {
    package struct Contender: Sendable, Equatable {
        /// The side that it was written at.
        package var origin: String
        /// Nil for an item that a backfill found and whose writing no stream told of.
        package var version: ReplicaVersion?
        /// Nil when the state was written over before the conflict was found.
        package var change: ItemChange?

        package init(origin: String, _ version: ReplicaVersion?, _ change: ItemChange?) {
            self.origin = origin
            self.version = version
            self.change = change
        }
    }

    package var key: ItemBytes
    package var winner: Contender
    package var loser: Contender

    package init(key: ItemBytes, winner: Contender, loser: Contender) {
        self.key = key
        self.winner = winner
        self.loser = loser
    }
}

/// What became of changes in two-way replication.
package struct TwoWayCounts: Sendable, Equatable {
    /// Records that were the replicator's own writes.
    package var echoes = 0
    package var conflicts = 0
    /// Items written or deleted, at either side.
    package var itemsWritten = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.echoes += right.echoes
        sum.conflicts += right.conflicts
        sum.itemsWritten += right.itemsWritten
        return sum
    }
}

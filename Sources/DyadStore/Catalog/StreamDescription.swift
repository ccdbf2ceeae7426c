package import DyadModel

/// A stream, living or closed: its records stay readable for a day after the table let go of it.
package struct StreamDescription: Sendable, Equatable {
    package enum Status: String, Sendable { case enabling = "ENABLING", enabled = "ENABLED", disabled = "DISABLED" }

    package var table: String
    package var label: String
    package var view: TableRecord.StreamView
    package var key: KeySchema
    package var createdAt: Timestamp
    /// When the table let go of it; nil while it takes changes.
    package var disabledAt: Timestamp?
    package var shards: [Shard]
    /// When records are to be trimmed next, a shard is to be rolled or forgotten, or the whole stream is.
    package var dueAt: Timestamp?

    package init(
        table: String, label: String, view: TableRecord.StreamView, key: KeySchema, createdAt: Timestamp,
        shards: [Shard]
    ) {
        self.table = table
        self.label = label
        self.view = view
        self.key = key
        self.createdAt = createdAt
        self.shards = shards
    }

    package var status: Status { disabledAt == nil ? .enabled : .disabled }

    /// The shards that take changes now: the table's record has them in this form. Nil when none does.
    package var openShards: OpenShards? {
        OpenShards(shards.filter(\.isOpen).map { ($0.range.first, $0.number) })
    }

    /// A part of a stream whose records are in order: changes of the partition keys whose hashes are in its range.
    ///
    /// The ranges of a stream's open shards never overlap, and leave nothing out.
    package struct Shard: Sendable, Equatable {
        /// The number that the store knows it by.
        package var number: Int64
        /// `shardId-` and 20 digits, a dash and eight hexadecimal digits.
        package var id: String
        /// The shard it took its range over from, which may be forgotten by now.
        package var parent: String?
        package var range: HashRange
        package var openedAt: Timestamp
        package var firstSequence: Int64
        /// Nil while it takes changes; no record has this number.
        package private(set) var lastSequence: Int64?
        /// Nil while it takes changes.
        package private(set) var closedAt: Timestamp?
        /// Changes before this are gone; nil while the shard has all of them.
        package var trimmedBefore: Int64?

        package init(
            number: Int64, id: String, parent: String? = nil, range: HashRange = .whole, openedAt: Timestamp,
            firstSequence: Int64
        ) {
            self.number = number
            self.id = id
            self.parent = parent
            self.range = range
            self.openedAt = openedAt
            self.firstSequence = firstSequence
        }

        package var isOpen: Bool { lastSequence == nil }

        package mutating func close(at now: Timestamp, lastSequence: Int64) {
            closedAt = now
            self.lastSequence = lastSequence
        }
    }
}

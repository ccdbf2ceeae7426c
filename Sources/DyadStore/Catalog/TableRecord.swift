package import DyadModel

/// All that is known of a table but its rows. Kept as JSON in the store, and by value in every `Catalog`.
package struct TableRecord: Sendable, Equatable {
    package enum Status: String, Sendable {
        case creating = "CREATING", active = "ACTIVE", updating = "UPDATING", deleting = "DELETING"
    }
    package enum BillingMode: String, Sendable { case provisioned = "PROVISIONED", payPerRequest = "PAY_PER_REQUEST" }

    package var name: String
    package var id: String
    package var space: SpaceID
    package var createdAt: Timestamp
    package var status: Status
    /// When what is under way ends; nil when nothing is, or when it ends by work and not by time.
    package var dueAt: Timestamp?
    /// What UPDATING is about: other changes of a table must wait for some, and AWS says which.
    package var updating: UpdateKind?
    /// In the order of the request; names and types.
    package var attributes: [KeySchema.Attribute]
    package var key: KeySchema
    package var billingMode: BillingMode
    /// When on-demand billing was last switched on; nil if it never was.
    package var payPerRequestAt: Timestamp?
    package var throughput: Throughput
    /// The units that an update under way ends with; nil when none changes them.
    package var pendingUnits: Units?
    /// What the table is warm for beyond its billing mode's own: asked for, or once provisioned.
    package var warmUnits: Units?
    /// More to be warm for, asked for and not there yet; the table stays ACTIVE meanwhile.
    package var pendingWarm: Pending<Units>?
    package var onDemandLimits: OnDemandLimits?
    package var localIndexes: [IndexRecord]
    package var globalIndexes: [IndexRecord]
    package var stream: StreamRecord?
    /// The newest stream's label, also when it was switched off.
    package var latestStreamLabel: String?
    package var isDeletionProtected: Bool
    package var tableClass: String?
    package var tableClassAt: Timestamp?
    package var encryption: Encryption?
    /// The encryption that a change under way ends with, nil inside for AWS's own key; the table stays ACTIVE meanwhile.
    package var pendingEncryption: Pending<Encryption?>?
    package var tags: [Tag]
    /// Nil while time to live was never switched on.
    package var timeToLive: TimeToLive?

    package init(
        name: String, id: String, space: SpaceID, createdAt: Timestamp, attributes: [KeySchema.Attribute],
        key: KeySchema
    ) {
        self.name = name
        self.id = id
        self.space = space
        self.createdAt = createdAt
        self.attributes = attributes
        self.key = key
        status = .creating
        billingMode = .provisioned
        throughput = Throughput()
        localIndexes = []
        globalIndexes = []
        isDeletionProtected = false
        tags = []
    }

    package enum UpdateKind: String, Sendable { case throughput, stream, indexes, options }

    /// What comes without the table or index being UPDATING.
    package struct Pending<Value: Sendable & Equatable>: Sendable, Equatable {
        package var value: Value
        package var dueAt: Timestamp
        package init(_ value: Value, dueAt: Timestamp) {
            self.value = value
            self.dueAt = dueAt
        }
    }

    package struct Throughput: Sendable, Equatable {
        package var readUnits = 0
        package var writeUnits = 0
        package var increasedAt: Timestamp?
        package var decreasedAt: Timestamp?
        package var decreasesToday = 0
        package init(readUnits: Int = 0, writeUnits: Int = 0) {
            self.readUnits = readUnits
            self.writeUnits = writeUnits
        }
    }

    /// Reads and writes a second.
    package struct Units: Sendable, Equatable {
        package var read: Int
        package var write: Int
        package init(read: Int, write: Int) {
            self.read = read
            self.write = write
        }
    }

    package struct OnDemandLimits: Sendable, Equatable {
        package var readUnits: Int?
        package var writeUnits: Int?
        package init(readUnits: Int?, writeUnits: Int?) {
            self.readUnits = readUnits
            self.writeUnits = writeUnits
        }
    }

    package struct Encryption: Sendable, Equatable {
        package var keyARN: String
        package init(keyARN: String) { self.keyARN = keyARN }
    }

    package struct Tag: Sendable, Equatable {
        package var key: String
        package var value: String
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    package enum StreamView: String, Sendable, CaseIterable {
        case keysOnly = "KEYS_ONLY", newImage = "NEW_IMAGE", oldImage = "OLD_IMAGE", newAndOldImages =
            "NEW_AND_OLD_IMAGES"
    }

    /// The stream that takes the table's changes now.
    package struct StreamRecord: Sendable, Equatable {
        package var label: String
        package var view: StreamView
        /// The shards that are written to: those of the stream's description that are open.
        package var openShards: OpenShards
        package init(label: String, view: StreamView, openShards: OpenShards) {
            self.label = label
            self.view = view
            self.openShards = openShards
        }
    }

    package var indexes: [IndexRecord] { localIndexes + globalIndexes }

    package func index(named name: String) -> IndexRecord? {
        localIndexes.first { $0.name == name } ?? globalIndexes.first { $0.name == name }
    }
}

/// A secondary index of a table.
package struct IndexRecord: Sendable, Equatable {
    package enum Projection: Sendable, Equatable {
        case all, keysOnly
        case include([Text])
    }

    package var name: String
    package var isGlobal: Bool
    package var space: SpaceID
    package var key: KeySchema
    package var projection: Projection
    package var throughput: TableRecord.Throughput
    package var pendingUnits: TableRecord.Units?
    package var warmUnits: TableRecord.Units?
    package var pendingWarm: TableRecord.Pending<TableRecord.Units>?
    package var onDemandLimits: TableRecord.OnDemandLimits?
    package var status: TableRecord.Status
    package var dueAt: Timestamp?
    /// The last table row that the backfill has put into the index; nil when no backfill runs. Empty before the first.
    package var backfilledUpTo: [UInt8]?
    /// All attributes that are in the index whatever the projection: its key's and the table's.
    package var keyNames: Set<Text>

    package init(
        name: String, isGlobal: Bool, space: SpaceID, key: KeySchema, tableKey: KeySchema, projection: Projection
    ) {
        self.name = name
        self.isGlobal = isGlobal
        self.space = space
        self.key = key
        self.projection = projection
        keyNames = Set((key.attributes + tableKey.attributes).map(\.name))
        throughput = TableRecord.Throughput()
        status = .active
    }

    /// Whether an item's attribute is in the index.
    package func projects(_ name: Text) -> Bool {
        switch projection {
        case .all: true
        case .keysOnly: keyNames.contains(name)
        case .include(let names): keyNames.contains(name) || names.contains(name)
        }
    }
}

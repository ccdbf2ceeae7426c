package import DyadModel

/// All that is known of a table but its rows. Kept as JSON in the store, and by value in every `Catalog`.
package struct TableRecord: Sendable, Equatable {
    package enum Status: String, Sendable {
        case creating = "CREATING", active = "ACTIVE", updating = "UPDATING", deleting = "DELETING"
    }
    package enum BillingMode: String, Sendable { case provisioned = "PROVISIONED", payPerRequest = "PAY_PER_REQUEST" }

    // A record is one reference, copied when it is changed: every request holds one for a while, on several threads, and
    // two dozen fields to be counted each time were a fifth of a GetItem.
    private var storage: Storage

    private final class Storage: Sendable {
        let fields: Fields
        let indexes: [IndexRecord]
        let indexesByName: [IndexRecord]

        init(_ fields: Fields) {
            self.fields = fields
            indexes = fields.localIndexes + fields.globalIndexes
            indexesByName = indexes.sorted { $0.name < $1.name }
        }
    }

    private struct Fields: Sendable, Equatable {
        var name: String
        var id: String
        var space: SpaceID
        var createdAt: Timestamp
        var status: Status = .creating
        var dueAt: Timestamp?
        var updating: UpdateKind?
        var attributes: [KeySchema.Attribute]
        var key: KeySchema
        var billingMode: BillingMode = .provisioned
        var payPerRequestAt: Timestamp?
        var throughput = Throughput()
        var pendingUnits: Units?
        var warmUnits: Units?
        var pendingWarm: Pending<Units>?
        var onDemandLimits: OnDemandLimits?
        var localIndexes: [IndexRecord] = []
        var globalIndexes: [IndexRecord] = []
        var stream: StreamRecord?
        var latestStreamLabel: String?
        var isDeletionProtected: Bool = false
        var tableClass: String?
        var tableClassAt: Timestamp?
        var encryption: Encryption?
        var pendingEncryption: Pending<Encryption?>?
        var tags: [Tag] = []
        var timeToLive: TimeToLive?
    }

    private mutating func change(_ change: (inout Fields) -> Void) {
        var fields = storage.fields
        change(&fields)
        storage = Storage(fields)
    }

    package static func == (left: TableRecord, right: TableRecord) -> Bool {
        left.storage === right.storage || left.storage.fields == right.storage.fields
    }

    package var name: String {
        get { storage.fields.name }
        set { change { $0.name = newValue } }
    }
    package var id: String {
        get { storage.fields.id }
        set { change { $0.id = newValue } }
    }
    package var space: SpaceID {
        get { storage.fields.space }
        set { change { $0.space = newValue } }
    }
    package var createdAt: Timestamp {
        get { storage.fields.createdAt }
        set { change { $0.createdAt = newValue } }
    }
    package var status: Status {
        get { storage.fields.status }
        set { change { $0.status = newValue } }
    }
    /// When what is under way ends; nil when nothing is, or when it ends by work and not by time.
    package var dueAt: Timestamp? {
        get { storage.fields.dueAt }
        set { change { $0.dueAt = newValue } }
    }
    /// What UPDATING is about: other changes of a table must wait for some, and AWS says which.
    package var updating: UpdateKind? {
        get { storage.fields.updating }
        set { change { $0.updating = newValue } }
    }
    /// In the order of the request; names and types.
    package var attributes: [KeySchema.Attribute] {
        get { storage.fields.attributes }
        set { change { $0.attributes = newValue } }
    }
    package var key: KeySchema {
        get { storage.fields.key }
        set { change { $0.key = newValue } }
    }
    package var billingMode: BillingMode {
        get { storage.fields.billingMode }
        set { change { $0.billingMode = newValue } }
    }
    /// When on-demand billing was last switched on; nil if it never was.
    package var payPerRequestAt: Timestamp? {
        get { storage.fields.payPerRequestAt }
        set { change { $0.payPerRequestAt = newValue } }
    }
    package var throughput: Throughput {
        get { storage.fields.throughput }
        set { change { $0.throughput = newValue } }
    }
    /// The units that an update under way ends with; nil when none changes them.
    package var pendingUnits: Units? {
        get { storage.fields.pendingUnits }
        set { change { $0.pendingUnits = newValue } }
    }
    /// What the table is warm for beyond its billing mode's own: asked for, or once provisioned.
    package var warmUnits: Units? {
        get { storage.fields.warmUnits }
        set { change { $0.warmUnits = newValue } }
    }
    /// More to be warm for, asked for and not there yet; the table stays ACTIVE meanwhile.
    package var pendingWarm: Pending<Units>? {
        get { storage.fields.pendingWarm }
        set { change { $0.pendingWarm = newValue } }
    }
    package var onDemandLimits: OnDemandLimits? {
        get { storage.fields.onDemandLimits }
        set { change { $0.onDemandLimits = newValue } }
    }
    package var localIndexes: [IndexRecord] {
        get { storage.fields.localIndexes }
        set { change { $0.localIndexes = newValue } }
    }
    package var globalIndexes: [IndexRecord] {
        get { storage.fields.globalIndexes }
        set { change { $0.globalIndexes = newValue } }
    }
    package var stream: StreamRecord? {
        get { storage.fields.stream }
        set { change { $0.stream = newValue } }
    }
    /// The newest stream's label, also when it was switched off.
    package var latestStreamLabel: String? {
        get { storage.fields.latestStreamLabel }
        set { change { $0.latestStreamLabel = newValue } }
    }
    package var isDeletionProtected: Bool {
        get { storage.fields.isDeletionProtected }
        set { change { $0.isDeletionProtected = newValue } }
    }
    package var tableClass: String? {
        get { storage.fields.tableClass }
        set { change { $0.tableClass = newValue } }
    }
    package var tableClassAt: Timestamp? {
        get { storage.fields.tableClassAt }
        set { change { $0.tableClassAt = newValue } }
    }
    package var encryption: Encryption? {
        get { storage.fields.encryption }
        set { change { $0.encryption = newValue } }
    }
    /// The encryption that a change under way ends with, nil inside for AWS's own key; the table stays ACTIVE meanwhile.
    package var pendingEncryption: Pending<Encryption?>? {
        get { storage.fields.pendingEncryption }
        set { change { $0.pendingEncryption = newValue } }
    }
    package var tags: [Tag] {
        get { storage.fields.tags }
        set { change { $0.tags = newValue } }
    }
    /// Nil while time to live was never switched on.
    package var timeToLive: TimeToLive? {
        get { storage.fields.timeToLive }
        set { change { $0.timeToLive = newValue } }
    }

    package init(
        name: String, id: String, space: SpaceID, createdAt: Timestamp, attributes: [KeySchema.Attribute],
        key: KeySchema
    ) {
        storage = Storage(
            Fields(name: name, id: id, space: space, createdAt: createdAt, attributes: attributes, key: key))
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

    /// Local ones first, each in the order in which they came.
    package var indexes: [IndexRecord] { storage.indexes }
    package var indexesByName: [IndexRecord] { storage.indexesByName }

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

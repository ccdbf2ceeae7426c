package import DyadModel

/// Every table and stream of a region, as of one commit. A value: whoever holds one is not disturbed by changes.
package struct Catalog: Sendable {
    package private(set) var tables: [String: TableRecord]
    package private(set) var streams: [String: StreamDescription]
    /// When the first of the tokens of requests is to be forgotten, at the earliest; nil while there are none.
    package internal(set) var tokensDueAt: Timestamp? { didSet { dueAt = earliest() } }
    /// When a table, an index, a stream or a token next comes due: known at once, since it is asked after every commit.
    package private(set) var dueAt: Timestamp?

    package init(tables: [TableRecord] = [], streams: [StreamDescription] = [], tokensDueAt: Timestamp? = nil) {
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
        self.streams = Dictionary(uniqueKeysWithValues: streams.map { (Self.streamKey($0.table, $0.label), $0) })
        self.tokensDueAt = tokensDueAt
        dueAt = earliest()
    }

    private func earliest() -> Timestamp? {
        let ofTables = tables.values.lazy.compactMap(\.earliestDue).min()
        let ofStreams = streams.values.lazy.compactMap(\.dueAt).min()
        return [ofTables, ofStreams, tokensDueAt].compactMap { $0 }.min()
    }

    package static func streamKey(_ table: String, _ label: String) -> String { "\(table)/stream/\(label)" }

    package func stream(of table: String, labelled label: String) -> StreamDescription? {
        streams[Self.streamKey(table, label)]
    }

    mutating func set(_ table: TableRecord) {
        tables[table.name] = table
        dueAt = earliest()
    }

    mutating func remove(tableNamed name: String) {
        tables[name] = nil
        dueAt = earliest()
    }

    mutating func set(_ stream: StreamDescription) {
        streams[Self.streamKey(stream.table, stream.label)] = stream
        dueAt = earliest()
    }

    mutating func remove(_ stream: StreamDescription) {
        streams[Self.streamKey(stream.table, stream.label)] = nil
        dueAt = earliest()
    }
}

extension TableRecord {
    /// When something of it comes due: its own state or an index's, what is pending, or an item's expiry.
    package var earliestDue: Timestamp? {
        let expiry = status == .deleting ? nil : timeToLive?.dueAt
        let pending = [pendingWarm?.dueAt, pendingEncryption?.dueAt] + globalIndexes.map(\.pendingWarm?.dueAt)
        return ([dueAt, expiry] + pending + globalIndexes.map(\.dueAt)).compactMap { $0 }.min()
    }
}

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
    /// When records are to be trimmed next, or the whole stream is to be forgotten.
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

    /// A part of a stream whose records are in order.
    package struct Shard: Sendable, Equatable {
        /// The number that the store knows it by.
        package var number: Int64
        /// `shardId-` and 20 digits, a dash and eight hexadecimal digits.
        package var id: String
        package var parent: String?
        package var firstSequence: Int64
        /// Nil while it takes changes.
        package var lastSequence: Int64?
        /// Changes before this are gone; nil while the shard has all of them.
        package var trimmedBefore: Int64?

        package init(number: Int64, id: String, parent: String? = nil, firstSequence: Int64, lastSequence: Int64? = nil)
        {
            self.number = number
            self.id = id
            self.parent = parent
            self.firstSequence = firstSequence
            self.lastSequence = lastSequence
        }
    }

    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("table", table)
            writer.member("label", label)
            writer.member("view", view.rawValue)
            writer.member("key") { writer in
                writer.array { writer in
                    for attribute in key.attributes {
                        writer.object {
                            $0.member("name", attribute.name.string)
                            $0.member("type", attribute.type.rawValue)
                        }
                    }
                }
            }
            writer.member("createdAt", Int(createdAt.milliseconds))
            writer.member("disabledAt", disabledAt.map { Int($0.milliseconds) })
            writer.member("dueAt", dueAt.map { Int($0.milliseconds) })
            writer.member("shards") { writer in
                writer.array { writer in
                    for shard in shards {
                        writer.object {
                            $0.member("number", Int(shard.number))
                            $0.member("id", shard.id)
                            $0.member("parent", shard.parent)
                            $0.member("first", Int(shard.firstSequence))
                            $0.member("last", shard.lastSequence.map(Int.init))
                            $0.member("trimmedBefore", shard.trimmedBefore.map(Int.init))
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Nil when the record is none of ours.
    package init?(json: [UInt8]) {
        guard let root = try? JSONDocument(parsing: json).root, let table = root["table"]?.string,
            let label = root["label"]?.string, let view = root["view"]?.string.flatMap(TableRecord.StreamView.init),
            let createdAt = root["createdAt"]?.integer
        else { return nil }
        let attributes: [KeySchema.Attribute] =
            root["key"]?.elements.compactMap { node in
                guard let name = node["name"]?.string,
                    let type = node["type"]?.string.flatMap(KeySchema.AttributeType.init)
                else { return nil }
                return KeySchema.Attribute(Text(name), type)
            } ?? []
        let shards: [Shard] =
            root["shards"]?.elements.compactMap { node in
                guard let number = node["number"]?.integer, let id = node["id"]?.string,
                    let first = node["first"]?.integer
                else { return nil }
                var shard = Shard(
                    number: Int64(number), id: id, parent: node["parent"]?.string, firstSequence: Int64(first),
                    lastSequence: node["last"]?.integer.map(Int64.init))
                shard.trimmedBefore = node["trimmedBefore"]?.integer.map(Int64.init)
                return shard
            } ?? []
        self.init(
            table: table, label: label, view: view,
            key: KeySchema(partition: Array(attributes.prefix(1)), sort: Array(attributes.dropFirst())),
            createdAt: Timestamp(milliseconds: Int64(createdAt)), shards: shards)
        dueAt = root["dueAt"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        disabledAt = root["disabledAt"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
    }
}

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

import DyadClient
import DyadModel
import DyadReplicator

/// A table as any DynamoDB endpoint scans it.
struct EndpointSnapshotSource: SnapshotSource {
    let client: DynamoDBClient
    let table: String
    let keyNames: [Text]
    /// How fast it may be read; nil is as fast as it answers.
    var pace: CapacityPace?

    func page(segment: Int, of segmentCount: Int, after key: ItemBytes?) async throws(PortError) -> SnapshotPage {
        let turn = try await pace?.beginPage()
        let page = try await sorted { () async throws(ClientError) in
            try await client.scan(
                table, segment: (segment, segmentCount), from: key?.utf8, limit: turn?.items, isConsistent: true,
                tellsCapacity: turn != nil)
        }
        if let turn {
            let estimate = CapacityEstimate.read(bytes: page.items.reduce(0) { $0 + $1.count })
            pace?.settlePage(turn.booking, items: page.items.count, spent: page.consumedUnits ?? estimate)
        }
        var items: [SnapshotItem] = []
        items.reserveCapacity(page.items.count)
        for raw in page.items {
            let item = try ItemBytes(received: raw)
            items.append(SnapshotItem(key: item.key(keyNames), item: item))
        }
        let lastKey: ItemBytes? = if let raw = page.lastEvaluatedKey { try ItemBytes(received: raw) } else { nil }
        return SnapshotPage(items, lastKey: lastKey)
    }
}

extension ItemBytes {
    /// An item out of an answer.
    init(received raw: [UInt8]) throws(PortError) {
        do { self = try ItemBytes(parsing: JSONDocument(parsing: raw).root) } catch {
            throw PortError(.fatal, "an item cannot be read: \(String(decoding: raw.prefix(200), as: UTF8.self))")
        }
    }

    /// The key attributes alone.
    func key(_ names: [Text]) -> ItemBytes { picking { names.contains($0) } }
}

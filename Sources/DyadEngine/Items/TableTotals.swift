import DyadModel
import DyadStore

/// What a request for several items tells of each table: capacity and item collections.
struct TableTotals: Sendable {
    let detail: ReturnConsumedCapacity?
    let asked: ReturnItemCollectionMetrics?
    private var capacities: [ConsumedCapacity] = []
    private var metrics: [(table: String, entries: [ItemCollectionMetrics])] = []

    init(_ detail: ReturnConsumedCapacity?, _ asked: ReturnItemCollectionMetrics?) {
        self.detail = detail
        self.asked = asked
    }

    /// The capacity of the table that the request calls `name`.
    mutating func capacity(of name: String, side: ConsumedCapacity.Side? = nil, _ add: (inout ConsumedCapacity) -> Void)
    {
        let at = capacities.firstIndex { $0.table == name } ?? capacities.endIndex
        if at == capacities.endIndex { capacities.append(ConsumedCapacity(table: name, side: side)) }
        add(&capacities[at])
    }

    /// What a refused write would have taken: it counts only beside what was done.
    mutating func addRefused(_ units: Int, of name: String) {
        guard let at = capacities.firstIndex(where: { $0.table == name }) else { return }
        capacities[at].refusedHalves += units * 2
    }

    var isEmpty: Bool { capacities.isEmpty }

    /// Counts the item collection that `item` (or a key) belongs to, once, at its last size.
    ///
    /// - Parameter rows: as they are after the item was written.
    mutating func addCollection(
        of item: ItemBytes, at key: StorageKey, in table: TableRecord, named name: String, on rows: Rows
    ) throws(DynamoError) {
        guard let entry = try ItemCollectionMetrics(asked, of: item, at: key, in: table, on: rows) else { return }
        let at = metrics.firstIndex { $0.table == name } ?? metrics.endIndex
        if at == metrics.endIndex { metrics.append((name, [])) }
        if let known = metrics[at].entries.firstIndex(where: { $0.key == entry.key }) {
            metrics[at].entries[known] = entry
        } else {
            metrics[at].entries.append(entry)
        }
    }

    /// The members ItemCollectionMetrics and ConsumedCapacity, as far as they were asked for.
    func write(to json: inout JSONWriter) {
        if !metrics.isEmpty {
            json.member("ItemCollectionMetrics") {
                $0.object { json in
                    for (table, entries) in metrics {
                        json.key(table)
                        json.array { for entry in entries { entry.write(to: &$0) } }
                    }
                }
            }
        }
        json.member("ConsumedCapacity", capacities, detail)
    }
}

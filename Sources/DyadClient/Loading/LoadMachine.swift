/// Decides which rows travel together and when: batches of 25 different items, several under way, no two of them with
/// the same key, so that of rows with one key the last one stays.
package struct LoadMachine: Sendable {
    /// BatchWriteItem's limit.
    package static let batchMax = 25
    /// Bytes of JSON in a batch of more than one item. AWS takes requests of 16 MB, and 25 items of 400 KB are far more
    /// when every character is an escape.
    static let batchBytesMax = 12 << 20

    package struct Batch: Sendable, Equatable {
        package let number: Int
        /// All with different keys.
        package fileprivate(set) var items: [LoadItem]
        /// Rows these items stand for: an item may have taken the place of an earlier row with its key.
        package fileprivate(set) var rows: Int
        fileprivate var byteCount = 0

        fileprivate init(number: Int) {
            self.number = number
            items = []
            rows = 0
        }
    }

    private let inFlightMax: Int
    private var nextNumber = 0
    private var open: Batch?
    private var openKeys: [LoadKey: Int] = [:]
    private var waiting: [Batch] = []
    private var inFlight: [Int: Batch] = [:]
    private var keysInFlight: Set<LoadKey> = []
    private var hasEnded = false
    /// Rows that arrived at the table.
    package private(set) var rowsLoaded = 0

    package init(inFlightMax: Int) {
        precondition(inFlightMax >= 1, "at least one batch must travel")
        self.inFlightMax = inFlightMax
    }

    /// More rows can be held without letting any queue grow.
    package var wantsRows: Bool { waiting.isEmpty && !hasEnded }
    package var isIdle: Bool { inFlight.isEmpty }
    package var isDone: Bool { hasEnded && open == nil && waiting.isEmpty && inFlight.isEmpty }

    package mutating func add(_ item: LoadItem) {
        precondition(!hasEnded, "rows end once")
        if let open, open.byteCount + item.request.count > Self.batchBytesMax { seal() }
        // Taken out, it is nobody else's and is not copied.
        var batch = open.take() ?? newBatch()
        batch.rows += 1
        batch.byteCount += item.request.count
        if let earlier = openKeys[item.key] {
            batch.byteCount -= batch.items[earlier].request.count
            batch.items[earlier] = item
        } else {
            openKeys[item.key] = batch.items.count
            batch.items.append(item)
        }
        open = batch
        if batch.items.count == Self.batchMax { seal() }
    }

    /// No more rows will come; what is there travels.
    package mutating func end() {
        seal()
        hasEnded = true
    }

    /// The batch to send now, if there is one that may go. Batches go in the rows' order.
    package mutating func send() -> Batch? {
        guard inFlight.count < inFlightMax, let batch = waiting.first,
            !batch.items.contains(where: { keysInFlight.contains($0.key) })
        else { return nil }
        waiting.removeFirst()
        inFlight[batch.number] = batch
        for item in batch.items { keysInFlight.insert(item.key) }
        return batch
    }

    /// A batch is over.
    ///
    /// - Parameter rows: how many of its rows are in the table.
    package mutating func finished(_ number: Int, rows: Int) {
        guard let batch = inFlight.removeValue(forKey: number) else {
            preconditionFailure("a batch that was not sent cannot finish")
        }
        for item in batch.items { keysInFlight.remove(item.key) }
        rowsLoaded += rows
    }

    /// Something was refused: what has not been sent stays at home.
    package mutating func abandonUnsent() {
        open = nil
        openKeys = [:]
        waiting = []
        hasEnded = true
    }

    private mutating func newBatch() -> Batch {
        defer { nextNumber += 1 }
        return Batch(number: nextNumber)
    }

    private mutating func seal() {
        guard let batch = open else { return }
        waiting.append(batch)
        open = nil
        openKeys.removeAll(keepingCapacity: true)
    }
}

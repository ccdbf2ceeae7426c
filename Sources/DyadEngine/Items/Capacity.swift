import DyadModel
import DyadStore

enum ReturnConsumedCapacity: String, WireEnum {
    case indexes = "INDEXES"
    case total = "TOTAL"
    case none = "NONE"
}

/// How reads and writes are charged. Source: docs, "DynamoDB read and write operations".
enum CapacityUnits {
    static let readBytes = 4096
    static let writeBytes = 1024

    private static func rounded(_ bytes: Int, by unit: Int) -> Int { max(1, (bytes + unit - 1) / unit) }

    /// Half units: an eventually consistent read of 4 KB is one, a consistent one two.
    static func readHalves(_ bytes: Int, isConsistent: Bool) -> Int {
        rounded(bytes, by: readBytes) * (isConsistent ? 2 : 1)
    }

    /// Whole units of a write to the table: the larger of both sizes counts.
    static func write(from old: SizedItem?, to new: SizedItem?) -> Int {
        rounded(max(old?.size ?? 0, new?.size ?? 0), by: writeBytes)
    }

    /// Whole units of an index: one for an entry that is put, removed or changed, two when it moves.
    static func indexWrite(from old: IndexEntry?, to new: IndexEntry?) -> Int {
        let (before, after) = (old?.item.size ?? 0, new?.item.size ?? 0)
        guard let old, let new, old.key != new.key else { return rounded(max(before, after), by: writeBytes) }
        return rounded(before, by: writeBytes) + rounded(after, by: writeBytes)
    }
}

/// What an operation consumed of one table, in half units.
struct ConsumedCapacity: Sendable {
    let table: String
    /// Whether the units were read or written: AWS tells it of transactions alone.
    var side: Side?
    var tableHalves = 0
    var localHalves: [String: Int] = [:]
    var globalHalves: [String: Int] = [:]
    /// What refused members of a batch would have taken: part of the sum, and of nothing else.
    var refusedHalves = 0

    enum Side: Sendable { case read, write }

    /// A transaction reads and writes everything twice. Source: docs, "DynamoDB transactions", capacity.
    static let transactionFactor = 2

    init(table: String, side: Side? = nil) {
        self.table = table
        self.side = side
    }

    /// Nil unless it was asked for.
    init?(table: String, of outcome: ItemWrite.Outcome, _ detail: ReturnConsumedCapacity?) {
        guard let detail, detail != .none else { return nil }
        self.init(table: table)
        add(outcome)
    }

    mutating func add(_ outcome: ItemWrite.Outcome) { add(outcome, tableTimes: 1) }

    /// A write in a transaction costs its table twice, and its indexes what it costs them alone (captured from AWS:
    /// nubo-db/dynoxide pull request 188).
    mutating func addTransactionalWrite(_ outcome: ItemWrite.Outcome) {
        add(outcome, tableTimes: Self.transactionFactor)
    }

    private mutating func add(_ outcome: ItemWrite.Outcome, tableTimes factor: Int) {
        tableHalves += CapacityUnits.write(from: outcome.old, to: outcome.new) * 2 * factor
        for (index, units) in outcome.indexUnits { add(units * 2, to: index) }
    }

    /// A read in a transaction, of an item of that many bytes; none when it is missing.
    mutating func addTransactionalRead(of bytes: Int) {
        tableHalves += CapacityUnits.readHalves(bytes, isConsistent: true) * Self.transactionFactor
    }

    mutating func add(_ halves: Int, to index: IndexRecord) {
        if index.isGlobal {
            globalHalves[index.name, default: 0] += halves
        } else {
            localHalves[index.name, default: 0] += halves
        }
    }

    private var halves: Int {
        tableHalves + refusedHalves + localHalves.values.reduce(0, +) + globalHalves.values.reduce(0, +)
    }

    /// - Precondition: `detail` is not `none`.
    func write(to json: inout JSONWriter, _ detail: ReturnConsumedCapacity) {
        json.object { json in
            json.member("TableName", table)
            writeUnits(halves, to: &json)
            guard detail == .indexes else { return }
            json.member("Table") { $0.object { writeUnits(tableHalves, to: &$0) } }
            write("LocalSecondaryIndexes", localHalves, to: &json)
            write("GlobalSecondaryIndexes", globalHalves, to: &json)
        }
    }

    private func writeUnits(_ halves: Int, to json: inout JSONWriter) {
        json.member("CapacityUnits") { $0.halves(halves) }
        switch side {
        case nil: break
        case .read: json.member("ReadCapacityUnits") { $0.halves(halves) }
        case .write: json.member("WriteCapacityUnits") { $0.halves(halves) }
        }
    }

    private func write(_ name: StaticString, _ indexes: [String: Int], to json: inout JSONWriter) {
        guard !indexes.isEmpty else { return }
        json.member(name) {
            $0.object { json in
                for (index, halves) in indexes.sorted(by: { $0.key < $1.key }) {
                    json.key(index)
                    json.object { writeUnits(halves, to: &$0) }
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ capacity: ConsumedCapacity?, _ detail: ReturnConsumedCapacity?) {
        guard let capacity, let detail, detail != .none else { return }
        member(name) { capacity.write(to: &$0, detail) }
    }
}

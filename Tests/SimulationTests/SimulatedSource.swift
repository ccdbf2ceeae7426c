import DyadModel
import DyadReplicator

/// A table and its stream as AWS keeps them: shards that split and roll, each key in one open shard at a time.
struct SimulatedSource {
    struct Shard {
        var id: ShardID
        var parent: ShardID?
        /// The part of the key space, 0..<256, that it serves.
        var range: Range<Int>
        var records: [StreamRecord] = []
        var isClosed = false
        var closedAt: Timestamp?
    }

    private(set) var shards: [Shard] = []
    /// Version of each item; nil is deleted. The value of an item is its version.
    private(set) var items: [Int: Int] = [:]
    private(set) var versions: [Int: Int] = [:]
    /// Of 21 digits with the four that stand in front.
    private var nextSequence = 10_000_000_000_000_100
    /// Records up to this index are no longer kept, by shard.
    private(set) var trimmed: [ShardID: Int] = [:]
    /// Shards that are no longer listed, since all of them is trimmed.
    private var gone: Set<ShardID> = []

    init() { shards = [Shard(id: ShardID("shard-0"), parent: nil, range: 0..<256)] }

    static func key(_ number: Int) -> ItemBytes { ItemBytes(canonical: Array("{\"id\":{\"N\":\"\(number)\"}}".utf8)) }
    static func item(_ number: Int, version: Int) -> ItemBytes {
        ItemBytes(canonical: Array("{\"id\":{\"N\":\"\(number)\"},\"v\":{\"N\":\"\(version)\"}}".utf8))
    }
    private static func place(_ number: Int) -> Int { number &* 167 & 255 }

    /// Fills the table as it was before the stream was enabled.
    mutating func seed(_ number: Int) {
        versions[number] = 1
        items[number] = 1
    }

    mutating func write(_ number: Int, isDelete: Bool, at now: Timestamp) {
        if isDelete, items[number] == nil { return }
        let version = (versions[number] ?? 0) + 1
        versions[number] = version
        items[number] = isDelete ? nil : version
        nextSequence += 7
        guard let sequence = SequenceNumber("1000\(nextSequence)"),
            let open = shards.firstIndex(where: { !$0.isClosed && $0.range.contains(Self.place(number)) })
        else { return }
        let change: ItemChange = isDelete ? .delete : .put(Self.item(number, version: version))
        shards[open].records.append(StreamRecord(sequence, key: Self.key(number), change, createdAt: now))
        let made = Change(
            sequence: sequence, shard: shards[open].id, version: version, exists: !isDelete, madeAt: now)
        history[number, default: []].append(made)
        changes[sequence] = made
    }

    struct Change {
        var sequence: SequenceNumber
        var shard: ShardID
        var version: Int
        var exists: Bool
        var madeAt: Timestamp
    }

    /// Every change of an item, oldest first.
    private(set) var history: [Int: [Change]] = [:]
    private(set) var changes: [SequenceNumber: Change] = [:]

    /// Closes an open shard; one child takes its range, or two its halves.
    mutating func split(_ choice: Int, intoTwo: Bool, at now: Timestamp) {
        let open = shards.indices.filter { !shards[$0].isClosed }
        let index = open[choice % open.count]
        shards[index].isClosed = true
        shards[index].closedAt = now
        let (range, parent) = (shards[index].range, shards[index].id)
        let middle = (range.lowerBound + range.upperBound) / 2
        let parts = intoTwo && range.count > 1 ? [range.lowerBound..<middle, middle..<range.upperBound] : [range]
        for part in parts { shards.append(Shard(id: ShardID("shard-\(shards.count)"), parent: parent, range: part)) }
    }

    /// Drops the oldest records of a shard, and the shard itself once it is closed and empty.
    mutating func trim(_ id: ShardID, keeping count: Int) {
        guard let index = shards.firstIndex(where: { $0.id == id }) else { return }
        trimmed[id] = max(trimmed[id] ?? 0, shards[index].records.count - count)
    }

    /// Drops what is older, and shards that have nothing younger.
    mutating func trim(before time: Timestamp) {
        for shard in shards where !gone.contains(shard.id) {
            let kept = shard.records.count { $0.createdAt >= time }
            trim(shard.id, keeping: kept)
            if kept == 0, let closedAt = shard.closedAt, closedAt < time { gone.insert(shard.id) }
        }
    }

    func descriptions() -> [ShardDescription] {
        shards.filter { !gone.contains($0.id) }.map {
            ShardDescription($0.id, parent: $0.parent, isClosed: $0.isClosed)
        }
    }

    /// The index of the record that a position names.
    func index(_ id: ShardID, at position: StreamPosition) throws(PortError) -> Int {
        guard let shard = shards.first(where: { $0.id == id }), !gone.contains(id) else {
            throw PortError(.trimmed, "no shard \(id)")
        }
        let horizon = trimmed[id] ?? 0
        switch position {
        case .trimHorizon: return horizon
        case .latest: return shard.records.count
        case .after(let sequence):
            let index = shard.records.firstIndex { $0.sequence > sequence } ?? shard.records.count
            guard index >= horizon else { throw PortError(.trimmed, "\(sequence) is trimmed") }
            return index
        }
    }

    /// A page from the index; the second value is where the next begins, nil at a closed shard's end.
    func page(_ id: ShardID, from index: Int, limit: Int) throws(PortError) -> ([StreamRecord], Int?) {
        guard let shard = shards.first(where: { $0.id == id }) else { throw PortError(.trimmed, "no shard \(id)") }
        guard index >= trimmed[id] ?? 0 else { throw PortError(.trimmed, "records were trimmed") }
        let end = min(index + limit, shard.records.count)
        return (Array(shard.records[index..<end]), shard.isClosed && end == shard.records.count ? nil : end)
    }
}

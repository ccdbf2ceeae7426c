import DyadModel
import DyadReplicator

/// A mistake planted on purpose, between the passages and the tables.
enum TwoWaySabotage: String, CaseIterable {
    case echoForgotten, tombstoneForgotten, revisionIgnored, equalItemWritten, sendForgotten, clockNotRaised
}

/// One side: a table, its stream, and the registers of its bookkeeping.
struct TwoWayTable {
    let name: String
    /// What its clock is ahead by, in milliseconds, and how coarse its records' times are.
    let skew: Int64
    let grain: Int64
    private(set) var items: [Int: ItemBytes] = [:]
    private(set) var stream: [StreamRecord] = []
    var registers: [Int: KeyRegister] = [:]

    init(name: String, skew: Int64, grain: Int64) {
        self.name = name
        self.skew = skew
        self.grain = grain
    }

    static func key(_ number: Int) -> ItemBytes { ItemBytes(canonical: Array("{\"id\":{\"N\":\"\(number)\"}}".utf8)) }
    static func item(_ number: Int, _ value: Int) -> ItemBytes {
        ItemBytes(canonical: Array("{\"id\":{\"N\":\"\(number)\"},\"v\":{\"N\":\"\(value)\"}}".utf8))
    }

    /// What was there before the stream was.
    mutating func seed(_ number: Int, _ item: ItemBytes) { items[number] = item }

    /// A write that changes nothing makes no record.
    mutating func write(_ number: Int, _ item: ItemBytes?, at now: Int64) {
        guard items[number] != item else { return }
        items[number] = item
        let text = String(1_000_000_000_000_000_000 + stream.count * 7)
        guard let sequence = SequenceNumber("100" + text) else { return }
        let time = now + skew
        stream.append(
            StreamRecord(
                sequence, key: Self.key(number), item.map { .put($0) } ?? .delete,
                createdAt: Timestamp(milliseconds: time - time % grain)))
    }
}

/// Two sides with writers of their own, a replicator each way, and a scheduler that draws everything from one seed.
struct TwoWayWorld: ~Copyable {
    private struct Journey {
        var direction: Int
        var life: Int
        var number: Int
        /// The record's place in the stream; nil for an item of a scan.
        var record: Int?
        var passage: Passage
    }

    /// A transaction that is on its way still though nobody waits for it.
    private struct Late {
        var side: Int
        var commit: Passage.Commit
        var number: Int
    }

    private var random: SeededRandom
    private let sabotage: TwoWaySabotage?
    private var tables: [TwoWayTable]
    private var now: Int64 = 1_000_000
    private let keyCount: Int
    private let valueCount: Int
    private let hasDeletes: Bool
    private let isBackfilled: Bool
    private let hasCrashes: Bool
    private var writesLeft: Int
    private var writesMade = 0
    private var isCalm = false
    private var life = 0

    // By direction: 0 from the first side to the second, 1 back.
    private var ledgers = [ConflictLedger(), ConflictLedger()]
    /// Items that a scan has read and not handed on; nil while no scan is under way.
    private var scans: [[(number: Int, item: ItemBytes)]?] = [nil, nil]
    private var isScanned = [true, true]
    /// Places of the next records to begin with.
    private var places = [0, 0]
    private var saved = [0, 0]
    private var journeys: [Journey] = []
    private var late: [Late] = []

    // What is held against the story in the end.
    private var itemsWritten = 0
    private var greatest: [Int: ReplicaVersion] = [:]
    private var lastLocal: [Int: (time: Int64, item: ItemBytes?)] = [:]
    /// What a write had seen, by item; items are unique where this is kept.
    private var past: [ItemBytes: Set<ItemBytes>] = [:]
    /// What a side's next local write comes after, by item: all local ones before it, and what of the other side was
    /// under it.
    private var history: [[Int: Set<ItemBytes>]] = [[:], [:]]
    private var lost: Set<ItemBytes> = []
    private var losers: Set<ItemBytes> = []
    private(set) var conflictCount = 0
    private var conflicts: Set<String> = []
    private var complaints: [String] = []

    /// No state comes back. Where one does, a write may be taken for one of the replicator's that made the same state:
    /// both sides end equal even so, but maybe not with what was written last.
    private var isUnique: Bool { valueCount == .max && !hasDeletes }
    private var isExact: Bool { tables.allSatisfy { $0.skew == 0 && $0.grain == 1 } && isUnique && !isBackfilled }

    private(set) var journal: Journal

    init(seed: UInt64, sabotage: TwoWaySabotage? = nil, keepsJournal: Bool = false) {
        random = SeededRandom(seed: seed)
        journal = Journal(keepsLines: keepsJournal)
        self.sabotage = sabotage
        keyCount = Int.random(in: 1...6, using: &random)
        // Few values, so that states come back; or each its own.
        valueCount = Bool.random(using: &random) ? .max : Int.random(in: 1...3, using: &random)
        hasDeletes = Bool.random(using: &random)
        isBackfilled = Int.random(in: 0..<3, using: &random) == 0
        hasCrashes = Bool.random(using: &random)
        writesLeft = Int.random(in: 1...60, using: &random)
        let isSkewed = Bool.random(using: &random)
        let grain: Int64 = Bool.random(using: &random) ? 1 : 1000
        tables = []
        for name in ["cn-north-1", "cn-northwest-1"] {
            let skew = isSkewed ? Int64.random(in: -3000...3000, using: &random) : 0
            tables.append(TwoWayTable(name: name, skew: skew, grain: grain))
        }
        guard isBackfilled else { return }
        isScanned = [false, false]
        for number in 0..<keyCount {
            for side in 0...1 where Bool.random(using: &random) {
                tables[side].seed(number, TwoWayTable.item(number, -Int.random(in: 1...2, using: &random)))
            }
        }
    }

    mutating func run() {
        for _ in 0..<50_000 {
            step()
            if writesLeft == 0, !isCalm {
                isCalm = true
                perform(late.indices.map { $0 })
            }
            if isCalm, isIdle { return }
        }
        complaints.append("no end")
    }

    private var isIdle: Bool {
        journeys.isEmpty && late.isEmpty && isScanned == [true, true]
            && (0...1).allSatisfy { places[$0] == tables[$0].stream.count }
    }

    private mutating func note(_ line: (borrowing TwoWayWorld) -> String) {
        if journal.keepsLines { journal.tell(line(self), at: time) }
    }

    private var time: Timestamp { Timestamp(milliseconds: now) }

    private mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    private mutating func step() {
        now += Int64.random(in: 1...40, using: &random)
        switch Int.random(in: 0..<40, using: &random) {
        case 0..<6: writeLocally()
        case 6..<14: begin(Int.random(in: 0...1, using: &random))
        case 14 where hasCrashes && !isCalm: crash()
        case 15..<18: save(Int.random(in: 0...1, using: &random))
        case 18 where !late.isEmpty: perform([Int.random(in: late.indices, using: &random)])
        default: if !journeys.isEmpty { advance(Int.random(in: journeys.indices, using: &random)) }
        }
    }

    private mutating func writeLocally() {
        guard writesLeft > 0 else { return }
        writesLeft -= 1
        writesMade += 1
        let side = Int.random(in: 0...1, using: &random)
        let number = Int.random(in: 0..<keyCount, using: &random)
        let value = valueCount == .max ? writesMade : Int.random(in: 1...valueCount, using: &random)
        let item = hasDeletes && chance(4) ? nil : TwoWayTable.item(number, value)
        let former = tables[side].items[number]
        guard former != item else { return }
        let seen = history[side][number] ?? []
        if let item {
            past[item] = seen
            history[side][number, default: []].insert(item)
        }
        note { "\($0.tables[side].name) writes \(number): \(item?.number("v").map { "\($0)" } ?? "deleted")" }
        tables[side].write(number, item, at: now)
        lastLocal[number] = (now, item)
    }

    private mutating func begin(_ direction: Int) {
        let table = tables[direction]
        let names = Passage.Names(origin: table.name, destination: tables[1 - direction].name)
        if !isScanned[direction] { return beginScanned(direction, names) }
        guard places[direction] < table.stream.count else { return }
        let record = table.stream[places[direction]]
        guard let number = record.key.number("id"),
            !journeys.contains(where: { $0.direction == direction && $0.number == number })
        else { return }
        let place = places[direction]
        places[direction] += 1
        if sabotage == .sendForgotten, let seen = table.registers[number]?.seen, record.sequence <= seen { return }
        let write = ReplicaWrite(
            key: record.key, record.change, sequence: record.sequence, createdAt: record.createdAt)
        journeys.append(
            Journey(
                direction: direction, life: life, number: number, record: place,
                passage: Passage(write, names, yields: direction == 1, now: time)))
    }

    private mutating func beginScanned(_ direction: Int, _ names: Passage.Names) {
        guard var found = scans[direction] else {
            scans[direction] = (0..<keyCount).compactMap { number in
                tables[direction].items[number].map { (number, $0) }
            }
            return
        }
        guard let next = found.popLast() else {
            if journeys.contains(where: { $0.direction == direction }) { return }
            isScanned[direction] = true
            return
        }
        scans[direction] = found
        journeys.append(
            Journey(
                direction: direction, life: life, number: next.number, record: nil,
                passage: Passage(
                    ReplicaWrite(key: TwoWayTable.key(next.number), .put(next.item)), names, yields: direction == 1,
                    now: time)))
    }

    private mutating func crash() {
        life += 1
        journeys = []
        ledgers = [ConflictLedger(), ConflictLedger()]
        for direction in 0...1 {
            places[direction] = saved[direction]
            if !isScanned[direction] { scans[direction] = nil }
        }
    }

    private mutating func save(_ direction: Int) {
        let open = journeys.filter { $0.direction == direction }.compactMap(\.record)
        let done = open.min() ?? places[direction]
        saved[direction] = Int.random(in: saved[direction]...max(saved[direction], done), using: &random)
    }

    private mutating func advance(_ index: Int) {
        let journey = journeys[index]
        guard let ask = journey.passage.ask else { return finish(index) }
        func place(_ side: Passage.Side) -> Int {
            side == .origin ? journey.direction : 1 - journey.direction
        }
        switch ask {
        case .register(let side):
            journeys[index].passage.found(tables[place(side)].registers[journey.number] ?? KeyRegister())
        case .item(let side):
            let item = tables[place(side)].items[journey.number]
            let wrong = sabotage == .equalItemWritten && side == .destination
            journeys[index].passage.found(item: wrong ? TwoWayTable.item(journey.number, 0) : item)
        case .commit(let commit):
            if let conflict = journey.passage.conflict { _ = ledgers[journey.direction].isNews(conflict) }
            send(commit, to: place(commit.side), of: index)
        }
        if index < journeys.count, journeys[index].passage.ask == nil { finish(index) }
    }

    private mutating func send(_ commit: Passage.Commit, to side: Int, of index: Int) {
        let number = journeys[index].number
        if !isCalm, chance(8) {
            // The answer is lost: it is carried out now, later, or both.
            if Bool.random(using: &random) { _ = carryOut(commit, at: side, number) }
            if Bool.random(using: &random) { late.append(Late(side: side, commit: commit, number: number)) }
            let former = journeys[index].passage
            journeys[index].passage = Passage(
                former.write, names(journeys[index].direction), yields: journeys[index].direction == 1, now: time)
            return
        }
        if carryOut(commit, at: side, number) {
            journeys[index].passage.committed()
            if !isCalm, chance(12) { late.append(Late(side: side, commit: commit, number: number)) }
        } else {
            journeys[index].passage.collided()
        }
    }

    private func names(_ direction: Int) -> Passage.Names {
        Passage.Names(origin: tables[direction].name, destination: tables[1 - direction].name)
    }

    private mutating func perform(_ places: [Int]) {
        for place in places.sorted(by: >) {
            let one = late.remove(at: place)
            _ = carryOut(one.commit, at: one.side, one.number)
        }
    }

    /// The transaction, as DynamoDB has it: all or nothing.
    private mutating func carryOut(_ commit: Passage.Commit, at side: Int, _ number: Int) -> Bool {
        let revision = tables[side].registers[number]?.revision ?? 0
        guard revision == commit.expected || sabotage == .revisionIgnored else { return false }
        if commit.isOnlyIfAbsent, tables[side].items[number] != nil { return false }
        var register = commit.register
        if sabotage == .echoForgotten { register.applied = [] }
        if sabotage == .clockNotRaised { register.clock = 0 }
        tables[side].registers[number] = register
        note {
            "\($0.tables[side].name) commits \(number): \(register.line) \(commit.change.map { "\($0.line)" } ?? "")"
        }
        if let version = register.version { greatest[number] = max(greatest[number] ?? version, version) }
        if let change = commit.change {
            itemsWritten += 1
            var item: ItemBytes?
            if case .put(let put) = change { item = put }
            noteLoss(of: tables[side].items[number], under: item)
            if let item { history[side][number, default: []].formUnion((past[item] ?? []).union([item])) }
            tables[side].write(number, item, at: now)
        }
        if sabotage == .tombstoneForgotten, tables[side].items[number] == nil { tables[side].registers[number] = nil }
        return true
    }

    private mutating func noteLoss(of former: ItemBytes?, under item: ItemBytes?) {
        guard let former, let item, former != item else { return }
        if !(past[item]?.contains(former) ?? false) { lost.insert(former) }
    }

    private mutating func finish(_ index: Int) {
        let journey = journeys.remove(at: index)
        guard let conflict = ledgers[journey.direction].settle(journey.passage) else { return }
        conflictCount += 1
        if case .put(let item) = conflict.loser.change { losers.insert(item) }
        let name = "\(journey.number): \(conflict.winner.line) over \(conflict.loser.line)"
        note { _ in "conflict \(name)" }
        if !conflicts.insert(name).inserted, !hasCrashes { complaints.append("counted twice: \(name)") }
    }

    /// All that is wrong in the end; empty when nothing is.
    func verdict() -> [String] {
        var found = complaints
        let (one, other) = (tables[0], tables[1])
        for number in 0..<keyCount {
            if one.items[number] != other.items[number] { found.append("item \(number) differs") }
            for table in tables {
                guard let register = table.registers[number] else { continue }
                if !register.applied.isEmpty { found.append("item \(number) waits for an echo in \(table.name)") }
                if register.digest != StateDigest(table.items[number]) {
                    found.append("the register of item \(number) in \(table.name) is not its state's")
                }
                if register.version != greatest[number] { found.append("the winner of item \(number) is not the last") }
            }
            if isExact, let last = lastLocal[number], one.items[number] != last.item {
                found.append("item \(number) is not what was written last")
            }
        }
        // Each write reaches the other side once, and may be restored where it was overtaken; states that come back are
        // taken for another's now and then.
        let bound = 3 * (writesMade + 2 * keyCount)
        if itemsWritten > bound { found.append("\(itemsWritten) items written for \(writesMade) writes") }
        if isUnique, !hasCrashes, !isBackfilled {
            let final = Set(one.items.values)
            let seen = final.union(final.flatMap { past[$0] ?? [] })
            // What a loser had written over is lost with it.
            let told = losers.union(losers.flatMap { past[$0] ?? [] })
            let silent = lost.subtracting(seen).subtracting(told)
            if !silent.isEmpty {
                found.append(
                    "lost without a conflict: \(silent.map { String(decoding: $0.utf8, as: UTF8.self) }.sorted())")
            }
            if !losers.isDisjoint(with: final) { found.append("a loser is there in the end") }
        }
        return found
    }
}

extension KeyRegister {
    fileprivate var line: String {
        "revision \(revision) seen \(seen?.text.suffix(4) ?? "-") clock \(clock) version \(version?.description ?? "-") "
            + "basis \(basis?.description ?? "-") applied \(applied.map(\.version.description))"
    }
}

extension ItemChange {
    fileprivate var line: String {
        if case .put(let item) = self { "v \(item.number("v") ?? 0)" } else { "delete" }
    }
}

extension WriteConflict.Contender {
    fileprivate var line: String { "\(version?.description ?? origin) \(change?.line ?? "gone")" }
}

extension ItemBytes {
    /// The number of that attribute.
    func number(_ name: Text) -> Int? {
        guard case .number(let number) = attribute(named: name) else { return nil }
        return Int(number.description)
    }
}

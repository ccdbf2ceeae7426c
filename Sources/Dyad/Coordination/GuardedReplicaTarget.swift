import DyadClient
import DyadModel
import DyadReplicator
import Synchronization

/// A table that any DynamoDB endpoint holds, written by TransactWriteItems, each batch with its lane's position.
///
/// A request that was given up and is carried out late finds a position that has moved, and changes nothing.
final class GuardedReplicaTarget: ReplicaTarget {
    /// AWS's limit on one TransactWriteItems is 100 members, of which one is the position.
    static let batchWritesMax = 99
    /// AWS's limit on a transaction's items is 4 MB, in DynamoDB's own count, of which JSON has always more.
    static let batchBytesMax = 3_500_000
    /// How often one call of `apply` may find the position moved before it is left to a later try.
    private static let turnsMax = 6

    private struct Place: Hashable {
        var owner: LaneID.Owner
        var index: Int
        var scan: ScanID?
    }

    private struct State {
        var link: CoordinatedLink.State?
        var guards: [Place: LaneGuard] = [:]
    }

    private enum Outcome { case written, missed }

    private let client: DynamoDBClient
    private let table: String
    private let link: CoordinatedLink
    private let beginning: String
    /// How fast the table may be written to; nil is as fast as it answers. The rows of positions do not count.
    private let pace: CapacityPace?
    private let state = Mutex(State())
    private let opener = Opener()

    /// - Parameter beginning: see `CoordinatedLink.State`.
    init(
        client: DynamoDBClient, table: String, link: CoordinatedLink, beginning: String, pace: CapacityPace? = nil
    ) {
        self.pace = pace
        self.client = client
        self.table = table
        self.link = link
        self.beginning = beginning
    }

    func prepare(isNew: Bool, laneCount: Int) async throws(PortError) -> Int {
        try await link.table.open()
        let entered = try await link.enter(isNew: isNew, lanes: laneCount, beginning: beginning)
        enter(entered)
        return entered.lanes
    }

    /// Works for that generation from now on.
    func enter(_ entered: CoordinatedLink.State) { state.withLock { $0 = State(link: entered) } }

    func apply(_ batch: ReplicaBatch, of lane: LaneID) async throws(PortError) -> ReplicaOutcome {
        let place = Place(owner: lane.owner, index: lane.index, scan: batch.scan)
        for _ in 0..<Self.turnsMax {
            switch state.withLock({ $0.guards[place, default: LaneGuard()].step(for: batch) }) {
            case .done: return ReplicaOutcome()
            case .read:
                let position = try await position(of: place)
                let wasOurs = state.withLock { $0.guards[place, default: LaneGuard()].found(position) }
                if wasOurs { return ReplicaOutcome() }
            case .write(let from, let to):
                switch try await write(batch, at: place, from, to) {
                case .written:
                    state.withLock { $0.guards[place]?.wrote(to: to) }
                    return ReplicaOutcome()
                case .missed: state.withLock { $0.guards[place]?.missed(to: to) }
                }
            }
        }
        throw PortError(.unavailable, "another worker moves the position of \(lane.owner) all the time")
    }

    func seal(_ scan: ScanID) async throws(PortError) {
        let generation = try generation
        for index in 0..<scan.segments {
            let key = key(Place(owner: .segment(index), index: 0, scan: scan), generation)
            _ = try await link.table.put(key, [("position", .text(LanePosition.sealed.text))])
        }
    }

    func forget(_ shard: ShardID) async throws(PortError) {
        for row in try await link.table.query("\(link.prefix(try generation))\(shard.rawValue)", rowsFrom: "lane-") {
            _ = try await link.table.delete(row.key)
        }
        state.withLock { $0.guards = $0.guards.filter { $0.key.owner != .shard(shard) } }
    }

    private var generation: Int64 {
        get throws(PortError) {
            guard let generation = state.withLock({ $0.link?.generation }) else {
                throw PortError(.fatal, "a batch before the first generation")
            }
            return generation
        }
    }

    // MARK: Positions

    private func key(_ place: Place, _ generation: Int64) -> CoordinationTable.Key {
        let prefix = link.prefix(generation)
        switch place.owner {
        case .shard(let shard):
            let count = state.withLock { $0.link?.lanes ?? 0 }
            return .init(link: "\(prefix)\(shard.rawValue)", row: "lane-\(place.index)-of-\(count)")
        case .segment(let segment):
            let (since, count) = (place.scan?.since.milliseconds ?? 0, place.scan?.segments ?? 0)
            return .init(link: "\(prefix)scan-\(since)", row: "segment-\(segment)-of-\(count)")
        }
    }

    private func position(of place: Place) async throws(PortError) -> LanePosition {
        let generation = try generation
        let key = key(place, generation)
        if let row = try await link.table.get(key) { return try position(in: row) }
        // Not there yet, or no longer.
        let places: [Place] =
            switch place.owner {
            case .shard: (0..<state.withLock { $0.link?.lanes ?? 0 }).map { Place(owner: place.owner, index: $0) }
            case .segment: [place]
            }
        try await opener.run { [self] () async throws(PortError) in
            if try await link.table.get(key) != nil { return }
            try await make(places.map { self.key($0, generation) }, generation)
        }
        guard let row = try await link.table.get(key) else { throw CoordinatedLink.isOver(link.name) }
        return try position(in: row)
    }

    private func position(in row: CoordinationTable.Row) throws(PortError) -> LanePosition {
        guard let position = row.text("position").flatMap({ LanePosition($0) }) else {
            throw PortError(.fatal, "the row \(row.key.link) \(row.key.row) of \(link.table.table) cannot be read")
        }
        return position
    }

    /// Makes rows, all that go into one transaction, for as long as the generation is not over.
    private func make(_ keys: [CoordinationTable.Key], _ generation: Int64) async throws(PortError) {
        for start in stride(from: 0, to: keys.count, by: Self.batchWritesMax) {
            var json = JSONWriter(capacity: 4096)
            json.object { json in
                json.member("TransactItems") { json in
                    json.array { json in
                        for key in keys[start..<min(start + Self.batchWritesMax, keys.count)] { makeRow(key, &json) }
                        checkGeneration(generation, &json)
                    }
                }
            }
            guard let reasons = try await transact(json.bytes) else { continue }
            if reasons.last == "ConditionalCheckFailed" { throw CoordinatedLink.isOver(link.name) }
            // Another worker makes them, or has made them; the caller looks.
            if !reasons.contains("ConditionalCheckFailed") { throw Self.failure(of: reasons) }
        }
    }

    private func makeRow(_ key: CoordinationTable.Key, _ json: inout JSONWriter) {
        json.object { json in
            json.member("Put") { json in
                json.object { json in
                    json.member("TableName", link.table.table)
                    json.member("Item") { $0.write(key, [("position", .text(LanePosition.beginning.text))]) }
                    json.write(CoordinationTable.Condition.isAbsent)
                }
            }
        }
    }

    private func checkGeneration(_ generation: Int64, _ json: inout JSONWriter) {
        json.object { json in
            json.member("ConditionCheck") { json in
                json.object { json in
                    json.member("TableName", link.table.table)
                    json.member("Key") { $0.write(link.key) }
                    json.write(
                        CoordinationTable.Condition(
                            expression: "#g = :g", names: [("#g", "generation")],
                            values: [(":g", .number(generation))]))
                }
            }
        }
    }

    // MARK: Batches

    private func write(
        _ batch: ReplicaBatch, at place: Place, _ from: LanePosition, _ to: LanePosition
    ) async throws(PortError) -> Outcome {
        let key = key(place, try generation)
        let expected = batch.writes.reduce(0) { $0 + CapacityEstimate.write(bytes: $1.byteCount) }
        let booking = try await pace?.begin(expecting: expected * CapacityEstimate.transactionFactor)
        var json = JSONWriter(capacity: 512)
        json.object { json in
            if booking != nil { json.member("ReturnConsumedCapacity", "TOTAL") }
            json.member("TransactItems") { json in
                json.array { json in
                    for write in batch.writes { member(write, &json) }
                    json.object { json in json.member("Update") { move(key, from, to, &$0) } }
                }
            }
        }
        guard let reasons = try await transact(json.bytes, booking) else { return .written }
        // Who is not next need not know what else is wrong.
        if reasons.last == "ConditionalCheckFailed" { return .missed }
        throw Self.failure(of: reasons)
    }

    private func member(_ write: ReplicaWrite, _ json: inout JSONWriter) {
        json.object { json in
            switch write.change {
            case .put(let item):
                json.member("Put") { json in
                    json.object { json in
                        json.member("TableName", table)
                        json.member("Item") { $0.splice(item.utf8) }
                    }
                }
            case .delete:
                json.member("Delete") { json in
                    json.object { json in
                        json.member("TableName", table)
                        json.member("Key") { $0.splice(write.key.utf8) }
                    }
                }
            }
        }
    }

    private func move(
        _ key: CoordinationTable.Key, _ from: LanePosition, _ to: LanePosition, _ json: inout JSONWriter
    ) {
        json.object { json in
            json.member("TableName", link.table.table)
            json.member("Key") { $0.write(key) }
            json.member("UpdateExpression", "SET #p = :to")
            json.write(
                CoordinationTable.Condition(
                    expression: "#p = :from", names: [("#p", "position")],
                    values: [(":from", .text(from.text)), (":to", .text(to.text))]))
        }
    }

    /// - Returns: nil when it was carried out; else each member's code.
    private func transact(
        _ body: [UInt8], _ booking: CapacityBudget.Booking? = nil
    ) async throws(PortError) -> [String]? {
        do throws(ClientError) {
            let document = try await client.call("TransactWriteItems", body: body)
            if let booking, let units = document.consumedUnits(of: table) { pace?.settle(booking, spent: units) }
            return nil
        } catch {
            guard case .service(let refusal) = error, refusal.code == "TransactionCanceledException",
                let listed = refusal.document?.root["CancellationReasons"]
            else { throw PortError(error) }
            return listed.elements.map { reason in
                let code = reason["Code"]?.string ?? ""
                guard code != "None", code != "ConditionalCheckFailed" else { return code }
                return "\(code): \(reason["Message"]?.string ?? "")"
            }
        }
    }

    /// What a cancellation comes down to. (AWS API reference, TransactWriteItems, cancellation reason codes.)
    static func failure(of reasons: [String]) -> PortError {
        func first(_ codes: String...) -> String? {
            reasons.first { reason in codes.contains { reason.hasPrefix($0) } }
        }
        if let refusal = first("ValidationError", "ItemCollectionSizeLimitExceeded") {
            // As a single write is refused.
            return PortError(.refused, refusal.replacingPrefix("ValidationError: ", "ValidationException: "))
        }
        if let throttling = first("ThrottlingError", "ProvisionedThroughputExceeded") {
            return PortError(.throttled, throttling)
        }
        if let denied = first("AccessDenied", "ResourceNotFound") { return PortError(.fatal, denied) }
        return PortError(.unavailable, reasons.first { $0 != "None" } ?? "the transaction was cancelled")
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, _ other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}

/// Lets one through at a time: rows of one shard are made by one request and not by each of its lanes.
private actor Opener {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run(_ body: @Sendable () async throws(PortError) -> Void) async throws(PortError) {
        while isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            isBusy = false
            if !waiting.isEmpty { waiting.removeFirst().resume() }
        }
        try await body()
    }
}

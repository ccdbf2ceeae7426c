import DyadClient
import DyadModel
import DyadReplicator

/// One side of a two-way replication: the table, and the registers of its keys in a table beside it.
struct TwoWaySide: Sendable {
    let items: ComparedTable
    let bookkeeping: ComparedTable
    /// How versions name it.
    let name: String
    /// The label of its stream: registers of another stream say nothing.
    let stream: String
    /// The other side's name.
    let peer: String
    let clock: any WallClock
    /// How fast the table may be written to; nil is as fast as it answers. The bookkeeping does not count.
    var pace: CapacityPace?

    private var client: DynamoDBClient { items.client }

    /// AWS's limit on one TransactWriteItems.
    static let actionsMax = 100
    /// AWS's limit is 4 MB of items; JSON is longer than what is charged, but expressions take some of it too.
    static let transactionBytesMax = 3 << 20

    func registers(_ keys: [ItemBytes]) async throws(PortError) -> [ItemBytes: KeyRegister] {
        let now = clock.now
        var registers: [ItemBytes: KeyRegister] = [:]
        for (key, row) in try await bookkeeping.items(keys) {
            do throws(RegisterFormat.Unreadable) {
                registers[key] = try RegisterFormat.read(row, stream: stream, peer: peer, now: now)
            } catch {
                throw PortError(
                    .fatal,
                    "the row of \(key.text) in \(bookkeeping.table) in \(client.region) cannot be used: \(error.reason)"
                )
            }
        }
        return registers
    }

    // MARK: Commits

    enum CommitOutcome: Sendable, Equatable {
        case done
        /// Someone else was faster.
        case collided
        /// Someone else is at it, or the table is busy: later.
        case busy
    }

    /// What one key's commit sends.
    private struct Actions {
        var index: Int
        var bodies: [[UInt8]]
        var byteCount: Int { bodies.reduce(0) { $0 + $1.count } }
        /// What the item's write is expected to cost.
        var units: Double
    }

    /// Carries out commits, each by itself wholly or not at all, as many at a time as fit.
    ///
    /// - Returns: what became of each, in their order.
    /// - Throws: when one is refused, or nothing is known of one.
    func commit(_ commits: [(key: ItemBytes, commit: Passage.Commit)]) async throws(PortError) -> [CommitOutcome] {
        var outcomes = Array(repeating: CommitOutcome.busy, count: commits.count)
        var open = commits.enumerated().map {
            Actions(index: $0, bodies: actions($1.key, $1.commit), units: Self.units($1.key, $1.commit))
        }
        var portion = Self.actionsMax
        while !open.isEmpty {
            let chunk = Self.first(of: open, actionsMax: portion, unitsMax: pace?.callUnitsMax ?? .infinity)
            let answer = try await send(chunk)
            switch answer {
            case .done:
                for actions in chunk { outcomes[actions.index] = .done }
                open.removeFirst(chunk.count)
                portion = Self.actionsMax
            case .cancelled(let reasons):
                open.removeFirst(chunk.count)
                open.insert(contentsOf: try judge(chunk, reasons, &outcomes), at: 0)
            case nil:
                // One of them is refused, and which one is not told: half of them, until it is alone.
                portion = max(1, chunk.reduce(0) { $0 + $1.bodies.count } / 2)
            }
        }
        return outcomes
    }

    /// A put is charged by its item, a delete by the item that it deletes, which is not known.
    private static func units(_ key: ItemBytes, _ commit: Passage.Commit) -> Double {
        let bytes: Int
        switch commit.change {
        case .put(let item): bytes = item.utf8.count
        case .delete: bytes = key.utf8.count
        case nil: return 0
        }
        return CapacityEstimate.write(bytes: bytes) * CapacityEstimate.transactionFactor
    }

    private static func first(of open: [Actions], actionsMax: Int, unitsMax: Double) -> ArraySlice<Actions> {
        var (count, actions, bytes, units) = (0, 0, 0, 0.0)
        for one in open {
            let isTooMuch =
                actions + one.bodies.count > actionsMax || bytes + one.byteCount > transactionBytesMax
                || units + one.units > unitsMax
            if count > 0, isTooMuch { break }
            units += one.units
            count += 1
            actions += one.bodies.count
            bytes += one.byteCount
        }
        return open.prefix(count)
    }

    /// - Returns: nil when the whole is refused and more than one is in it.
    private func send(_ chunk: ArraySlice<Actions>) async throws(PortError) -> TransactionAnswer? {
        let units = chunk.reduce(0) { $0 + $1.units }
        let booking = units > 0 ? try await pace?.begin(expecting: units) : nil
        let failure: PortError
        do throws(ClientError) {
            let (answer, spent) = try await client.transactWrite(
                chunk.flatMap(\.bodies), tellsCapacityOf: booking == nil ? nil : items.table)
            if let booking, let spent { pace?.settle(booking, spent: spent) }
            return answer
        } catch {
            failure = PortError(error)
        }
        guard failure.kind == .refused, chunk.count > 1 else { throw failure }
        return nil
    }

    /// - Returns: those that were not to blame.
    private func judge(
        _ chunk: ArraySlice<Actions>, _ reasons: [(code: String, message: String)],
        _ outcomes: inout [CommitOutcome]
    ) throws(PortError) -> [Actions] {
        var innocent: [Actions] = []
        var at = 0
        for actions in chunk {
            let own = reasons[at..<at + actions.bodies.count].filter { $0.code != "None" }
            at += actions.bodies.count
            guard let reason = own.first(where: { $0.code == "ConditionalCheckFailed" }) ?? own.first else {
                innocent.append(actions)
                continue
            }
            switch reason.code {
            case "ConditionalCheckFailed": outcomes[actions.index] = .collided
            case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded":
                outcomes[actions.index] = .busy
            case "ValidationError", "ItemCollectionSizeLimitExceeded":
                throw PortError(.refused, "\(reason.code): \(reason.message)")
            default: throw PortError(.fatal, "\(reason.code): \(reason.message)")
            }
        }
        // A cancellation that blames nobody is worth another try, but not at once and for ever.
        return innocent.count == chunk.count ? [] : innocent
    }

    private func actions(_ key: ItemBytes, _ commit: Passage.Commit) -> [[UInt8]] {
        let row = RegisterFormat.row(commit.register, of: key, stream: stream, peer: peer, now: clock.now)
        var register = JSONWriter(capacity: row.utf8.count + 256)
        register.object { json in
            json.member("Put") { json in
                json.object { json in
                    json.member("TableName", bookkeeping.table)
                    json.member("Item") { $0.splice(row.utf8) }
                    json.member("ExpressionAttributeNames") { json in
                        json.object { $0.member("#r", RegisterFormat.revisionName) }
                    }
                    guard commit.expected > 0 else {
                        return json.member("ConditionExpression", "attribute_not_exists(#r)")
                    }
                    json.member("ConditionExpression", "#r = :r")
                    json.member("ExpressionAttributeValues") { json in
                        json.object { json in
                            json.member(":r") { json in json.object { $0.member("N", String(commit.expected)) } }
                        }
                    }
                }
            }
        }
        guard let change = commit.change else { return [register.bytes] }
        return [register.bytes, action(key, change, isOnlyIfAbsent: commit.isOnlyIfAbsent)]
    }

    private func action(_ key: ItemBytes, _ change: ItemChange, isOnlyIfAbsent: Bool) -> [UInt8] {
        var json = JSONWriter()
        func body(_ json: inout JSONWriter, _ name: StaticString, _ value: ItemBytes) {
            json.object { json in
                json.member("TableName", items.table)
                json.member(name) { $0.splice(value.utf8) }
                guard isOnlyIfAbsent, let partitionKey = items.keyNames.first else { return }
                json.member("ConditionExpression", "attribute_not_exists(#k)")
                json.member("ExpressionAttributeNames") { json in
                    json.object { $0.member("#k", partitionKey.string) }
                }
            }
        }
        json.object { json in
            switch change {
            case .put(let item): json.member("Put") { body(&$0, "Item", item) }
            case .delete: json.member("Delete") { body(&$0, "Key", key) }
            }
        }
        return json.bytes
    }
}

import DyadClient
import DyadModel
import DyadReplicator

/// A table that is read in whole, page by page, and by key.
struct ComparedTable: Sendable {
    /// AWS's limit on one BatchGetItem.
    static let keysMax = 100
    /// Rounds of BatchGetItem that may bring nothing before it is given up.
    static let emptyRoundsMax = 10

    let client: DynamoDBClient
    let table: String
    let keyNames: [Text]
    /// How fast it may be read; nil is as fast as it answers.
    var pace: CapacityPace?

    /// A page of this table, and what the other table holds under the same keys.
    struct Page: Sendable {
        var items: [SnapshotItem]
        var others: [ItemBytes: ItemBytes]
    }

    private var snapshot: EndpointSnapshotSource {
        EndpointSnapshotSource(client: client, table: table, keyNames: keyNames, pace: pace)
    }

    /// Gives every page of this table to `body`, one at a time; as many pages are under way as there are segments.
    func lookUp(
        in other: ComparedTable, segments: Int, _ body: (Page) async throws(PortError) -> Void
    ) async throws(PortError) {
        typealias Step = Result<(segment: Int, page: Page, lastKey: ItemBytes?), PortError>
        @Sendable func step(_ segment: Int, _ after: ItemBytes?) async -> Step {
            do throws(PortError) {
                let page = try await snapshot.page(segment: segment, of: segments, after: after)
                let others = try await other.items(page.items.map(\.key))
                return .success((segment, Page(items: page.items, others: others), page.lastKey))
            } catch {
                return .failure(error)
            }
        }
        let failure = await withTaskGroup(of: Step.self, returning: PortError?.self) { group in
            for segment in 0..<segments { group.addTask { await step(segment, nil) } }
            while let result = await group.next() {
                switch result {
                case .success(let (segment, page, lastKey)):
                    do throws(PortError) { try await body(page) } catch {
                        group.cancelAll()
                        return error
                    }
                    if let lastKey { group.addTask { await step(segment, lastKey) } }
                case .failure(let error):
                    group.cancelAll()
                    return error
                }
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// The items under those keys; a key without one is left out.
    func items(_ keys: [ItemBytes]) async throws(PortError) -> [ItemBytes: ItemBytes] {
        var found: [ItemBytes: ItemBytes] = [:]
        found.reserveCapacity(keys.count)
        // Each key costs a unit at least.
        let most = min(Self.keysMax, pace.map { Int(min($0.callUnitsMax, 1e6)) } ?? .max)
        var start = 0
        while start < keys.count {
            let end = min(start + most, keys.count)
            try await get(Array(keys[start..<end]), into: &found)
            start = end
        }
        return found
    }

    private func get(_ keys: [ItemBytes], into found: inout [ItemBytes: ItemBytes]) async throws(PortError) {
        var left = keys.map(\.utf8)
        var emptyRounds = 0
        while !left.isEmpty {
            let wanted = left
            let booking = try await pace?.begin(expecting: Double(wanted.count))
            let document = try await sorted { () async throws(ClientError) in
                var body = JSONWriter(capacity: 4096)
                body.object { body in
                    body.member("RequestItems") { body in
                        body.object { body in
                            body.key(table)
                            body.object { body in
                                body.member("ConsistentRead", true)
                                body.member("Keys") { body in
                                    body.array { body in for key in wanted { body.splice(key) } }
                                }
                            }
                        }
                    }
                    if booking != nil { body.member("ReturnConsumedCapacity", "TOTAL") }
                }
                return try await client.call("BatchGetItem", body: body.bytes)
            }
            guard let answers = document.root["Responses"]?[table] else { throw .malformed("BatchGetItem") }
            var estimate = 0.0
            for node in answers.elements {
                let item = try ItemBytes(received: Array(node.raw))
                estimate += CapacityEstimate.read(bytes: item.utf8.count)
                found[item.key(keyNames)] = item
            }
            if let booking { pace?.settle(booking, spent: document.consumedUnits ?? estimate) }
            left = document.root["UnprocessedKeys"]?[table]?["Keys"]?.elements.map { Array($0.raw) } ?? []
            guard left.count == wanted.count else {
                emptyRounds = 0
                continue
            }
            emptyRounds += 1
            guard emptyRounds < Self.emptyRoundsMax else {
                throw PortError(.throttled, "\(table) in \(client.region) leaves all keys of BatchGetItem unprocessed")
            }
            do { try await Task.sleep(for: .milliseconds(50 << emptyRounds)) } catch {
                throw PortError(.unavailable, "cancelled")
            }
        }
    }

    /// How many items it holds, counted and not estimated.
    func count(segments: Int) async throws(PortError) -> Int {
        let counts = await withTaskGroup(of: Result<Int, PortError>.self) { group in
            for segment in 0..<segments {
                group.addTask {
                    do throws(PortError) { return .success(try await count(segment: segment, of: segments)) } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var sum = 0
        for count in counts { sum += try count.get() }
        return sum
    }

    private func count(segment: Int, of segments: Int) async throws(PortError) -> Int {
        var sum = 0
        var from: [UInt8]?
        repeat {
            let start = from
            let turn = try await pace?.beginPage()
            let document = try await sorted { () async throws(ClientError) in
                var body = JSONWriter()
                body.object { body in
                    body.member("TableName", table)
                    body.member("Limit", turn?.items)
                    if turn != nil { body.member("ReturnConsumedCapacity", "TOTAL") }
                    body.member("Select", "COUNT")
                    body.member("ConsistentRead", true)
                    body.member("Segment", segment)
                    body.member("TotalSegments", segments)
                    if let start { body.member("ExclusiveStartKey") { $0.splice(start) } }
                }
                return try await client.call("Scan", body: body.bytes)
            }
            guard let count = document.root["Count"]?.integer else { throw .malformed("Scan") }
            // An endpoint that tells no capacity tells no bytes here either: then it stays at what was expected.
            if let turn, let units = document.consumedUnits {
                pace?.settlePage(turn.booking, items: count, spent: units)
            }
            sum += count
            from = document.root["LastEvaluatedKey"].map { Array($0.raw) }
        } while from != nil
        return sum
    }
}

package import DyadModel

/// What clients need to know of a table to write to it.
package struct TableDescription: Sendable {
    /// The partition key's name, then the sort key's where there is one.
    package let keys: [String]
    /// `S`, `N` or `B` of each attribute that is a key of the table or of an index.
    package let types: [String: String]
    package let streamARN: String?
    /// `ACTIVE`, `CREATING`, …
    package let status: String
    /// All there is to know.
    package let document: JSONDocument

    package init(keys: [String], types: [String: String], streamARN: String?, status: String, document: JSONDocument) {
        self.keys = keys
        self.types = types
        self.streamARN = streamARN
        self.status = status
        self.document = document
    }
}

extension DynamoDBClient {
    package func describeTable(_ table: String) async throws(ClientError) -> TableDescription {
        var body = JSONWriter()
        body.object { $0.member("TableName", table) }
        let document = try await call("DescribeTable", body: body.bytes)
        guard let description = document.root["Table"], let schema = description["KeySchema"],
            let status = description["TableStatus"]?.string
        else { throw .malformedAnswer("DescribeTable says nothing of keys or status") }
        var keys: [String] = []
        for role in ["HASH", "RANGE"] {
            for element in schema.elements where element["KeyType"]?.string == role {
                if let name = element["AttributeName"]?.string { keys.append(name) }
            }
        }
        var types: [String: String] = [:]
        if let definitions = description["AttributeDefinitions"] {
            for definition in definitions.elements {
                if let name = definition["AttributeName"]?.string, let type = definition["AttributeType"]?.string {
                    types[name] = type
                }
            }
        }
        guard !keys.isEmpty, keys.allSatisfy({ types[$0] != nil }) else {
            throw .malformedAnswer("DescribeTable says nothing of the keys' types")
        }
        return TableDescription(
            keys: keys, types: types, streamARN: description["LatestStreamArn"]?.string, status: status,
            document: document)
    }

    /// One page of a scan.
    package struct ScanPage: Sendable {
        /// Each item's JSON as it was received.
        package let items: [[UInt8]]
        /// Where the next page starts; nil when this was the last.
        package let lastEvaluatedKey: [UInt8]?
        /// What the page has cost; nil where that was not asked for or is not told.
        package let consumedUnits: Double?
    }

    /// - Parameters:
    ///   - segment: which of how many; nil scans the whole table.
    ///   - from: the previous page's `lastEvaluatedKey`.
    ///   - limit: items to look at; nil for as many as fit a page.
    ///   - tellsCapacity: asks for `consumedUnits`.
    package func scan(
        _ table: String, segment: (index: Int, of: Int)? = nil, from: [UInt8]? = nil, limit: Int? = nil,
        isConsistent: Bool = false, tellsCapacity: Bool = false
    ) async throws(ClientError) -> ScanPage {
        var body = JSONWriter()
        body.object { body in
            body.member("TableName", table)
            if let segment {
                body.member("Segment", segment.index)
                body.member("TotalSegments", segment.of)
            }
            if let from { body.member("ExclusiveStartKey") { $0.splice(from) } }
            if let limit { body.member("Limit", limit) }
            if isConsistent { body.member("ConsistentRead", true) }
            if tellsCapacity { body.member("ReturnConsumedCapacity", "TOTAL") }
        }
        let document = try await call("Scan", body: body.bytes)
        guard let items = document.root["Items"] else { throw .malformedAnswer("Scan says nothing of Items") }
        return ScanPage(
            items: items.elements.map { Array($0.raw) },
            lastEvaluatedKey: document.root["LastEvaluatedKey"].map { Array($0.raw) },
            consumedUnits: document.consumedUnits)
    }

    /// - Returns: the item's JSON as it was received; nil when there is none with that key.
    package func getItem(_ table: String, key: [UInt8], isConsistent: Bool = false) async throws(ClientError)
        -> [UInt8]?
    {
        var body = JSONWriter()
        body.object { body in
            body.member("TableName", table)
            body.member("Key") { $0.splice(key) }
            if isConsistent { body.member("ConsistentRead", true) }
        }
        return try await call("GetItem", body: body.bytes).root["Item"].map { Array($0.raw) }
    }

    /// Writes up to 25 items or keys of one table, all different.
    ///
    /// - Parameter requests: JSON of `{"PutRequest": {"Item": …}}` or `{"DeleteRequest": {"Key": …}}`.
    /// - Returns: those that were not done and want to be sent again, after a pause.
    package func batchWrite(_ table: String, _ requests: [[UInt8]]) async throws(ClientError) -> [[UInt8]] {
        try await batchWrite(table, requests, tellsCapacity: false).unprocessed
    }

    /// The same, and what it has cost: nil where that was not asked for or is not told.
    package func batchWrite(
        _ table: String, _ requests: [[UInt8]], tellsCapacity: Bool
    ) async throws(ClientError) -> (unprocessed: [[UInt8]], consumedUnits: Double?) {
        var body = JSONWriter(capacity: requests.reduce(64) { $0 + $1.count + 1 })
        body.object { body in
            body.member("RequestItems") { body in
                body.object { body in
                    body.key(table)
                    body.array { body in
                        for request in requests { body.splice(request) }
                    }
                }
            }
            if tellsCapacity { body.member("ReturnConsumedCapacity", "TOTAL") }
        }
        let document = try await call("BatchWriteItem", body: body.bytes)
        let unprocessed = document.root["UnprocessedItems"]?[table]?.elements.map { Array($0.raw) }
        return (unprocessed ?? [], document.consumedUnits)
    }
}

extension JSONDocument {
    /// The capacity units that an answer's ConsumedCapacity tells, of a table or of several, their indexes included; nil
    /// where it tells none.
    package var consumedUnits: Double? { consumedUnits { _ in true } }

    /// The same of one table, where an answer tells of several.
    ///
    /// - Parameter table: its name or its ARN.
    package func consumedUnits(of table: String) -> Double? {
        consumedUnits { name in table == name || table.hasSuffix("/\(name)") || name.hasSuffix("/\(table)") }
    }

    private func consumedUnits(_ isMeant: (_ table: String) -> Bool) -> Double? {
        guard let consumed = root["ConsumedCapacity"] else { return nil }
        let tables = consumed.kind == .array ? consumed.elements.map { $0 } : [consumed]
        var sum: Double?
        for table in tables where isMeant(table["TableName"]?.string ?? "") {
            guard let units = table["CapacityUnits"].flatMap({ Double(String(decoding: $0.raw, as: UTF8.self)) }),
                units.isFinite, units >= 0
            else { continue }
            sum = (sum ?? 0) + units
        }
        return sum
    }
}

import DyadClient
import DyadModel
import DyadReplicator

/// The table in which replications keep what must outlive a worker: where lanes stand, and who holds what.
///
/// Rows have the keys `link` and `row`. A replication called NAME has
///
/// | link | row | |
/// |---|---|---|
/// | `NAME` | `link` | which tables it joins, its generation, how many lanes a shard has |
/// | `NAME` | `lease/GENERATION/…` | who has a shard, or the backfill, and how far it came |
/// | `NAME/GENERATION/SHARD` | `lane-3-of-8` | the position of a lane |
/// | `NAME/GENERATION/scan-TIME` | `segment-3-of-8` | the position of a scan's segment |
struct CoordinationTable: Sendable {
    typealias Attributes = [(name: StaticString, value: Value)]

    enum Value: Sendable, Hashable {
        case text(String)
        case number(Int64)
    }

    struct Key: Sendable, Hashable {
        var link: String
        var row: String
    }

    /// A row as it was read, all of its attributes.
    struct Row: Sendable {
        let node: JSONNode
        init(_ node: JSONNode) { self.node = node }
        var key: Key { Key(link: text("link") ?? "", row: text("row") ?? "") }
        func text(_ name: String) -> String? { node[name]?["S"]?.string }
        func number(_ name: String) -> Int64? { node[name]?["N"]?.string.flatMap { Int64($0) } }
    }

    /// A condition and the values that it names.
    struct Condition: Sendable {
        var expression: String
        /// What `#n` stands for.
        var names: [(String, String)] = []
        var values: [(String, Value)] = []

        static let isAbsent = Condition(expression: "attribute_not_exists(#r)", names: [("#r", "row")])
    }

    let client: DynamoDBClient
    let table: String

    // MARK: The table

    /// Makes the table if there is none.
    ///
    /// - Throws: `.unavailable` while it is being made; `.fatal` when it is a table of another kind.
    func open() async throws(PortError) {
        let description: TableDescription
        do throws(ClientError) { description = try await client.describeTable(table) } catch {
            guard error.code == "ResourceNotFoundException" else { throw failure(error) }
            return try await create()
        }
        guard description.keys == ["link", "row"], description.types["link"] == "S", description.types["row"] == "S"
        else {
            throw PortError(
                .fatal,
                "\(table) in \(client.region) is no coordination table: its key is "
                    + "\(ReplicationTables.keys(description)) and should be link (S), row (S)")
        }
        guard description.status == "ACTIVE" || description.status == "UPDATING" else {
            throw PortError(.unavailable, "the coordination table \(table) is \(description.status)")
        }
    }

    private func create() async throws(PortError) {
        let body = """
            {"TableName":"\(table)","BillingMode":"PAY_PER_REQUEST",\
            "AttributeDefinitions":[{"AttributeName":"link","AttributeType":"S"},\
            {"AttributeName":"row","AttributeType":"S"}],\
            "KeySchema":[{"AttributeName":"link","KeyType":"HASH"},{"AttributeName":"row","KeyType":"RANGE"}]}
            """
        do throws(ClientError) { _ = try await client.call("CreateTable", body: Array(body.utf8)) } catch {
            // Another worker may have been first.
            guard error.code == "ResourceInUseException" else { throw failure(error) }
        }
        throw PortError(.unavailable, "the coordination table \(table) is being created")
    }

    private func failure(_ error: ClientError) -> PortError {
        var failure = PortError(error)
        failure.message = "the coordination table \(table) in \(client.region): \(failure.message)"
        // Its requests are ours: one that is refused stays so.
        if failure.kind == .refused { failure.kind = .fatal }
        return failure
    }

    private func call(_ operation: String, _ write: (inout JSONWriter) -> Void) async throws(PortError) -> JSONNode {
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.member("TableName", table)
            write(&json)
        }
        do throws(ClientError) { return try await client.call(operation, body: json.bytes).root } catch {
            throw failure(error)
        }
    }

    // MARK: Rows

    /// Read strongly; nil when there is no such row.
    func get(_ key: Key) async throws(PortError) -> Row? {
        try await call("GetItem") { json in
            json.member("Key") { $0.write(key) }
            json.member("ConsistentRead", true)
        }["Item"].map(Row.init)
    }

    /// All rows of a link whose `row` begins so, read strongly.
    func query(_ link: String, rowsFrom prefix: String) async throws(PortError) -> [Row] {
        try await pages("Query") { json in
            json.member("KeyConditionExpression", "#l = :l AND begins_with(#r, :r)")
            json.members(
                Condition(
                    expression: "", names: [("#l", "link"), ("#r", "row")],
                    values: [(":l", .text(link)), (":r", .text(prefix))]))
        }
    }

    /// The keys of all rows whose `link` begins so.
    func keys(from prefix: String) async throws(PortError) -> [Key] {
        try await pages("Scan") { json in
            json.member("FilterExpression", "begins_with(#l, :l)")
            json.members(Condition(expression: "", names: [("#l", "link")], values: [(":l", .text(prefix))]))
        }
        .map(\.key)
    }

    private func pages(_ operation: String, _ write: (inout JSONWriter) -> Void) async throws(PortError) -> [Row] {
        var rows: [Row] = []
        var start: [UInt8]?
        repeat {
            let page = try await call(operation) { json in
                write(&json)
                json.member("ConsistentRead", true)
                if let start { json.member("ExclusiveStartKey") { $0.splice(start) } }
            }
            for node in page["Items"]?.elements.map({ $0 }) ?? [] { rows.append(Row(node)) }
            start = page["LastEvaluatedKey"].map { Array($0.raw) }
        } while start != nil
        return rows
    }

    /// Writes a whole row.
    ///
    /// - Returns: false when the condition does not hold; nothing was written then.
    func put(_ key: Key, _ attributes: Attributes, if condition: Condition? = nil) async throws(PortError) -> Bool {
        try await conditional("PutItem") { json in
            json.member("Item") { $0.write(key, attributes) }
            if let condition { json.write(condition) }
        }
    }

    func delete(_ key: Key, if condition: Condition? = nil) async throws(PortError) -> Bool {
        try await conditional("DeleteItem") { json in
            json.member("Key") { $0.write(key) }
            if let condition { json.write(condition) }
        }
    }

    private func conditional(
        _ operation: String, _ write: (inout JSONWriter) -> Void
    ) async throws(PortError) -> Bool {
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.member("TableName", table)
            write(&json)
        }
        do throws(ClientError) {
            _ = try await client.call(operation, body: json.bytes)
            return true
        } catch {
            if error.code == "ConditionalCheckFailedException" { return false }
            throw failure(error)
        }
    }
}

extension JSONWriter {
    mutating func write(_ key: CoordinationTable.Key, _ attributes: CoordinationTable.Attributes = []) {
        object { json in
            json.member("link") { $0.write(.text(key.link)) }
            json.member("row") { $0.write(.text(key.row)) }
            for (name, value) in attributes { json.member(name) { $0.write(value) } }
        }
    }

    mutating func write(_ value: CoordinationTable.Value) {
        object { json in
            switch value {
            case .text(let text): json.member("S", text)
            case .number(let number): json.member("N", String(number))
            }
        }
    }

    /// The members that a condition adds to a request.
    mutating func write(_ condition: CoordinationTable.Condition) {
        member("ConditionExpression", condition.expression)
        members(condition)
    }

    mutating func members(_ condition: CoordinationTable.Condition) {
        member("ExpressionAttributeNames") { json in
            json.object { json in
                for (name, attribute) in condition.names {
                    json.key(name)
                    json.string(attribute)
                }
            }
        }
        guard !condition.values.isEmpty else { return }
        member("ExpressionAttributeValues") { json in
            json.object { json in
                for (name, value) in condition.values {
                    json.key(name)
                    json.write(value)
                }
            }
        }
    }
}

import DyadClient
import DyadModel
import DyadReplicator
import Logging

/// Both tables of a two-way replication and their bookkeeping, looked at and made before anything is begun.
struct TwoWayTables: Sendable {
    let first: DynamoDBClient
    let firstTable: String
    let second: DynamoDBClient
    let secondTable: String
    /// The bookkeeping table's name at both sides; nil is the table's own with `.dyad` behind it.
    let bookkeepingTable: String?
    let clock: any WallClock
    let logger: Logger
    /// How fast each of the two tables may be read and written.
    var firstPace = TablePace()
    var secondPace = TablePace()

    struct Found: Sendable {
        var forth: ReplicationLink
        var back: ReplicationLink
        var first: TwoWaySide
        var second: TwoWaySide
        var keyNames: [Text]
    }

    /// AWS's limit on a table's name.
    private static let nameMax = 255

    /// - Throws: as `ReplicationTables.find`.
    func find() async throws(PortError) -> Found {
        let forth = try await ReplicationTables(
            source: first, sourceTable: firstTable, target: second, targetTable: secondTable
        ).find()
        let back = try await ReplicationTables(
            source: second, sourceTable: secondTable, target: first, targetTable: firstTable
        ).find()
        if let name = forth.keyNames.first(where: { $0.string.hasPrefix(RegisterFormat.prefix) }) {
            throw PortError(
                .fatal, "the key attribute \(name) begins with \(RegisterFormat.prefix), as the bookkeeping's do")
        }
        let names = Self.names(
            (first.region, firstTable, first.endpoint.url(of: .dynamoDB).description),
            (second.region, secondTable, second.endpoint.url(of: .dynamoDB).description))
        guard names.0 != names.1 else {
            throw PortError(
                .fatal,
                "both tables are \(names.0), so that their versions cannot be told apart: one needs another name")
        }
        let tables = (bookkeepingTable ?? "\(firstTable).dyad", bookkeepingTable ?? "\(secondTable).dyad")
        try check(tables)
        try await prepare(first, firstTable, tables.0)
        try await prepare(second, secondTable, tables.1)
        func side(
            _ client: DynamoDBClient, _ table: String, _ pace: TablePace, _ bookkeeping: String, _ name: String,
            _ stream: String
        ) -> TwoWaySide {
            TwoWaySide(
                items: ComparedTable(client: client, table: table, keyNames: forth.keyNames, pace: pace.reading),
                bookkeeping: ComparedTable(client: client, table: bookkeeping, keyNames: forth.keyNames), name: name,
                stream: stream.split(separator: "/").last.map(String.init) ?? stream,
                peer: name == names.0 ? names.1 : names.0, clock: clock, pace: pace.writing)
        }
        return Found(
            forth: forth.link, back: back.link,
            first: side(first, firstTable, firstPace, tables.0, names.0, forth.link.streamARN),
            second: side(second, secondTable, secondPace, tables.1, names.1, back.link.streamARN),
            keyNames: forth.keyNames)
    }

    /// What versions name the sides: their regions, and as much more as it takes to tell them apart. The same whichever
    /// is called source.
    static func names(
        _ first: (region: String, table: String, endpoint: String),
        _ second: (region: String, table: String, endpoint: String)
    ) -> (String, String) {
        if first.region != second.region { return (first.region, second.region) }
        if first.table != second.table {
            return ("\(first.region)/\(first.table)", "\(second.region)/\(second.table)")
        }
        return (
            "\(first.region)/\(first.table)@\(first.endpoint)", "\(second.region)/\(second.table)@\(second.endpoint)"
        )
    }

    private func check(_ tables: (String, String)) throws(PortError) {
        for name in [tables.0, tables.1] where name.utf8.count > Self.nameMax {
            throw PortError(.fatal, "\(name) is too long for a table: name another with --bookkeeping-table")
        }
        let isOneRegion = first.region == second.region && first.endpoint == second.endpoint
        if isOneRegion, tables.0 == tables.1 {
            throw PortError(
                .fatal,
                "both tables are in \(first.region), and each needs a bookkeeping table of its own there: leave "
                    + "--bookkeeping-table out")
        }
        let taken = isOneRegion ? [(firstTable, tables.1), (secondTable, tables.0)] : []
        for (table, bookkeeping) in taken + [(firstTable, tables.0), (secondTable, tables.1)]
        where table == bookkeeping {
            throw PortError(.fatal, "\(table) cannot be its own bookkeeping table")
        }
    }

    // MARK: The bookkeeping table

    private func prepare(_ client: DynamoDBClient, _ table: String, _ bookkeeping: String) async throws(PortError) {
        let schema = try await sorted { () async throws(ClientError) in try await client.describeTable(table) }
        let found: TableDescription
        do throws(ClientError) { found = try await client.describeTable(bookkeeping) } catch {
            guard error.code == "ResourceNotFoundException" else { throw PortError(error) }
            try await create(client, schema, bookkeeping)
            throw PortError(.unavailable, "the bookkeeping table \(bookkeeping) in \(client.region) is being created")
        }
        guard found.status != "CREATING" else {
            throw PortError(.unavailable, "the bookkeeping table \(bookkeeping) in \(client.region) is being created")
        }
        guard ReplicationTables.keys(found) == ReplicationTables.keys(schema) else {
            throw PortError(
                .fatal,
                "\(bookkeeping) in \(client.region) has the key \(ReplicationTables.keys(found)), and as a bookkeeping "
                    + "table needs that of \(table): \(ReplicationTables.keys(schema))")
        }
        await enableExpiry(client, bookkeeping)
    }

    private func create(
        _ client: DynamoDBClient, _ schema: TableDescription, _ bookkeeping: String
    ) async throws(PortError) {
        var body = JSONWriter()
        body.object { body in
            body.member("TableName", bookkeeping)
            body.member("BillingMode", "PAY_PER_REQUEST")
            body.member("KeySchema") { body in
                body.array { body in
                    for (name, role) in zip(schema.keys, ["HASH", "RANGE"]) {
                        body.object {
                            $0.member("AttributeName", name)
                            $0.member("KeyType", role)
                        }
                    }
                }
            }
            body.member("AttributeDefinitions") { body in
                body.array { body in
                    for name in schema.keys {
                        body.object {
                            $0.member("AttributeName", name)
                            $0.member("AttributeType", schema.types[name])
                        }
                    }
                }
            }
        }
        do throws(ClientError) { _ = try await client.call("CreateTable", body: body.bytes) } catch {
            if error.code == "ResourceInUseException" { return }
            var failure = PortError(error)
            failure.message =
                "the bookkeeping table \(bookkeeping) in \(client.region) is not there and cannot be made: "
                + "\(failure.message). Have it made with the key of the table, \(ReplicationTables.keys(schema)), and "
                + "its time to live on \(RegisterFormat.expiryName)"
            if failure.kind == .refused { failure.kind = .fatal }
            throw failure
        }
        logger.notice("made the bookkeeping table \(bookkeeping) in \(client.region)")
    }

    /// Rows that are kept for ever do no harm but cost; so this is no reason not to begin.
    private func enableExpiry(_ client: DynamoDBClient, _ bookkeeping: String) async {
        var body = JSONWriter()
        body.object { $0.member("TableName", bookkeeping) }
        do throws(ClientError) {
            let document = try await client.call("DescribeTimeToLive", body: body.bytes)
            let status = document.root["TimeToLiveDescription"]?["TimeToLiveStatus"]?.string ?? "DISABLED"
            guard status == "DISABLED" else { return }
            body = JSONWriter()
            body.object { body in
                body.member("TableName", bookkeeping)
                body.member("TimeToLiveSpecification") { body in
                    body.object {
                        $0.member("AttributeName", RegisterFormat.expiryName)
                        $0.member("Enabled", true)
                    }
                }
            }
            _ = try await client.call("UpdateTimeToLive", body: body.bytes)
        } catch {
            // Refused as such: it was enabled meanwhile, by the way back.
            guard error.code != "ValidationException" else { return }
            logger.warning(
                "rows of \(bookkeeping) in \(client.region) do not expire, for its time to live cannot be set: \(error)"
            )
        }
    }
}

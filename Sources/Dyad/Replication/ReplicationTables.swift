import DyadClient
import DyadModel
import DyadReplicator

/// Both tables of a replication, looked at before anything is begun.
struct ReplicationTables: Sendable {
    let source: DynamoDBClient
    let sourceTable: String
    let target: DynamoDBClient
    let targetTable: String

    /// What was found: the link, and the names of the key attributes that both tables have.
    struct Found: Sendable {
        var link: ReplicationLink
        var keyNames: [Text]
    }

    /// - Throws: `.fatal` with what to do about it when the two cannot be joined; `.unavailable` when it may help to
    ///   ask again.
    func find() async throws(PortError) -> Found {
        let from = try await describe(source, sourceTable, "source")
        let to = try await describe(target, targetTable, "target")
        let sourceARN = from.document.root["Table"]?["TableArn"]?.string
        let targetARN = to.document.root["Table"]?["TableArn"]?.string
        guard source.endpoint != target.endpoint || sourceARN != targetARN else {
            throw PortError(.fatal, "source and target are the same table, \(sourceTable) in \(source.region)")
        }
        guard Self.keys(from) == Self.keys(to) else {
            throw PortError(
                .fatal,
                "the keys differ: \(sourceTable) has \(Self.keys(from)), \(targetTable) has \(Self.keys(to))")
        }
        let stream = try stream(of: from)
        let link = ReplicationLink(
            sourceRegion: source.region, sourceTable: sourceTable, streamARN: stream, targetRegion: target.region,
            targetTable: targetTable, targetID: to.document.root["Table"]?["TableId"]?.string ?? "")
        return Found(link: link, keyNames: from.keys.map { Text($0) })
    }

    /// `requestid (N, partition key), host (S, sort key)`
    static func keys(_ table: TableDescription) -> String {
        zip(table.keys, ["partition key", "sort key"])
            .map { name, role in "\(name) (\(table.types[name] ?? "?"), \(role))" }
            .joined(separator: ", ")
    }

    private func describe(
        _ client: DynamoDBClient, _ table: String, _ side: String
    ) async throws(PortError) -> TableDescription {
        let description: TableDescription
        do throws(ClientError) { description = try await client.describeTable(table) } catch {
            if error.code == "ResourceNotFoundException" {
                throw PortError(.fatal, "the \(side) table \(table) does not exist in \(client.region)")
            }
            var failure = PortError(error)
            failure.message = "the \(side) (\(table) in \(client.region)): \(failure.message)"
            // A table's name that is none stays none.
            if failure.kind == .refused { failure.kind = .fatal }
            throw failure
        }
        if description.status == "CREATING" {
            throw PortError(.unavailable, "the \(side) table \(table) in \(client.region) is still being created")
        }
        if description.status == "DELETING" {
            throw PortError(.fatal, "the \(side) table \(table) in \(client.region) is being deleted")
        }
        return description
    }

    private func stream(of table: TableDescription) throws(PortError) -> String {
        let specification = table.document.root["Table"]?["StreamSpecification"]
        let endpoint =
            source.endpoint.isExplicit ? " --endpoint-url \(source.endpoint.url(of: .dynamoDB))" : ""
        let command =
            "aws dynamodb update-table --table-name \(sourceTable) --region \(source.region)\(endpoint) "
            + "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"
        guard let specification, specification["StreamEnabled"]?.kind == .true, let arn = table.streamARN else {
            throw PortError(
                .fatal, "the table \(sourceTable) in \(source.region) has no stream. Enable one with:\n  \(command)")
        }
        let view = specification["StreamViewType"]?.string ?? ""
        guard view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES" else {
            throw PortError(
                .fatal,
                "the stream of \(sourceTable) in \(source.region) is \(view), which does not hold the new items. Disable "
                    + "it, and enable one that does with:\n  \(command)")
        }
        return arn
    }
}

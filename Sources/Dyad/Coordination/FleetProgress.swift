import DyadClient
import DyadModel
import DyadReplicator

/// The checkpoints of a replication's workers, as rows of its coordination table; nothing is written there.
struct FleetProgress: AppliedProgress {
    let link: CoordinatedLink
    let source: DynamoDBClient
    let clock: any WallClock
    /// Rows are written once a second at most.
    let pollInterval: Int64 = 1000

    var name: String { "replication \(link.name) in the coordination table \(link.table.table)" }
    let advice = "--live --name needs one that dyad replicate --name has begun"

    func shards() async throws(PortError) -> [ShardDescription] {
        guard let found = try await link.load() else { return [] }
        let stream = try Checkpoint(text: found.beginning).link.streamARN
        return try await EndpointStreamSource(client: source, streamARN: stream).shards().shards
    }

    func load(of shards: [ShardDescription]) async throws(PortError) -> Checkpoint? {
        guard let found = try await link.load() else { return nil }
        let beginning = try Checkpoint(text: found.beginning)
        let prefix = CoordinatedLink.leasePrefix(found.generation)
        var leases: [Lease] = []
        for row in try await link.table.query(link.name, rowsFrom: prefix) {
            leases.append(try LeaseRow.read(row, behind: prefix))
        }
        guard !leases.isEmpty || !beginning.shards.isEmpty else {
            throw PortError(
                .fatal, "the \(name) is of a single process, whose checkpoint is a file: name that by --checkpoint")
        }
        return SharedProgress.checkpoint(beginning: beginning, leases: leases, shards: shards, now: clock.now)
    }
}

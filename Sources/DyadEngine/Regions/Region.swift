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

/// The readers of one event loop, one a region it has seen. Not Sendable: it stays on its loop, and so does what it
/// remembers, so that a read takes no lock that other loops take.
package final class Readers {
    private final class Reader {
        let writer: RegionWriter
        let snapshots: SnapshotReader

        init(_ region: Region) throws(SQLiteError) {
            writer = region.writer
            snapshots = try SnapshotReader(region.file)
        }
    }

    private var readers: [Scope: Reader] = [:]
    private var holding: [SnapshotReader] = []

    package init() {}

    /// True when a snapshot is held: `release` is owed at the end of the loop's tick.
    package var isHolding: Bool { !holding.isEmpty }

    /// A transaction that sees at least every commit that was answered before this call.
    ///
    /// All reads of a tick share one snapshot as long as nothing was committed: worth 1.2 (measured), since a lone
    /// read pays WAL's locking.
    func read(_ scope: Scope, of emulator: Emulator) throws(DynamoError) -> ReadTransaction {
        let reader = try reader(for: scope, of: emulator)
        let generation = reader.writer.generation
        let transaction = try reader.snapshots.read(generation, catalog: reader.writer.published.catalog)
        if !holding.contains(where: { $0 === reader.snapshots }) { holding.append(reader.snapshots) }
        return transaction
    }

    private func reader(for scope: Scope, of emulator: Emulator) throws(DynamoError) -> Reader {
        if let known = readers[scope] { return known }
        let region = try emulator.region(scope)
        do throws(SQLiteError) {
            let made = try Reader(region)
            readers[scope] = made
            return made
        } catch {
            throw error.asDynamoError
        }
    }

    /// Lets the snapshots of this tick go.
    package func release() {
        for snapshots in holding { snapshots.release() }
        holding.removeAll(keepingCapacity: true)
    }
}

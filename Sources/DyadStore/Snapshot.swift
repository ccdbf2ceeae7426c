package import DyadModel

/// What a read may see: the catalog and the rows as of one commit.
package struct ReadTransaction {
    package let catalog: Catalog
    package let rows: Rows

    package init(catalog: Catalog, rows: Rows) {
        self.catalog = catalog
        self.rows = rows
    }
}

/// A reader's connection and the WAL snapshot it holds. Not Sendable: one an event loop and region.
package final class SnapshotReader {
    private let rows: Rows
    private var held: (generation: UInt64, catalog: Catalog)?

    package init(_ file: RegionFile) throws(SQLiteError) { rows = Rows(try file.openReader()) }

    /// A transaction on the snapshot that is held, if it is of `generation`, otherwise on a new one.
    ///
    /// - Parameters:
    ///   - generation: the commit that must be visible at least.
    ///   - catalog: as published with that generation, so never newer than the rows.
    package func read(_ generation: UInt64, catalog: @autoclosure () -> Catalog) throws(DynamoError) -> ReadTransaction
    {
        if let held, held.generation == generation { return ReadTransaction(catalog: held.catalog, rows: rows) }
        release()
        let catalog = catalog()
        do throws(SQLiteError) {
            try rows.connection.statement("BEGIN").run()
        } catch {
            throw error.asDynamoError
        }
        held = (generation, catalog)
        return ReadTransaction(catalog: catalog, rows: rows)
    }

    /// Lets the snapshot go, so that checkpoints can pass it.
    package func release() {
        guard held != nil else { return }
        held = nil
        try? rows.connection.statement("COMMIT").run()
    }
}

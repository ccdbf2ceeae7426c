import DyadModel
import DyadStore

/// What a region does without being asked: states that come due, backfills, deletions, trimming of streams.
///
/// A function of the catalog and the time alone; runs on the region's thread between its jobs.
enum Chores {
    /// When there is next something to do; nil while there is nothing.
    static func nextDue(in catalog: Catalog) -> Timestamp? {
        catalog.tables.values.compactMap(\.dueAt).min()
    }

    static func perform(in store: inout WriteTransaction, _ call: Call) throws(DynamoError) {
    }
}

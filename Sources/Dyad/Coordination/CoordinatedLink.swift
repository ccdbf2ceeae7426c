import DyadModel
import DyadReplicator

/// What a coordination table knows of one replication as a whole: the row `link`.
///
/// A generation is one telling of the stream from a beginning. A new one begins when a replication begins instead of
/// going on: positions of the former mean nothing to it, and nothing of the former may be applied any more. So the row
/// is moved to the next generation first, then all positions of former ones are removed: a write that comes late finds
/// no position, and none is made anew but by who finds its own generation in the row, in the same transaction.
struct CoordinatedLink: Sendable {
    struct State: Sendable, Equatable {
        var generation: Int64
        /// Positions of generations before this one are removed.
        var cleared: Int64
        /// Lanes of a shard, in all runs and workers of this generation.
        var lanes: Int
        /// Where the replication began: which tables, and where each shard. See `CheckpointText`.
        var beginning: String
    }

    /// The generation is over: another process has begun the replication anew.
    static func isOver(_ name: String) -> PortError {
        PortError(.fatal, "the replication \(name) was begun anew by another process, and what this one knows is void")
    }

    let table: CoordinationTable
    let name: String

    var key: CoordinationTable.Key { .init(link: name, row: "link") }
    /// Partition keys of a generation's positions begin so.
    func prefix(_ generation: Int64) -> String { "\(name)/\(generation)/" }

    static func leasePrefix(_ generation: Int64) -> String { "lease/\(generation)/" }

    func load() async throws(PortError) -> State? {
        guard let row = try await table.get(key) else { return nil }
        guard let generation = row.number("generation"), let cleared = row.number("cleared"),
            let lanes = row.number("lanes"), (1...256).contains(lanes), let beginning = row.text("beginning")
        else { throw PortError(.fatal, "the row \(name) of \(table.table) cannot be read") }
        return State(generation: generation, cleared: cleared, lanes: Int(lanes), beginning: beginning)
    }

    /// Goes on with the generation that is there, or begins another.
    ///
    /// - Parameter isNew: with the next generation, whatever is there.
    func enter(isNew: Bool, lanes: Int, beginning: String) async throws(PortError) -> State {
        var former = try await load()
        if let found = former, !isNew { return try await clear(found) }
        for _ in 0..<8 {
            let next = State(
                generation: (former?.generation ?? 0) + 1, cleared: former?.cleared ?? 0, lanes: lanes,
                beginning: beginning)
            if try await write(next, over: former) { return try await clear(next) }
            former = try await load()
            // Another process that goes on instead of beginning is right with what the first one made.
            if let found = former, !isNew { return try await clear(found) }
        }
        throw PortError(.unavailable, "the row \(name) of \(table.table) changes all the time")
    }

    func write(_ state: State, over former: State?) async throws(PortError) -> Bool {
        var condition = CoordinationTable.Condition.isAbsent
        if let former {
            condition = .init(
                expression: "#g = :g AND #c = :c", names: [("#g", "generation"), ("#c", "cleared")],
                values: [(":g", .number(former.generation)), (":c", .number(former.cleared))])
        }
        return try await table.put(
            key,
            [
                ("generation", .number(state.generation)), ("cleared", .number(state.cleared)),
                ("lanes", .number(Int64(state.lanes))), ("beginning", .text(state.beginning)),
            ], if: condition)
    }

    /// Removes what generations before this one have left.
    private func clear(_ state: State) async throws(PortError) -> State {
        guard state.cleared < state.generation else { return state }
        var cleared = state
        cleared.cleared = state.generation
        if state.generation > 1 {
            for key in try await table.keys(from: "\(name)/") {
                guard let generation = key.link.dropFirst(name.count + 1).split(separator: "/").first,
                    let number = Int64(generation), number < state.generation
                else { continue }
                _ = try await table.delete(key)
            }
            for row in try await table.query(name, rowsFrom: "lease/") {
                let words = row.key.row.split(separator: "/")
                guard words.count > 1, let number = Int64(words[1]), number < state.generation else { continue }
                _ = try await table.delete(row.key)
            }
        }
        if try await write(cleared, over: state) { return cleared }
        // Another process cleared as well, or has begun anew.
        guard let now = try await load(), now.generation == state.generation else { throw Self.isOver(name) }
        return now
    }
}

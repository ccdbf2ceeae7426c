import DyadModel
import DyadReplicator

/// Makes a replica's items like the source's, key by key, while a replicator may be writing too.
///
/// The source's item is read and written to the replica, then read again, until it did not change meanwhile. A change
/// that the replicator carried just before our write was made at the source before that, so the second read sees it; one
/// that it carries later overwrites ours. Either way the newest stays. For the moment between a write of ours and the
/// next, the replica may show an item older than it did.
struct KeyRepair: Sendable {
    let source: ComparedTable
    let target: ComparedTable

    static let roundsMax = 10

    struct Outcome: Sendable {
        var puts = 0
        var deletes = 0
        /// Keys whose items changed at the source in every round, or that the replica left over.
        var unfinished: [ItemBytes] = []
        var refused: [(key: ItemBytes, reason: String)] = []
    }

    func repair(_ keys: [ItemBytes]) async throws(PortError) -> Outcome {
        var outcome = Outcome()
        var open = keys
        for round in 0..<Self.roundsMax where !open.isEmpty {
            if round > 0 { try await pause(round) }
            let wanted = try await source.items(open)
            var written: [ItemBytes] = []
            for key in open {
                switch try await write(key, wanted[key]) {
                case .done: written.append(key)
                case .again: break
                case .refused(let reason): outcome.refused.append((key, reason))
                }
            }
            let refused = Set(outcome.refused.map(\.key))
            let now = try await source.items(written)
            let settled = written.filter { now[$0] == wanted[$0] }
            for key in settled {
                if wanted[key] == nil { outcome.deletes += 1 } else { outcome.puts += 1 }
            }
            let done = Set(settled)
            open.removeAll { done.contains($0) || refused.contains($0) }
        }
        outcome.unfinished = open
        return outcome
    }

    private enum Written { case done, again, refused(String) }

    private func write(_ key: ItemBytes, _ item: ItemBytes?) async throws(PortError) -> Written {
        let writer = EndpointReplicaTarget(client: target.client, table: target.table, keyNames: target.keyNames)
        let write = ReplicaWrite(key: key, item.map { .put($0) } ?? .delete)
        do throws(PortError) {
            let left = try await writer.apply(ReplicaBatch(writes: [write]), of: LaneID(.segment(0)))
            return left.unprocessed.isEmpty ? .done : .again
        } catch {
            guard error.kind == .refused else { throw error }
            return .refused(error.message)
        }
    }

    private func pause(_ round: Int) async throws(PortError) {
        do { try await Task.sleep(for: .milliseconds(25 << round)) } catch {
            throw PortError(.unavailable, "cancelled")
        }
    }
}

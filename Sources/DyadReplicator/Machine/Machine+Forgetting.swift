import DyadModel

// Shards that are gone for good: what the target keeps of them goes first, and then they are forgotten here.
extension ReplicationMachine {
    /// Drops finished shards that are gone for good. A listing may miss a shard for a while: one that came back unknown
    /// would be read again behind its children.
    mutating func forgetShards(notIn descriptions: [ShardDescription], _ now: Timestamp) {
        let patience = 2 * options.retention
        var gone = shards.indices.filter { place in
            shards[place].finishedAt.map { now.milliseconds - $0.milliseconds > patience } ?? false
        }
        guard !gone.isEmpty else { return }
        let isListed = Set(descriptions.map(\.id))
        gone.removeAll { isListed.contains(shards[$0].id) }
        guard options.isGuarded, !options.isShared else {
            return drop(Set(gone.map { shards[$0].id }))
        }
        // Where the work is shared, the lease machine does it, as it removes the row of the lease.
        for place in gone where shards[place].forgetting == .no {
            shards[place].forgetting = .underWay
            effects.append(.forget(shards[place].id))
        }
    }

    private mutating func drop(_ ids: Set<ShardID>) {
        shards.removeAll { ids.contains($0.id) }
        places = Dictionary(uniqueKeysWithValues: shards.enumerated().map { ($1.id, $0) })
        isForgottenUnsaved = true
    }

    /// A replication that ends by itself waits for that.
    var isForgetting: Bool { shards.contains { $0.forgetting == .underWay } }

    mutating func forgot(_ id: ShardID, _ now: Timestamp) {
        succeeded(.target, now)
        guard let place = places[id], shards[place].forgetting == .underWay else { return }
        drop([id])
    }

    mutating func forgetFailed(_ id: ShardID, _ error: PortError) {
        guard let place = places[id], shards[place].forgetting == .underWay else { return }
        if error.isRetryable {
            // The next listing asks again.
            shards[place].forgetting = .no
        } else {
            // It does no harm: nobody reads the shard any more.
            shards[place].forgetting = .refused
            announce(.positionsLeft(id, error.message))
        }
    }
}

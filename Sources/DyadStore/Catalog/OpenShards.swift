package import DyadModel

/// The shards of a stream that take changes, by the hashes that each owns.
///
/// Asked at every write: a table with one open shard pays for no more than the case.
package enum OpenShards: Sendable, Equatable {
    case one(Int64)
    /// Two or more, in the order of their ranges, the first of which begins at 0.
    case several([Owner])

    package struct Owner: Sendable, Equatable {
        /// Its range ends before the next one's.
        package let firstHash: UInt64
        /// The number that the store knows the shard by.
        package let shard: Int64
    }

    /// - Parameter shards: first hash and number of each, in any order; they leave out no hash.
    /// - Returns: nil when there are none.
    package init?(_ shards: [(firstHash: UInt64, number: Int64)]) {
        let owners = shards.map { Owner(firstHash: $0.firstHash, shard: $0.number) }
            .sorted { $0.firstHash < $1.firstHash }
        guard let first = owners.first, first.firstHash == 0 else { return nil }
        self = owners.count == 1 ? .one(first.shard) : .several(owners)
    }

    /// The number of the shard that takes the changes of a table's row.
    package func owner(of key: StorageKey) -> Int64 {
        switch self {
        case .one(let shard): shard
        case .several(let owners): Self.owner(of: key.partitionHash, among: owners)
        }
    }

    /// The last that begins at `hash` or before it, looked for by halves.
    private static func owner(of hash: UInt64, among owners: [Owner]) -> Int64 {
        var (low, high) = (0, owners.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if owners[middle].firstHash <= hash { low = middle } else { high = middle }
        }
        return owners[low].shard
    }
}

extension OpenShards {
    /// `"openShard": 1`, or `"openShards": [{"firstHash": "0000000000000000", "shard": 1}, …]`.
    func write(membersTo writer: inout JSONWriter) {
        switch self {
        case .one(let shard): writer.member("openShard", Int(shard))
        case .several(let owners):
            writer.member("openShards") {
                $0.array { writer in
                    for owner in owners {
                        writer.object {
                            $0.member("firstHash", HashRange(first: owner.firstHash, last: .max).firstText)
                            $0.member("shard", Int(owner.shard))
                        }
                    }
                }
            }
        }
    }

    /// Of the object that `write` gave its members to; nil when they are not there.
    init?(json: JSONNode) {
        if let shard = json["openShard"]?.integer {
            self = .one(Int64(shard))
            return
        }
        self.init(
            json["openShards"]?.elements.compactMap { node in
                guard let hash = node["firstHash"]?.string.flatMap({ UInt64($0, radix: 16) }),
                    let shard = node["shard"]?.integer
                else { return nil }
                return (hash, Int64(shard))
            } ?? [])
    }
}

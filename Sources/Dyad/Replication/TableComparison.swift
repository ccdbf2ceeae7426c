package import DyadClient
import DyadModel
import DyadReplicator

/// Compares two tables item by item.
///
/// The source is scanned, and each page's keys are read from the target: that finds what is missing and what differs.
/// The target is then counted; only if it holds more than was found is it scanned too, and its keys read from the
/// source: that finds what is too much. Nothing is assumed of either side's order, and memory holds one page a segment.
/// Items are equal when their canonical bytes are: sets whatever their order, numbers by value.
///
/// All reads are consistent, but not of one moment: tables that are written to meanwhile may seem to differ.
public struct TableComparison: Sendable {
    public struct Difference: Sendable, Equatable {
        public enum Kind: String, Sendable {
            /// In the source alone.
            case missing
            /// In the target alone.
            case extra
            /// In both, with different attributes.
            case different
        }

        public let kind: Kind
        /// The key as DynamoDB JSON: `{"requestid":{"N":"4666"}}`.
        public let key: String
    }

    public struct Counts: Sendable, Equatable {
        public var source = 0
        public var target = 0
        public var missing = 0
        public var extra = 0
        public var different = 0

        public var areEqual: Bool { missing + extra + different == 0 }
    }

    /// The tables could not be compared; says nothing about whether they are equal.
    public struct Failed: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    private let source: TableAddress
    private let target: TableAddress
    private let parallelism: Int
    /// Between both sides' clients and the network.
    package var wrap: @Sendable (any Transport) -> any Transport = { $0 }

    /// - Parameter parallelism: segments that are compared at a time, 1 to 64.
    public init(source: TableAddress, target: TableAddress, parallelism: Int = 4) {
        self.source = source
        self.target = target
        self.parallelism = min(max(parallelism, 1), 64)
    }

    /// - Parameter onDifference: called for each difference as it is found, in no order, never twice at a time.
    public func run(onDifference: @escaping @Sendable (Difference) -> Void) async throws(Failed) -> Counts {
        let from = try client(source)
        let to: DynamoDBClient
        do throws(Failed) { to = try client(target) } catch {
            await from.shutdown()
            throw error
        }
        let outcome = await compare(from, to, onDifference)
        await from.shutdown()
        await to.shutdown()
        return try outcome.get()
    }

    private func client(_ address: TableAddress) throws(Failed) -> DynamoDBClient {
        do { return try DynamoDBClient(address.settings, wrap: wrap) } catch { throw Failed(description: "\(error)") }
    }

    private func compare(
        _ from: DynamoDBClient, _ to: DynamoDBClient, _ onDifference: @escaping @Sendable (Difference) -> Void
    ) async -> Result<Counts, Failed> {
        do throws(PortError) {
            let names = try await keyNames(from, to)
            let left = ComparedTable(client: from, table: source.table, keyNames: names)
            let right = ComparedTable(client: to, table: target.table, keyNames: names)
            var counts = Counts()
            try await left.lookUp(in: right, segments: parallelism) { page in
                counts.source += page.items.count
                for found in page.items {
                    switch page.others[found.key] {
                    case nil:
                        counts.missing += 1
                        onDifference(Difference(kind: .missing, key: found.key.text))
                    case let other? where other != found.item:
                        counts.different += 1
                        onDifference(Difference(kind: .different, key: found.key.text))
                    default: break
                    }
                }
            }
            counts.target = try await right.count(segments: parallelism)
            if counts.target != counts.source - counts.missing {
                try await right.lookUp(in: left, segments: parallelism) { page in
                    for found in page.items where page.others[found.key] == nil {
                        counts.extra += 1
                        onDifference(Difference(kind: .extra, key: found.key.text))
                    }
                }
            }
            return .success(counts)
        } catch {
            return .failure(Failed(description: error.message))
        }
    }

    /// The key attributes' names, which both tables must have.
    private func keyNames(_ from: DynamoDBClient, _ to: DynamoDBClient) async throws(PortError) -> [Text] {
        func describe(_ client: DynamoDBClient, _ address: TableAddress) async throws(PortError) -> TableDescription {
            do throws(ClientError) { return try await client.describeTable(address.table) } catch {
                throw PortError(.fatal, "\(address.table) in \(address.region): \(error)")
            }
        }
        let left = try await describe(from, source)
        let right = try await describe(to, target)
        let (leftKeys, rightKeys) = (ReplicationTables.keys(left), ReplicationTables.keys(right))
        guard leftKeys == rightKeys else {
            throw PortError(
                .fatal, "the keys differ: \(source.table) has \(leftKeys), \(target.table) has \(rightKeys)")
        }
        return left.keys.map { Text($0) }
    }
}

extension ItemBytes {
    fileprivate var text: String { String(decoding: utf8, as: UTF8.self) }
}

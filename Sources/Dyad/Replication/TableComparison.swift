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
/// All reads are consistent, but not of one moment: tables that are written to meanwhile may seem to differ, unless the
/// comparison is `live` and waits for the replicator.
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
        /// Both items as DynamoDB JSON; nil where there is none, and in a comparison at rest.
        public var source: String?
        public var target: String?
        /// How far the replicator was when the two were seen to differ; nil in a comparison at rest.
        public var lastAppliedSequenceNumber: String?
    }

    /// Compares while both tables are written to and a replicator carries the changes.
    public struct Live: Sendable {
        /// The replicator's checkpoint file: it says what is applied. Not looked at where there is a `fleet`.
        public var checkpointPath: String
        /// Workers that share the replication keep their checkpoints in this table; nil where one process has it.
        public var fleet: Replicator.Coordination?
        /// How long the replicator may make no progress before the comparison is given up.
        public var patience = Duration.seconds(60)

        public init(checkpointPath: String) { self.checkpointPath = checkpointPath }

        public init(fleet: Replicator.Coordination) {
            checkpointPath = ""
            self.fleet = fleet
        }
    }

    public struct Counts: Sendable, Equatable {
        public var source = 0
        public var target = 0
        public var missing = 0
        public var extra = 0
        public var different = 0
        /// Keys whose items changed in every round of looking, in a live comparison: nothing is known of them.
        public var restless = 0
        /// Keys that were made equal, where that was asked for.
        public var repaired = 0

        public var areEqual: Bool { missing + extra + different == 0 }
        /// Every difference was made good.
        public var areRepaired: Bool { repaired == missing + extra + different }

        mutating func add(_ kind: Difference.Kind) {
            switch kind {
            case .missing: missing += 1
            case .extra: extra += 1
            case .different: different += 1
            }
        }
    }

    /// The tables could not be compared; says nothing about whether they are equal.
    public struct Failed: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    private let source: TableAddress
    private let target: TableAddress
    private let parallelism: Int
    /// Nil compares tables at rest.
    public var live: Live?
    /// Writes to the target what the source has, wherever they differ.
    public var repairs = false
    /// Read capacity units a second of each side; nil is as fast as they answer.
    public var readUnitsPerSecond: Double?
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
            let left = compared(from, source, names)
            let right = compared(to, target, names)
            let counts =
                if let live {
                    try await compareLive(left, right, live, onDifference)
                } else {
                    try await compareAtRest(left, right, onDifference)
                }
            return .success(counts)
        } catch {
            return .failure(Failed(description: error.message))
        }
    }

    private func compared(_ client: DynamoDBClient, _ address: TableAddress, _ names: [Text]) -> ComparedTable {
        ComparedTable(
            client: client, table: address.table, keyNames: names,
            pace: readUnitsPerSecond.map { CapacityPace(unitsPerSecond: $0, clock: SteadyClock()) })
    }

    private func compareAtRest(
        _ left: ComparedTable, _ right: ComparedTable, _ onDifference: (Difference) -> Void
    ) async throws(PortError) -> Counts {
        var counts = Counts()
        var differing: [ItemBytes] = []
        func note(_ kind: Difference.Kind, _ key: ItemBytes) {
            counts.add(kind)
            if repairs { differing.append(key) }
            onDifference(Difference(kind: kind, key: key.text))
        }
        try await left.lookUp(in: right, segments: parallelism) { page in
            counts.source += page.items.count
            for found in page.items {
                switch page.others[found.key] {
                case nil: note(.missing, found.key)
                case let other? where other != found.item: note(.different, found.key)
                default: break
                }
            }
        }
        counts.target = try await right.count(segments: parallelism)
        if counts.target != counts.source - counts.missing {
            try await right.lookUp(in: left, segments: parallelism) { page in
                for found in page.items where page.others[found.key] == nil { note(.extra, found.key) }
            }
        }
        if repairs { counts.repaired = try await repair(differing, left, right) }
        return counts
    }

    private func compareLive(
        _ left: ComparedTable, _ right: ComparedTable, _ live: Live, _ onDifference: (Difference) -> Void
    ) async throws(PortError) -> Counts {
        let suspects = SuspectKeys(
            source: left, target: right, watermark: watermark(live, left.client, right.client))
        var counts = Counts()
        var open: Set<ItemBytes> = []
        func judge() async throws(PortError) {
            let keys = Array(open)
            open = []
            let verdict = try await suspects.judge(keys)
            counts.restless += verdict.restless.count
            for finding in verdict.differences {
                counts.add(finding.kind)
                onDifference(Difference(finding))
            }
            if repairs { counts.repaired += try await repair(verdict.differences.map(\.key), left, right) }
        }
        try await left.lookUp(in: right, segments: parallelism) { page throws(PortError) in
            counts.source += page.items.count
            for found in page.items where page.others[found.key] != found.item { open.insert(found.key) }
            if open.count >= Self.suspectsMax { try await judge() }
        }
        // What only the target has; both sides move, so counting would prove nothing.
        try await right.lookUp(in: left, segments: parallelism) { page throws(PortError) in
            counts.target += page.items.count
            for found in page.items where page.others[found.key] == nil { open.insert(found.key) }
            if open.count >= Self.suspectsMax { try await judge() }
        }
        try await judge()
        return counts
    }

    /// Keys that are kept until they are looked at together: a page of either table may add some more.
    private static let suspectsMax = 2000

    private func watermark(
        _ live: Live, _ from: DynamoDBClient, _ to: DynamoDBClient
    ) -> AppliedWatermark {
        let clock = SteadyClock()
        let progress: any AppliedProgress =
            if let fleet = live.fleet {
                FleetProgress(
                    link: CoordinatedLink(table: CoordinationTable(client: to, table: fleet.table), name: fleet.name),
                    source: from, clock: clock)
            } else {
                KeptCheckpoint(
                    store: FileCheckpointStore(path: live.checkpointPath), name: "checkpoint \(live.checkpointPath)")
            }
        return AppliedWatermark(
            progress: progress,
            tables: ReplicationLink(
                sourceRegion: source.region, sourceTable: source.table, streamARN: "", targetRegion: target.region,
                targetTable: target.table, targetID: ""),
            clock: clock, patience: live.patience.components.seconds * 1000)
    }

    private func repair(
        _ keys: [ItemBytes], _ left: ComparedTable, _ right: ComparedTable
    ) async throws(PortError) -> Int {
        let outcome = try await KeyRepair(source: left, target: right).repair(keys)
        return outcome.puts + outcome.deletes
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

extension SuspectKeys.Finding {
    fileprivate var kind: TableComparison.Difference.Kind {
        if source == nil { .extra } else if target == nil { .missing } else { .different }
    }
}

extension TableComparison.Difference {
    fileprivate init(_ finding: SuspectKeys.Finding) {
        self.init(
            kind: finding.kind, key: finding.key.text, source: finding.source?.text, target: finding.target?.text,
            lastAppliedSequenceNumber: finding.lastApplied?.text)
    }
}

extension ItemBytes {
    var text: String { String(decoding: utf8, as: UTF8.self) }
}

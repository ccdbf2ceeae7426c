package import DyadClient
import DyadModel
import DyadReplicator

/// Applies what a replication kept as dead letters.
///
/// A letter may be old by now. So each of their keys gets what its source has at present, which is the letter's own
/// change or a newer one: a replay, repeated or beside a running replicator, takes nothing back.
public struct DeadLetterReplay: Sendable {
    public struct Outcome: Sendable, Equatable {
        /// Lines of the file that are dead letters.
        public var letters = 0
        public var puts = 0
        public var deletes = 0
        /// Keys that the target still refuses, with its reason: `{"id":{"N":"7"}}: Item size …`.
        public var refused: [String] = []
        /// Keys that changed all the time or that the target left over.
        public var unfinished: [String] = []
        /// Lines that are no dead letters, as a crash may leave one: `line 3: …`.
        public var unreadable: [String] = []

        public var isComplete: Bool { refused.isEmpty && unfinished.isEmpty && unreadable.isEmpty }
    }

    public struct Failed: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// How one side is reached; the regions and tables stand in the letters.
    public struct Side: Sendable {
        public var endpoint: String?
        public var profile: String?
        /// As `TableAddress` has them.
        public var connectTimeout: Duration?
        public var readTimeout: Duration?

        public init(endpoint: String? = nil, profile: String? = nil) {
            self.endpoint = endpoint
            self.profile = profile
        }
    }

    private let path: String
    private let source: Side
    private let target: Side
    /// Between both sides' clients and the network.
    package var wrap: @Sendable (any Transport) -> any Transport = { $0 }

    public init(path: String, source: Side, target: Side) {
        self.path = path
        self.source = source
        self.target = target
    }

    private struct Tables: Hashable {
        var sourceRegion: String
        var sourceTable: String
        var targetRegion: String
        var targetTable: String
    }

    public func run() async throws(Failed) -> Outcome {
        var outcome = Outcome()
        var keys: [Tables: [ItemBytes]] = [:]
        var seen: [Tables: Set<ItemBytes>] = [:]
        do throws(PortError) {
            for (number, line) in try DeadLetterFile(path: path).lines() {
                switch line {
                case .failure(let error): outcome.unreadable.append("line \(number): \(error.reason)")
                case .success(let line):
                    outcome.letters += 1
                    let tables = Tables(
                        sourceRegion: line.sourceRegion, sourceTable: line.sourceTable,
                        targetRegion: line.targetRegion, targetTable: line.targetTable)
                    let key = line.letter.write.key
                    if seen[tables, default: []].insert(key).inserted { keys[tables, default: []].append(key) }
                }
            }
            for (tables, keys) in keys { try await replay(keys, of: tables, into: &outcome) }
        } catch {
            throw Failed(description: error.message)
        }
        return outcome
    }

    private func replay(_ keys: [ItemBytes], of tables: Tables, into outcome: inout Outcome) async throws(PortError) {
        let from = try client(tables.sourceRegion, tables.sourceTable, source)
        let to: DynamoDBClient
        do throws(PortError) { to = try client(tables.targetRegion, tables.targetTable, target) } catch {
            await from.shutdown()
            throw error
        }
        let result: Result<KeyRepair.Outcome, PortError>
        do throws(PortError) {
            let names = try await sorted { () async throws(ClientError) in
                try await from.describeTable(tables.sourceTable).keys.map { Text($0) }
            }
            let repair = KeyRepair(
                source: ComparedTable(client: from, table: tables.sourceTable, keyNames: names),
                target: ComparedTable(client: to, table: tables.targetTable, keyNames: names))
            result = .success(try await repair.repair(keys))
        } catch {
            result = .failure(error)
        }
        await from.shutdown()
        await to.shutdown()
        let made = try result.get()
        outcome.puts += made.puts
        outcome.deletes += made.deletes
        outcome.refused += made.refused.map { "\($0.key.text): \($0.reason)" }
        outcome.unfinished += made.unfinished.map(\.text)
    }

    private func client(_ region: String, _ table: String, _ side: Side) throws(PortError) -> DynamoDBClient {
        var address = TableAddress(region: region, table: table, endpoint: side.endpoint, profile: side.profile)
        address.connectTimeout = side.connectTimeout
        address.readTimeout = side.readTimeout
        do { return try DynamoDBClient(address.settings, wrap: wrap) } catch { throw PortError(.fatal, "\(error)") }
    }
}

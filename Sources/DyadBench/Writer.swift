import ArgumentParser
import DyadClient
import DyadModel
import Synchronization

/// Writes to a table as fast as it is told to, and sees when the writes arrive elsewhere.
struct Writer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write items of 500 bytes in batches of 25, and with --probe-table see when they are in a replica.",
        discussion:
            "Prints one line of JSON: items written, seconds, and the milliseconds from a write's answer to its sight in "
            + "the replica, at p50, p99 and at most. The figures hold the pause between looks, a millisecond.")

    @Option(help: "The endpoint's URL.")
    var endpoint: String
    @Option(help: "The table's region.")
    var region: String
    @Option(help: "The table, whose key is a string 'pk'.")
    var table: String
    @Option(help: "Items to write.")
    var count: Int
    @Option(help: "Items a second; 0 for as many as it takes.")
    var rate = 0
    @Option(help: "Batches in flight.")
    var connections = 4
    @Option(help: "Different keys.")
    var keys = 10_000
    @Option(help: "The replica's region.")
    var probeRegion: String?
    @Option(help: "The replica.")
    var probeTable: String?
    @Option(help: "Probes a second.")
    var probes = 20

    private static let batchSize = 25
    private static let itemBytes = 500
    /// A probe that has not arrived by then is counted as lost.
    private static let patience = Duration.seconds(60)

    func validate() throws {
        guard count >= Self.batchSize, rate >= 0, connections > 0, keys >= Self.batchSize, probes > 0 else {
            throw ValidationError("numbers are positive, and a batch has \(Self.batchSize) items of different keys")
        }
        guard (probeRegion == nil) == (probeTable == nil) else {
            throw ValidationError("--probe-region and --probe-table go together")
        }
    }

    func run() async throws {
        let source = try client(region)
        let replica = try probeRegion.map { try client($0) }
        let shared = Shared()
        let start = ContinuousClock.now
        var seconds = 0.0
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let replica, let probeTable {
                group.addTask { try await probe(source, replica, probeTable, shared) }
            }
            try await write(to: source, since: start, shared)
            seconds = (ContinuousClock.now - start) / .seconds(1)
            shared.isWriting.store(false, ordering: .relaxed)
            try await group.waitForAll()
        }
        await source.shutdown()
        await replica?.shutdown()
        report(seconds, shared.lags.withLock { $0.sorted() })
    }

    private func client(_ region: String) throws -> DynamoDBClient {
        try DynamoDBClient(ClientSettings(region: region, endpoint: endpoint, profile: nil))
    }

    /// What its tasks share.
    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let isWriting = Atomic<Bool>(true)
        /// In milliseconds.
        let lags = Mutex<[Double]>([])
    }

    private func write(
        to client: DynamoDBClient, since start: ContinuousClock.Instant, _ shared: Shared
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<connections {
                group.addTask {
                    while true {
                        let number = shared.next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard number * Self.batchSize < count else { return }
                        if rate > 0 {
                            let due = start + .seconds(1) * number * Self.batchSize / rate
                            try await ContinuousClock().sleep(until: due)
                        }
                        _ = try await client.call("BatchWriteItem", body: batch(number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func batch(_ number: Int) -> [UInt8] {
        let filler = String(repeating: "x", count: Self.itemBytes - 60)
        let puts = (0..<Self.batchSize).map { place in
            let item = number * Self.batchSize + place
            return
                #"{"PutRequest":{"Item":{"pk":{"S":"key-\#(item % keys)"},"n":{"N":"\#(item)"},"text":{"S":"\#(filler)"}}}}"#
        }
        return Array(#"{"RequestItems":{"\#(table)":[\#(puts.joined(separator: ","))]}}"#.utf8)
    }

    /// Writes an item now and then, and looks for it in the replica until it is there.
    private func probe(
        _ source: DynamoDBClient, _ replica: DynamoDBClient, _ replicaTable: String, _ shared: Shared
    ) async throws {
        // A run finds none of those of the runs before it.
        let run = UInt32.random(in: 0 ... .max)
        var number = 0
        while shared.isWriting.load(ordering: .relaxed) {
            let key = #"{"pk":{"S":"probe-\#(run)-\#(number)"}}"#
            _ = try await source.call("PutItem", body: Array(#"{"TableName":"\#(table)","Item":\#(key)}"#.utf8))
            let written = ContinuousClock.now
            let get = Array(#"{"TableName":"\#(replicaTable)","Key":\#(key)}"#.utf8)
            while try await replica.call("GetItem", body: get).root["Item"] == nil {
                guard ContinuousClock.now - written < Self.patience else {
                    throw ValidationError("probe \(number) did not arrive within \(Self.patience)")
                }
                try await ContinuousClock().sleep(for: .milliseconds(1))
            }
            let lag = ContinuousClock.now - written
            shared.lags.withLock { $0.append(lag / .milliseconds(1)) }
            number += 1
            try await ContinuousClock().sleep(until: written + .seconds(1) / probes)
        }
    }

    private func report(_ seconds: Double, _ lags: [Double]) {
        func quantile(_ share: Double) -> Double { lags[min(lags.count - 1, Int(Double(lags.count) * share))] }
        var lag = ""
        if let last = lags.last {
            lag =
                #","probes":\#(lags.count),"lag_ms":{"p50":\#(quantile(0.5)),"p99":\#(quantile(0.99)),"max":\#(last)}"#
        }
        print(#"{"written":\#(count),"seconds":\#(seconds)\#(lag)}"#)
    }
}

import DyadModel

/// Why loading stopped before the end.
package enum LoadError: Error, Sendable {
    /// A row cannot be read, does not fit its columns, or was refused by the service.
    case row(TextError)
    /// Nothing to do with any one row.
    case stopped(String)
    /// The options do not fit the table or the file.
    case configuration(ConfigurationError)
}

/// Loads the rows of a CSV into a table: the shell around `CSVReader`, `LoadMapping` and `LoadMachine`.
package struct TableLoader: Sendable {
    package struct Outcome: Sendable {
        /// Rows that are in the table now.
        package let rows: Int
        /// Nil when that is all of them.
        package let failure: LoadError?
    }

    /// Answers in a row that leave something undone and do nothing.
    static let fruitlessMax = 12

    private let client: DynamoDBClient
    private let table: String
    private let columns: [LoadColumn]?
    private let batchesInFlight: Int
    private let policy: RetryPolicy
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameter columns: nil takes them from the first row.
    /// - Parameter batchesInFlight: enough that some arrive while others are answered, all of one commit at once. What
    ///   travels bounds the memory too.
    package init(
        client: DynamoDBClient, table: String, columns: [LoadColumn]?, batchesInFlight: Int = 16,
        policy: RetryPolicy = RetryPolicy(base: .milliseconds(50), baseWhenThrottled: .milliseconds(50)),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.client = client
        self.table = table
        self.columns = columns
        self.batchesInFlight = batchesInFlight
        self.policy = policy
        self.sleep = sleep
    }

    /// Loads until the source ends or something goes wrong. All rows before the fault are in the table then; of rows
    /// behind one that the service refuses some may be.
    ///
    /// - Parameters:
    ///   - chunk: the file's next bytes; empty at its end.
    ///   - progress: told the rows loaded so far.
    package func load(
        chunk: () throws -> [UInt8], progress: (_ rows: Int) -> Void = { _ in }
    ) async -> Outcome {
        let description: TableDescription
        do throws(ClientError) {
            description = try await client.describeTable(table)
        } catch {
            return Outcome(rows: 0, failure: .stopped("\(error)"))
        }
        var intake: LoadIntake
        do throws(ConfigurationError) {
            intake = try LoadIntake(columns: columns, table: description)
        } catch {
            return Outcome(rows: 0, failure: .configuration(error))
        }
        var machine = LoadMachine(inFlightMax: batchesInFlight)
        var failures = Failures()
        await withTaskGroup(of: BatchOutcome.self) { group in
            while !machine.isDone {
                while machine.wantsRows {
                    if let failure = intake.fill(&machine, from: chunk) { failures.add(failure) }
                }
                while let batch = machine.send() {
                    group.addTask { await put(batch) }
                }
                guard let outcome = await group.next() else { continue }
                machine.finished(outcome.number, rows: outcome.rows)
                if let failure = outcome.failure {
                    failures.add(failure)
                    machine.abandonUnsent()
                }
                progress(machine.rowsLoaded)
            }
        }
        return Outcome(rows: machine.rowsLoaded, failure: failures.first)
    }

    private struct BatchOutcome: Sendable {
        let number: Int
        let rows: Int
        let failure: LoadError?
    }

    /// The failure that stands first in the file; one that is no row's only when there is no other.
    private struct Failures {
        private(set) var first: LoadError?

        mutating func add(_ failure: LoadError) {
            switch (first, failure) {
            case (.row(let known)?, .row(let new)):
                let isEarlier = (new.position.line, new.position.column) < (known.position.line, known.position.column)
                if isEarlier { first = failure }
            case (.row?, _): break
            case (nil, _), (_, .row): first = failure
            default: break
            }
        }
    }

    private func put(_ batch: LoadMachine.Batch) async -> BatchOutcome {
        var requests = batch.items.map(\.request)
        var fruitless = 0
        var random = SystemRandomNumberGenerator()
        func outcome(_ failure: LoadError) -> BatchOutcome {
            BatchOutcome(number: batch.number, rows: batch.items.count - requests.count, failure: failure)
        }
        while true {
            let unprocessed: [[UInt8]]
            do throws(ClientError) {
                unprocessed = try await client.batchWrite(table, requests)
            } catch {
                if Self.isAboutOneRow(error) { return await putSingly(batch) }
                guard Self.willPass(error), fruitless < Self.fruitlessMax else { return outcome(.stopped("\(error)")) }
                unprocessed = requests
            }
            if unprocessed.isEmpty { return BatchOutcome(number: batch.number, rows: batch.rows, failure: nil) }
            fruitless = unprocessed.count < requests.count ? 0 : fruitless + 1
            requests = unprocessed
            guard fruitless <= Self.fruitlessMax else {
                return outcome(.stopped("\(table) has left rows unprocessed \(fruitless) times in a row"))
            }
            let delay = policy.delay(after: fruitless + 1, isThrottling: false, using: &random)
            do { try await sleep(delay) } catch { return outcome(.stopped("cancelled")) }
        }
    }

    /// The service is there and asks for patience: more of it than a single call has. A dead endpoint is no such case,
    /// its user should hear at once.
    private static func willPass(_ error: ClientError) -> Bool {
        if case .service = error { error.isRetryable } else { false }
    }

    /// A batch is refused whole for one item's fault; row by row shows whose it is.
    private func putSingly(_ batch: LoadMachine.Batch) async -> BatchOutcome {
        for (index, item) in batch.items.enumerated() {
            do throws(ClientError) {
                var body = JSONWriter(capacity: item.request.count + 64)
                body.object { body in
                    body.member("TableName", table)
                    body.member("Item") { $0.splice(item.json) }
                }
                _ = try await client.call("PutItem", body: body.bytes)
            } catch {
                let failure: LoadError =
                    Self.isAboutOneRow(error)
                    ? .row(TextError(item.position, "\(table) refuses the row: \(error)")) : .stopped("\(error)")
                return BatchOutcome(number: batch.number, rows: index, failure: failure)
            }
        }
        return BatchOutcome(number: batch.number, rows: batch.rows, failure: nil)
    }

    private static func isAboutOneRow(_ error: ClientError) -> Bool {
        ["ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException"]
            .contains(error.code)
    }
}

/// From the file's bytes to the machine: reads, takes the header, maps.
struct LoadIntake {
    private let table: TableDescription
    private var reader = CSVReader()
    private var mapping: LoadMapping?
    private var isFirstRow = true

    init(columns: [LoadColumn]?, table: TableDescription) throws(ConfigurationError) {
        self.table = table
        if let columns { mapping = try LoadMapping(columns: columns, table: table) }
    }

    /// Takes one more chunk.
    ///
    /// - Returns: what is wrong with it. The rows before that are in the machine, and no more will come.
    mutating func fill(_ machine: inout LoadMachine, from chunk: () throws -> [UInt8]) -> LoadError? {
        let bytes: [UInt8]
        do { bytes = try chunk() } catch {
            machine.end()
            return .stopped("\(error)")
        }
        do throws(LoadError) {
            if bytes.isEmpty {
                let last: CSVRow?
                do throws(TextError) { last = try reader.finish() } catch { throw .row(error) }
                if let last { try take(last, &machine) }
                machine.end()
            } else {
                // The reader is taken out while its rows come back to this very value.
                var reader = self.reader
                try reader.read(bytes.span) { row throws(LoadError) in
                    try take(row, &machine)
                } fault: { fault in
                    .row(fault)
                }
                self.reader = reader
            }
            return nil
        } catch {
            machine.end()
            return error
        }
    }

    private mutating func take(_ row: CSVRow, _ machine: inout LoadMachine) throws(LoadError) {
        defer { isFirstRow = false }
        guard let mapping else {
            mapping = try header(row)
            return
        }
        if isFirstRow && mapping.isHeader(row) { return }
        do throws(TextError) {
            machine.add(try mapping.item(row))
        } catch {
            throw .row(error)
        }
    }

    private func header(_ row: CSVRow) throws(LoadError) -> LoadMapping {
        let fault: ConfigurationError
        do throws(ConfigurationError) {
            if let columns = try LoadMapping.columns(header: row, table: table) {
                return try LoadMapping(columns: columns, table: table)
            }
            let keys = table.keys.map { "'\($0)'" }.joined(separator: " and ")
            fault = ConfigurationError("the first row does not name the table's key \(keys); give --columns")
        } catch {
            fault = error
        }
        throw .row(TextError(row.fields[0].position, fault.description))
    }
}

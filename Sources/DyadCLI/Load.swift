import ArgumentParser
import DyadClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `dyad load`: a CSV file into a table.
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load a CSV file into a table.",
        discussion: """
            The file is RFC 4180: commas, fields in double quotes where they hold commas, quotes (doubled) or line \
            breaks; UTF-8, with or without a byte order mark; lines end in LF or CRLF. Blank lines are passed over.

            Columns are NAME:TYPE in the file's order, TYPE being S, N, B (Base64) or BOOL. Without a type a key takes \
            the table's and everything else is S. TYPE? leaves the attribute out where the field is empty; without the \
            question mark an empty field is an empty string for S and an error for the others and for keys. A column \
            named - is left out.

            Without --columns the first row must be a header in that same form: it is one when it names all of the \
            table's key attributes. With --columns there is none; a first row that repeats their names is passed over.

            Where several rows have one key, the last one stays. A row that cannot be read, does not fit or is \
            refused is named as FILE:LINE:COLUMN; all rows before it are in the table then, and the exit code is 1.
            """)

    @Argument(help: "The table.")
    var table: String

    @Argument(help: "The CSV file.", completion: .file(extensions: ["csv"]))
    var file: String

    @Option(help: "The region; else AWS_REGION, AWS_DEFAULT_REGION or the profile's.")
    var region: String?

    @Option(
        help: "The endpoint's URL; else AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL or the profile's, else AWS itself.")
    var endpoint: String?

    @Option(help: "The profile to take credentials from; else the environment, then AWS_PROFILE or default.")
    var profile: String?

    @OptionGroup var timeouts: Timeouts

    @Option(help: "The columns, as in requestid:N,host:S,note:S?")
    var columns: String?

    func run() async throws {
        let start = ContinuousClock.now
        let client: DynamoDBClient
        let columns: [LoadColumn]?
        do throws(ConfigurationError) {
            columns = if let text = self.columns { try LoadColumn.list(text) } else { nil }
            client = try DynamoDBClient(
                ClientSettings(
                    region: region, endpoint: endpoint, profile: profile, connectTimeout: timeouts.connectTimeout,
                    readTimeout: timeouts.readTimeout))
        } catch {
            Self.complain("dyad load: \(error)")
            throw ExitCode(1)
        }
        guard let source = ChunkedFile(path: file) else {
            Self.complain("dyad load: cannot read \(file): \(String(cString: strerror(errno)))")
            await client.shutdown()
            throw ExitCode(1)
        }
        var bar = ProgressBar(total: source.count)
        let outcome = await TableLoader(client: client, table: table, columns: columns).load {
            try source.next()
        } progress: { rows in
            bar.show(done: source.taken, rows: rows)
        }
        bar.clear()
        await client.shutdown()
        report(outcome, after: start.duration(to: .now))
        if outcome.failure != nil { throw ExitCode(1) }
    }

    private func report(_ outcome: TableLoader.Outcome, after duration: Duration) {
        switch outcome.failure {
        case .row(let error)?:
            Self.complain("\(file):\(error.position.line):\(error.position.column): \(error.reason)")
        case .configuration(let error)?:
            Self.complain("dyad load: \(error)")
        case .stopped(let why)?:
            Self.complain("dyad load: stopped after \(outcome.rows) rows: \(why)")
        case nil: break
        }
        let hundredths = duration.components.seconds * 100 + duration.components.attoseconds / 10_000_000_000_000_000
        let rest = hundredths % 100
        print("RowCount: \(outcome.rows), Total seconds: \(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)")
    }

    private static func complain(_ line: String) { writeToStandardError(line + "\n") }
}

/// Straight to the descriptor: the C library's `stderr` is a shared variable. What cannot be written is lost.
private func writeToStandardError(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

/// A file read a piece at a time.
private final class ChunkedFile {
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    private static let chunkBytes = 65_536
    private let file: UnsafeMutablePointer<FILE>
    /// Bytes; nil for what has no size, such as a pipe.
    let count: Int?
    private(set) var taken = 0

    /// Nil, with `errno` set, when it cannot be opened.
    init?(path: String) {
        guard let file = fopen(path, "rb") else { return nil }
        var facts = stat()
        let isKnown = fstat(fileno(file), &facts) == 0
        guard !isKnown || facts.st_mode & S_IFMT != S_IFDIR else {
            fclose(file)
            errno = EISDIR
            return nil
        }
        self.file = file
        count = isKnown && facts.st_mode & S_IFMT == S_IFREG ? Int(facts.st_size) : nil
    }

    deinit { fclose(file) }

    /// Empty at the end.
    func next() throws(Unreadable) -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
            count = fread(buffer.baseAddress, 1, Self.chunkBytes, file)
        }
        if bytes.isEmpty && ferror(file) != 0 {
            throw Unreadable(description: "cannot read on: \(String(cString: strerror(errno)))")
        }
        taken += bytes.count
        return bytes
    }
}

/// How far it is, on standard error, where that is a terminal.
private struct ProgressBar {
    private static let width = 30
    private let total: Int?
    private let isShown = isatty(STDERR_FILENO) == 1
    private var last = ""

    init(total: Int?) { self.total = total }

    mutating func show(done: Int, rows: Int) {
        guard isShown else { return }
        var line = "\(rows) rows"
        if let total, total > 0 {
            let filled = min(done, total) * Self.width / total
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
            line = "[\(bar)] \(min(done, total) * 100 / total)% \(line)"
        }
        guard line != last else { return }
        last = line
        writeToStandardError("\r\(line)")
    }

    mutating func clear() {
        guard isShown, !last.isEmpty else { return }
        writeToStandardError("\r\u{1B}[K")
        last = ""
    }
}

import DyadModel
import DyadStore
import Synchronization
import Testing

@testable import DyadEngine

/// A region without a server, whose clock stands still until a test moves it.
final class TestRegion {
    let clock: ManualClock
    let emulator: Emulator
    let scope: Scope
    private let readers = Readers()

    /// - Parameter storage: `.memory`, or a folder for what must outlive the region.
    init(
        _ region: String = "us-east-1", storage: Storage = .memory, clock: ManualClock = ManualClock(),
        settings: EngineSettings = EngineSettings()
    ) throws {
        self.clock = clock
        scope = Scope(account: try #require(AccountID("123456789012")), region: RegionName(region))
        var settings = settings
        settings.doesChoresUnasked = false
        emulator = try Emulator(storage, clock: clock, identity: CountingIdentity(), settings: settings)
    }

    deinit { emulator.stop() }

    /// Runs an operation of either service and waits for its answer.
    func send(_ operation: String, _ body: String = "{}") throws -> Reply {
        try Reply(emulatorAnswer(operation, body))
    }

    /// The answer as it is, for bodies that are no JSON.
    func emulatorAnswer(_ operation: String, _ body: String = "{}") throws -> Answer {
        let route = try #require(
            Catalogue.route(for: "DynamoDB_20120810.\(operation)")
                ?? Catalogue.route(for: "DynamoDBStreams_20120810.\(operation)"),
            "no operation \(operation)")
        let document = try JSONDocument(parsing: Array(body.utf8))
        return emulator.waitedAnswer(route, document, in: scope, on: readers)
    }

    /// Sends what must succeed.
    @discardableResult
    func ok(_ operation: String, _ body: String = "{}", at location: SourceLocation = #_sourceLocation) throws -> Reply
    {
        let reply = try send(operation, body)
        #expect(reply.status == 200, "\(operation): \(reply.text)", sourceLocation: location)
        return reply
    }

    /// Makes a table and waits until it is ACTIVE.
    func makeTable(_ body: String) throws {
        try ok("CreateTable", body)
        try advance(by: 1000)
    }

    /// Moves the clock, then does the chores that came due.
    func advance(by milliseconds: Int64) throws {
        clock.advance(by: milliseconds)
        emulator.clockMoved()
        try settle()
    }

    /// Does chores until none is due.
    func settle() throws {
        for _ in 0..<10_000 {
            try turn()
            let catalog = try emulator.region(scope).writer.published.catalog
            guard let due = Chores.nextDue(in: catalog), due <= clock.now else { return }
        }
        Issue.record("chores do not come to an end")
    }

    /// One turn of the writer: a step of the chores that are due, and a commit.
    func turn() throws {
        let done = OneShot()
        try emulator.region(scope).writer.submit({ (_, _) throws(DynamoError) in [] }, emulator.call(scope)) { _ in
            done.set()
        }
        done.wait()
    }

    /// Changes the store beside all operations.
    func write(_ change: @escaping @Sendable (inout WriteTransaction, Call) throws(DynamoError) -> Void) throws {
        let done = OneShot()
        let box = AnswerBox()
        try emulator.region(scope).writer.submit(
            { (store, call) throws(DynamoError) in
                try change(&store, call)
                return []
            }, emulator.call(scope)
        ) {
            box.set(Answer($0))
            done.set()
        }
        done.wait()
        let answer = try #require(box.answer)
        #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
    }

    /// Reads the store beside all operations.
    func read<Output>(_ body: (ReadTransaction) throws -> Output) throws -> Output {
        defer { readers.release() }
        return try body(readers.read(scope, of: emulator))
    }
}

/// Carries an answer from the region's thread.
private final class AnswerBox: Sendable {
    private let box = Mutex<Answer?>(nil)
    var answer: Answer? { box.withLock { $0 } }
    func set(_ answer: Answer) { box.withLock { $0 = answer } }
}

/// An answer, read.
struct Reply {
    let status: Int
    let text: String
    let root: JSONNode

    init(_ answer: Answer) throws {
        status = answer.status
        text = String(decoding: answer.body, as: UTF8.self)
        root = try JSONDocument(parsing: answer.body).root
    }

    subscript(_ name: String) -> JSONNode? { root[name] }

    /// `TableDescription.TableStatus`, `Table.GlobalSecondaryIndexes.0.IndexStatus`
    func at(_ path: String) -> JSONNode? {
        var node: JSONNode? = root
        for step in path.split(separator: ".") {
            if let index = Int(step) {
                node = node.flatMap { Array($0.elements) }.flatMap { index < $0.count ? $0[index] : nil }
            } else {
                node = node?[String(step)]
            }
        }
        return node
    }

    func string(_ path: String) -> String? { at(path)?.string }
    func integer(_ path: String) -> Int? { at(path)?.integer }
    /// The value's JSON, as it was sent.
    func json(_ path: String) -> String? { at(path).map { String(decoding: $0.raw, as: UTF8.self) } }

    /// `ValidationException`
    var code: String? { root["__type"]?.string?.split(separator: "#").last.map(String.init) }
    var message: String? { (root["message"] ?? root["Message"])?.string }
    /// `ValidationException: …`; nil when it went well.
    var error: String? { status == 200 ? nil : "\(code ?? "?"): \(message ?? "")" }
}

/// Repeats itself: the first identifier is the same in every test.
final class CountingIdentity: IdentitySource {
    private let counter = Atomic<UInt64>(0)

    func uuid() -> String {
        let (count, _) = counter.add(1, ordering: .relaxed)
        return uuidText(high: count &* 0x9E37_79B9_7F4A_7C15, low: count)
    }
}

/// What AWS was seen to answer.
struct Transcript: Sendable, CustomTestStringConvertible {
    let operation: String
    let request: String
    /// `Code: message`
    let error: String
    /// Where it is known from.
    let source: String

    init(_ operation: String, _ request: String, _ error: String, source: String) {
        self.operation = operation
        self.request = request
        self.error = error
        self.source = source
    }

    var testDescription: String { "\(operation) \(request.prefix(120))" }
}

import DyadEngine
import DyadModel
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An emulator that is sent bytes, as the front sends them, one request after the other.
///
/// Its clock stands still between requests: the same requests have the same answers.
final class FuzzedRegion {
    private let clock = ManualClock()
    private let emulator: Emulator
    private let scope: Scope
    private let readers = Readers()
    private let corpus: Corpus
    private var sent = 0
    /// What the `$` strings of the corpus stand for.
    private(set) var known: [String: JSONTree] = [:]
    /// How often each operation answered with success.
    private(set) var accepted: [String: Int] = [:]
    /// The request that took longest, and how long.
    private(set) var slowest = (operation: "", body: [UInt8](), time: Duration.zero)
    private let trace: UnsafeMutablePointer<FILE>?

    /// - Parameter trace: a file that each request is written to before it is sent, so that a crash leaves its cause.
    init(_ corpus: Corpus, trace: String? = nil) throws {
        self.corpus = corpus
        self.trace = trace.flatMap { fopen($0, "w") }
        scope = Scope(account: try #require(AccountID("123456789012")), region: RegionName("us-east-1"))
        var settings = EngineSettings()
        settings.doesChoresUnasked = false
        emulator = try Emulator(.memory, clock: clock, settings: settings)
        try makeTables()
    }

    deinit {
        emulator.stop()
        if let trace { fclose(trace) }
    }

    /// Makes the tables that are not there, lets the clock run until they can be used, and asks for what `$` strings mean.
    private func makeTables() throws {
        for _ in 0..<2 {
            for request in corpus.setUp { try answer(request.operation, request.body.bytes) }
            for _ in 0..<50 { try turn() }
        }
        for (operation, body) in [
            ("ListStreams", #"{"TableName":"fuzz"}"#), ("DescribeStream", #"{"StreamArn":"$arn"}"#),
            ("GetShardIterator", #"{"StreamArn":"$arn","ShardId":"$shard","ShardIteratorType":"TRIM_HORIZON"}"#),
            ("PutItem", #"{"TableName":"fuzz","Item":{"pk":{"S":"k"},"sk":{"N":"1"}}}"#),
            ("Scan", #"{"TableName":"fuzz","Limit":1}"#),
            ("ExecuteStatement", #"{"Statement":"SELECT * FROM \"fuzz\"","Limit":1}"#),
        ] {
            try answer(operation, JSONTree(body).filled(known).bytes)
        }
    }

    /// A chore or two get done with each commit.
    private func turn() throws {
        clock.advance(by: 100)
        emulator.clockMoved()
        try answer("PutItem", Array(#"{"TableName":"fuzz-number","Item":{"pk":{"N":"0"}}}"#.utf8))
    }

    /// A minute or two pass with each hundred requests: tables get ready, items and iterators expire, streams are
    /// trimmed. Mutants of UpdateTable and DeleteTable may have taken what the others need: it is made again.
    private func age() throws {
        clock.advance(by: 60_000 + Int64(sent / 100 % 7) * 10_000)
        for _ in 0..<5 { try turn() }
        if sent % 10_000 == 0 { try makeTables() }
    }

    /// Sends a request and checks its answer.
    func send(_ operation: String, _ body: [UInt8]) throws {
        sent += 1
        clock.advance(by: 20)
        if sent % 100 == 0 { try age() }
        let time = try ContinuousClock().measure { try answer(operation, body) }
        if time > slowest.time { slowest = (operation, body, time) }
    }

    private func answer(_ operation: String, _ body: [UInt8]) throws {
        if let trace {
            rewind(trace)
            ftruncate(fileno(trace), 0)
            fputs("\(operation) ", trace)
            fwrite(body, 1, body.count, trace)
            fflush(trace)
        }
        let target = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."].compactMap {
            Catalogue.route(for: $0 + operation)
        }
        let route = try #require(target.first, "the catalogue has no \(operation)")
        // As the front does: what cannot be read reaches no operation.
        guard let document = try? JSONDocument(parsing: body), document.root.kind == .object else { return }
        let answer = emulator.waitedAnswer(route, document, in: scope, on: readers)
        check(answer, operation, body)
        if answer.status == 200 {
            accepted[operation, default: 0] += 1
            try learn(operation, answer)
        }
    }

    private func check(_ answer: Answer, _ operation: String, _ body: [UInt8]) {
        // Operations on tags answer with nothing.
        let isEmpty = answer.status == 200 && answer.body.isEmpty
        let root = try? JSONDocument(parsing: answer.body).root
        let type = root?["__type"]?.string
        let isGood =
            answer.status == 200
            ? isEmpty || root?.kind == .object && type == nil : answer.status == 400 && type?.contains("#") == true
        guard !isGood else { return }
        let shown = String(decoding: answer.body.prefix(1000), as: UTF8.self)
        Issue.record(
            "request \(sent), \(operation) \(String(decoding: body.prefix(4000), as: UTF8.self))\n\(answer.status) \(shown)"
        )
    }

    /// Keeps what later requests need: their mutants get beyond the first check only so.
    private func learn(_ operation: String, _ answer: Answer) throws {
        let pages = [
            "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords", "Query", "Scan", "ExecuteStatement",
        ]
        guard pages.contains(operation),
            let root = try? JSONDocument(parsing: answer.body).root
        else { return }
        func first(_ list: JSONNode?) -> JSONNode? { list.flatMap { Array($0.elements).first } }
        let found = [
            "$iterator": root["ShardIterator"] ?? root["NextShardIterator"], "$key": root["LastEvaluatedKey"],
            "$token": root["NextToken"], "$arn": first(root["Streams"])?["StreamArn"],
            "$shard": first(root["StreamDescription"]?["Shards"])?["ShardId"],
        ]
        for (name, node) in found { if let node { known[name] = JSONTree(node) } }
    }
}

/// The process's memory in bytes; nil where that cannot be known.
func residentBytes() -> Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let fields = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
}

import DyadClient
import DyadModel
import Synchronization
import Testing

/// The loader against a table that behaves badly.
struct TableLoaderTests {
    /// A table of `id:N`, which a test bends by looking at requests first.
    final class Table: Sendable {
        private let state = Mutex<(ids: [String: String], writes: Int)>(([:], 0))

        var items: [String: String] { state.withLock(\.ids) }

        func answer(
            _ request: TransportRequest, refusing: Set<String> = [], leaving: (@Sendable (Int, String) -> Bool)? = nil
        ) throws -> TransportAnswer {
            let body = try JSONDocument(parsing: request.body).root
            switch request.operation {
            case "DescribeTable":
                return ScriptedTransport.json(
                    #"""
                    {"Table":{"TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
                    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}]}}
                    """#)
            case "PutItem":
                guard let item = body["Item"], put([item], refusing) else { return Self.refusal }
                return ScriptedTransport.json("{}")
            default:
                let number = state.withLock { state in
                    state.writes += 1
                    return state.writes
                }
                let requests = body["RequestItems"]?["t"].map { Array($0.elements) } ?? []
                let isLeft = { (request: JSONNode) in
                    leaving?(number, request["PutRequest"]?["Item"]?["id"]?["N"]?.string ?? "") ?? false
                }
                let done = requests.filter { !isLeft($0) }.compactMap { $0["PutRequest"]?["Item"] }
                guard put(done, refusing) else { return Self.refusal }
                var answer = JSONWriter()
                answer.object { answer in
                    answer.member("UnprocessedItems") { answer in
                        answer.object { answer in
                            let left = requests.filter(isLeft)
                            guard !left.isEmpty else { return }
                            answer.key("t")
                            answer.array { answer in for request in left { answer.splice(request.raw) } }
                        }
                    }
                }
                return TransportAnswer(status: 200, body: answer.bytes)
            }
        }

        private static let refusal = ScriptedTransport.json(
            #"{"__type":"com.amazon.coral.validate#ValidationException","message":"too bad"}"#, status: 400)

        private func put(_ items: [JSONNode], _ refusing: Set<String>) -> Bool {
            let pairs = items.map { ($0["id"]?["N"]?.string ?? "", $0["v"]?["S"]?.string ?? "") }
            guard !pairs.contains(where: { refusing.contains($0.0) }), Set(pairs.map(\.0)).count == pairs.count else {
                return false
            }
            state.withLock { state in for (id, value) in pairs { state.ids[id] = value } }
            return true
        }
    }

    static func load(
        _ text: String, columns: String? = "id:N,v:S",
        _ answer: @escaping @Sendable (TransportRequest) throws -> TransportAnswer
    ) async throws -> (outcome: TableLoader.Outcome, requests: [TransportRequest]) {
        let transport = ScriptedTransport { (_, request) throws(ClientError) in
            do { return try answer(request) } catch { throw .malformedAnswer("\(error)") }
        }
        let loader = TableLoader(
            client: .scripted(transport), table: "t", columns: try columns.map { try LoadColumn.list($0) },
            sleep: { _ in })
        var rest = Array(text.utf8)[...]
        let outcome = await loader.load {
            defer { rest = rest.dropFirst(1000) }
            return Array(rest.prefix(1000))
        }
        return (outcome, transport.requests)
    }

    static func rows(_ ids: some Sequence<Int>) -> String { ids.map { "\($0),v\($0)\n" }.joined() }

    @Test func `every row arrives`() async throws {
        let table = Table()
        let (outcome, requests) = try await Self.load(Self.rows(0..<1001)) { try table.answer($0) }
        #expect(outcome.rows == 1001)
        #expect(outcome.failure == nil)
        #expect(table.items.count == 1001)
        #expect(requests.filter { $0.operation == "BatchWriteItem" }.count == 41)
    }

    @Test func `a header gives the columns`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load("v,id\na,1\n", columns: nil) { try table.answer($0) }
        #expect(outcome.rows == 1)
        #expect(table.items == ["1": "a"])
    }

    @Test func `what is left unprocessed is sent again`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load(Self.rows(0..<100)) { request in
            try table.answer(request, leaving: { number, id in number <= 6 && id.hasSuffix("3") })
        }
        #expect(outcome.rows == 100)
        #expect(outcome.failure == nil)
        #expect(table.items.count == 100)
    }

    @Test func `a table that never takes a row is given up, and the others count`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load(Self.rows(0..<25)) { request in
            try table.answer(request, leaving: { _, id in id == "7" })
        }
        #expect(outcome.rows == 24)
        guard case .stopped(let why)? = outcome.failure else {
            Issue.record("it went on")
            return
        }
        #expect(why == "t has left rows unprocessed 13 times in a row")
    }

    @Test func `a table that is short of capacity is waited for`() async throws {
        let table = Table()
        let throttled = Mutex(20)
        let (outcome, _) = try await Self.load(Self.rows(0..<50)) { request in
            let isThrottled = throttled.withLock { left in
                guard left > 0, request.operation == "BatchWriteItem" else { return false }
                left -= 1
                return true
            }
            guard isThrottled else { return try table.answer(request) }
            return ScriptedTransport.json(
                #"{"__type":"x#ProvisionedThroughputExceededException","message":"slow down"}"#, status: 400)
        }
        #expect(outcome.failure == nil)
        #expect(table.items.count == 50)
    }

    @Test func `of rows with one key the last one stays, in a batch and across batches`() async throws {
        let table = Table()
        let text = "1,a\n1,b\n" + Self.rows(2..<60) + "1,c\n2,z\n1,d\n"
        let (outcome, _) = try await Self.load(text) { try table.answer($0) }
        #expect(outcome.rows == 63)
        #expect(table.items["1"] == "d")
        #expect(table.items["2"] == "z")
    }

    @Test func `a bad row is named, and all before it are in the table`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load(Self.rows(0..<260) + "x,y\n" + Self.rows(261..<300)) {
            try table.answer($0)
        }
        #expect(outcome.rows == 260)
        guard case .row(let error)? = outcome.failure else {
            Issue.record("no row was named")
            return
        }
        #expect(error.position == TextPosition(line: 261, column: 1))
        #expect((0..<260).allSatisfy { table.items["\($0)"] != nil })
        #expect(table.items.count == 260)
    }

    @Test func `a refused row is named by its line, and all before it are in the table`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load(Self.rows(0..<500)) { try table.answer($0, refusing: ["130"]) }
        guard case .row(let error)? = outcome.failure else {
            Issue.record("no row was named")
            return
        }
        #expect(error.position == TextPosition(line: 131, column: 1))
        #expect(error.reason == "t refuses the row: ValidationException: too bad")
        #expect((0..<130).allSatisfy { table.items["\($0)"] != nil })
        #expect(outcome.rows == table.items.count)
    }

    @Test func `of two faults the first in the file is named`() async throws {
        let table = Table()
        let (outcome, _) = try await Self.load(Self.rows(0..<50) + "x,y\n") {
            try table.answer($0, refusing: ["49", "3"])
        }
        guard case .row(let error)? = outcome.failure else {
            Issue.record("no row was named")
            return
        }
        #expect(error.position.line == 4)
    }

    @Test func `a table that is not there stops it before the first row`() async throws {
        let (outcome, requests) = try await Self.load("1,a\n") { _ in
            ScriptedTransport.json(#"{"__type":"x#ResourceNotFoundException","message":"gone"}"#, status: 400)
        }
        #expect(outcome.rows == 0)
        #expect(requests.count == 1)
        guard case .stopped("ResourceNotFoundException: gone")? = outcome.failure else {
            Issue.record("\(String(describing: outcome.failure))")
            return
        }
    }
}

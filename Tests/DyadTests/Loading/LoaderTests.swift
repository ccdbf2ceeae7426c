import Dyad
import DyadClient
import DyadModel
import Testing

/// A CSV on its way into a table of a real server.
@Suite struct LoaderTests {
    private func load(
        _ text: String, into side: Side, columns: String? = nil, faults: FaultyTransport.Plan? = nil
    ) async throws -> TableLoader.Outcome {
        let client = try DynamoDBClient(ClientSettings(region: side.region, endpoint: side.server.endpoint)) {
            if let faults { FaultyTransport($0, faults) } else { $0 }
        }
        let loader = TableLoader(
            client: client, table: side.table, columns: try columns.map { try LoadColumn.list($0) })
        var rest = Array(text.utf8)[...]
        let outcome = await loader.load {
            defer { rest = rest.dropFirst(4096) }
            return Array(rest.prefix(4096))
        }
        await client.shutdown()
        return outcome
    }

    private func item(_ side: Side, _ key: String) async throws -> String? {
        guard let item = try await side.client.getItem(side.table, key: Array(key.utf8), isConsistent: true) else {
            return nil
        }
        return String(decoding: item, as: UTF8.self)
    }

    private func count(_ side: Side) async throws -> Int? {
        try await side.call("Scan", #"{"TableName": "\#(side.table)", "Select": "COUNT"}"#)["Count"]?.integer
    }

    private func rows(_ ids: Range<Int>) -> String { ids.map { "\($0),row \($0)\n" }.joined() }

    @Test func `rows become items, quotes and numbers and all`() async throws {
        try await withPair(keys: "id:N,host:S") { pair in
            let text = "id,host,n,note\r\n1.50,\"a,b\",1e2,\"say \"\"é\"\"\nand more\"\r\n2,c,-0,\r\n"
            let outcome = try await load(text, into: pair.source, columns: "id:N,host:S,n:N,note:S?")
            #expect(outcome.failure == nil)
            #expect(outcome.rows == 2)
            let first = try await item(pair.source, #"{"id": {"N": "1.5"}, "host": {"S": "a,b"}}"#)
            #expect(first?.contains(#""n":{"N":"100"}"#) == true)
            #expect(first?.contains(#""note":{"S":"say \"é\"\nand more"}"#) == true)
            let second = try await item(pair.source, #"{"id": {"N": "2"}, "host": {"S": "c"}}"#)
            #expect(second?.contains("note") == false)
            #expect(second?.contains(#""n":{"N":"0"}"#) == true)
        }
    }

    @Test(arguments: [FaultyTransport.Fault.halfUnprocessed, .allUnprocessed, .serverError, .throttled, .lostAnswer])
    func `a table that does not take everything at once gets it all`(fault: FaultyTransport.Fault) async throws {
        try await withPair { pair in
            let plan = FaultyTransport.Plan { operation, number in
                // A connection that breaks three times in a row is a dead one, and is not waited for.
                let isMet = fault == .lostAnswer ? number == 3 || number == 9 : number % 3 == 0 && number < 30
                return operation == "BatchWriteItem" && isMet ? fault : nil
            }
            let outcome = try await load(rows(0..<500), into: pair.source, columns: "id:S,v:S", faults: plan)
            #expect(outcome.failure == nil)
            #expect(outcome.rows == 500)
            #expect(plan.faultsMet >= 2)
            #expect(try await count(pair.source) == 500)
        }
    }

    @Test func `of rows with one key the last one stays`() async throws {
        try await withPair(keys: "id:N") { pair in
            let text = (0..<300).map { "\($0 % 2 == 0 ? "1.0" : "10e-1"),v\($0)\n" }.joined()
            let outcome = try await load(text, into: pair.source, columns: "id:N,v:S")
            #expect(outcome.rows == 300)
            #expect(try await count(pair.source) == 1)
            #expect(try await item(pair.source, #"{"id": {"N": "1"}}"#)?.contains("v299") == true)
        }
    }

    @Test func `a row that the table refuses is named, and all before it are there`() async throws {
        try await withPair { pair in
            let text = rows(0..<130) + ",an empty key\n" + rows(131..<300)
            let outcome = try await load(text, into: pair.source, columns: "id:S,v:S")
            guard case .row(let error)? = outcome.failure else {
                Issue.record("\(String(describing: outcome.failure))")
                return
            }
            #expect(error.position.line == 131)
            for id in [0, 77, 129] { #expect(try await item(pair.source, #"{"id": {"S": "\#(id)"}}"#) != nil) }
            #expect(try await count(pair.source) == outcome.rows)
        }
    }

    @Test func `rows of 300 KB are loaded`() async throws {
        try await withPair { pair in
            let filler = String(repeating: "x", count: 300_000)
            let text = (0..<12).map { "\($0),\(filler)\n" }.joined()
            let outcome = try await load(text, into: pair.source, columns: "id:S,v:S")
            #expect(outcome.rows == 12)
            #expect(outcome.failure == nil)
            #expect(try await count(pair.source) != nil)
        }
    }

    @Test func `a table that is not there is said`() async throws {
        try await withPair { pair in
            let nowhere = try Side(pair.source.server, "eu-west-1", "tlog")
            let outcome = try await load("1,a\n", into: nowhere, columns: "id:S,v:S")
            await nowhere.client.shutdown()
            guard case .stopped(let why)? = outcome.failure else {
                Issue.record("\(String(describing: outcome.failure))")
                return
            }
            #expect(why.hasPrefix("ResourceNotFoundException: "))
        }
    }
}

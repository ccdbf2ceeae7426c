import ArgumentParser
import DyadEngine
import DyadModel

/// An operation again and again, on the engine alone: for counting instructions, which a clock cannot.
struct Operations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run an operation COUNT times in this process: no sockets, a clock that stands still, always the same "
            + "inputs, one request after the other. Two counts under callgrind tell what one operation takes.")

    enum Name: String, CaseIterable, ExpressibleByArgument {
        case getItem = "GetItem"
        case putItem = "PutItem"
        case query = "Query"
    }

    @Argument(help: "GetItem, PutItem (500 bytes each) or Query (of 100 such items).")
    var operation: Name

    @Option(help: "How often.")
    var count = 1000

    func run() throws {
        let engine = try BenchedEngine()
        defer { engine.stop() }
        let bodies = Self.bodies(of: operation)
        for number in 0..<count { try engine.send(operation.rawValue, bodies[number % bodies.count]) }
    }

    /// Made before they are counted. Puts vary: what changes nothing is not written.
    private static func bodies(of operation: Name) -> [[UInt8]] {
        (0..<2 * BenchedEngine.itemCount).map { number in
            let key = BenchedEngine.key(number % BenchedEngine.itemCount)
            let body =
                switch operation {
                case .getItem: #"{"TableName":"bench","Key":{\#(key)}}"#
                case .putItem: BenchedEngine.put(number, variant: number / BenchedEngine.itemCount)
                case .query:
                    #"{"TableName":"bench","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}}"#
                }
            return Array(body.utf8)
        }
    }
}

/// An emulator in memory with a table of a hundred items in one partition.
private final class BenchedEngine {
    static let itemCount = 100
    private static let itemBytes = 500

    private let emulator: Emulator
    private let readers = Readers()
    private let scope = Scope(
        account: AccountID("123456789012") ?? { preconditionFailure("twelve digits") }(),
        region: RegionName("us-east-1"))

    init() throws {
        let clock = ManualClock()
        var settings = EngineSettings()
        settings.doesChoresUnasked = false
        emulator = try Emulator(.memory, clock: clock, settings: settings)
        let table = """
            {"TableName":"bench","BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}
            """
        try send("CreateTable", Array(table.utf8))
        clock.advance(by: 1000)
        // A chore gets done with each commit: the table gets ready.
        for _ in 0..<3 {
            try send("UntagResource", Array(#"{"ResourceArn":"\#(scope.tableARN("bench"))","TagKeys":["k"]}"#.utf8))
        }
        for number in 0..<Self.itemCount { try send("PutItem", Array(Self.put(number, variant: 2).utf8)) }
    }

    static func key(_ number: Int) -> String { #""pk":{"S":"p"},"sk":{"N":"\#(number)"}"# }

    static func put(_ number: Int, variant: Int) -> String {
        let padding = String(repeating: "x", count: itemBytes - 20)
        return
            #"{"TableName":"bench","Item":{\#(key(number % itemCount)),"v":{"N":"\#(variant)"},"text":{"S":"\#(padding)"}}}"#
    }

    func stop() { emulator.stop() }

    /// - Throws: what went wrong, if the answer is no success.
    func send(_ operation: String, _ body: [UInt8]) throws {
        guard let route = Catalogue.route(for: "DynamoDB_20120810.\(operation)") else {
            throw ValidationError("no operation \(operation)")
        }
        let answer = emulator.waitedAnswer(route, try JSONDocument(parsing: body), in: scope, on: readers)
        guard answer.status == 200 else { throw ValidationError(String(decoding: answer.body, as: UTF8.self)) }
    }
}

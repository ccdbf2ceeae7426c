import DyadEngine
import DyadModel

/// An emulator in memory with two tables of a hundred items each, all in one partition; the second has an index and a
/// stream.
final class CountedEngine {
    static let plainTable = "bench"
    static let indexedTable = "indexed"
    static let itemCount = 100
    private static let itemBytes = 500

    private let emulator: Emulator
    private let readers = Readers()
    private let scope: Scope

    init() throws {
        guard let account = AccountID("123456789012") else { throw Complaint("an account has twelve digits") }
        scope = Scope(account: account, region: RegionName("us-east-1"))
        let clock = ManualClock()
        var settings = EngineSettings()
        settings.doesChoresUnasked = false
        emulator = try Emulator(.memory, clock: clock, settings: settings)
        try makeTable(Self.plainTable, attributes: "", options: "")
        try makeTable(
            Self.indexedTable, attributes: #",{"AttributeName":"g","AttributeType":"S"}"#,
            options: """
                ,"GlobalSecondaryIndexes":[{"IndexName":"by-g","Projection":{"ProjectionType":"ALL"},
                "KeySchema":[{"AttributeName":"g","KeyType":"HASH"}]}],
                "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}
                """)
        clock.advance(by: 1000)
        // A chore gets done with each commit: the tables get ready.
        for _ in 0..<8 {
            let arn = scope.tableARN(Self.plainTable)
            try send("UntagResource", Array(#"{"ResourceArn":"\#(arn)","TagKeys":["k"]}"#.utf8))
        }
        for table in [Self.plainTable, Self.indexedTable] {
            for number in 0..<Self.itemCount {
                let item = Self.item(number, variant: 2)
                try send("PutItem", Array(#"{"TableName":"\#(table)","Item":\#(item)}"#.utf8))
            }
        }
    }

    private func makeTable(_ name: String, attributes: String, options: String) throws {
        let table = """
            {"TableName":"\(name)","BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},
            {"AttributeName":"sk","AttributeType":"N"}\(attributes)],
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]\(options)}
            """
        try send("CreateTable", Array(table.utf8))
    }

    /// The key's members; numbers beyond the items' begin anew.
    static func key(_ number: Int) -> String { #""pk":{"S":"p"},"sk":{"N":"\#(number % itemCount)"}"# }

    /// - Parameter variant: another one is another item, in the index too.
    static func item(_ number: Int, variant: Int) -> String {
        let padding = String(repeating: "x", count: itemBytes - 40)
        return
            #"{\#(key(number)),"a":{"N":"\#(variant)"},"g":{"S":"group-\#(variant)"},"text":{"S":"\#(padding)"}}"#
    }

    func stop() { emulator.stop() }

    /// - Throws: what went wrong, if the answer is no success.
    func send(_ operation: String, _ body: [UInt8]) throws {
        guard let route = Catalogue.route(for: "DynamoDB_20120810.\(operation)") else {
            throw Complaint("no operation \(operation)")
        }
        let answer = emulator.waitedAnswer(route, try JSONDocument(parsing: body), in: scope, on: readers)
        guard answer.status == 200 else { throw Complaint(String(decoding: answer.body, as: UTF8.self)) }
    }
}

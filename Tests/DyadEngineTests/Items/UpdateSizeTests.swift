import Testing

@testable import DyadEngine

/// Source: dynamodb-conformance, tests/tier3/limits/itemSizeBySurface.test.ts, measured in eu-west-2 in 2026: how long the
/// value of `b` may be beside other actions.
struct UpdateSizeTests {
    private static let most = 409_600
    private static let tooLarge = "ValidationException: Item size to update has exceeded the maximum allowed size"

    /// An update whose padding `:pad` is as long as it may be, and what it takes beside the padding.
    struct Charged: Sendable, CustomTestStringConvertible {
        let expression: String
        let charge: Int
        var values = ""
        var seed = ""

        var testDescription: String { expression }
    }

    /// 3 for the update, 19 for SET, 1 for the name of `b`.
    private static let alone = 23

    private static let ten = #"{"S":"yyyyyyyyyy"}"#

    private static let charged = [
        Charged(expression: "SET b = :pad", charge: alone),
        Charged(expression: "SET b = :pad, c = :c", charge: alone + 19 + 1 + 1, values: #",":c":{"S":"y"}"#),
        Charged(
            expression: "SET b = :pad, c = abcdefghij", charge: alone + 19 + 1 + 15 + 10,
            seed: #","abcdefghij":\#(ten)"#),
        Charged(
            expression: "SET b = :pad, c = m.a.z", charge: alone + 19 + 1 + 1 + 3 * 15,
            seed: #","m":{"M":{"a":{"M":{"z":\#(ten)}}}}"#),
        Charged(
            expression: "SET b = :pad, l = list_append(l, :c)", charge: alone + 19 + 1 + 37 + 16 + 3 + 1 + 10,
            values: #",":c":{"L":[\#(ten)]}"#, seed: #","l":{"L":[{"S":"e"}]}"#),
        Charged(
            expression: "SET b = :pad, n = n + :c", charge: alone + 19 + 1 + 34 + 16 + 2, values: #",":c":{"N":"1"}"#,
            seed: #","n":{"N":"12345678901234567890"}"#),
        Charged(
            expression: "SET b = :pad, n = n - :c", charge: alone + 19 + 1 + 37 + 16 + 2, values: #",":c":{"N":"1"}"#,
            seed: #","n":{"N":"1"}"#),
        Charged(
            expression: "SET b = :pad, c = if_not_exists(c, :c)", charge: alone + 19 + 1 + 39 + 16 + 10,
            values: #",":c":\#(ten)"#),
        Charged(
            expression: "SET b = :pad ADD abcdefghij :c", charge: alone + 19 + 10 + 2, values: #",":c":{"N":"1"}"#,
            seed: #","abcdefghij":{"N":"1"}"#),
        Charged(
            expression: "SET b = :pad ADD ss :c", charge: alone + 19 + 2 + 10, values: #",":c":{"SS":["yyyyyyyyyy"]}"#,
            seed: #","ss":{"SS":["ppppp"]}"#),
        Charged(expression: "SET b = :pad REMOVE r", charge: alone + 1 + 1, seed: #","r":{"S":"z"}"#),
        Charged(
            expression: "SET b = :pad REMOVE m.yyyyyyyyyy", charge: alone + 1 + 1 + 4 + 10,
            seed: #","m":{"M":{"yyyyyyyyyy":{"S":"r"}}}"#),
        Charged(
            expression: "SET b = :pad REMOVE l[10]", charge: alone + 1 + 1 + 4 + 2,
            seed: #","l":{"L":[\#(Array(repeating: #"{"S":"e"}"#, count: 11).joined(separator: ","))]}"#),
        Charged(
            expression: "SET b = :pad DELETE ss :c", charge: alone + 1 + 2,
            values: #",":c":{"SS":["qqqqqqqqqqqqqqqqqqqq"]}"#,
            seed: #","ss":{"SS":["ppppp","qqqqqqqqqqqqqqqqqqqq"]}"#),
        // Through a list index a byte more than the list as a whole, which is 3 and 1 for its element.
        Charged(expression: "SET b[0] = :pad", charge: 3 + 19 + 1 + 4 + 1, seed: #","b":{"L":[{"S":"x"}]}"#),
        Charged(expression: "SET b.leaf = :pad", charge: 3 + 19 + 1 + 4 + 4, seed: #","b":{"M":{"leaf":{"S":"x"}}}"#),
    ]

    private func update(
        _ region: TestRegion, _ key: String, _ charged: Charged, padding: Int, _ more: String = ""
    ) throws -> Reply {
        try region.ok("PutItem", #"{"TableName":"sized","Item":{"pk":{"S":"\#(key)"}\#(charged.seed)}}"#)
        return try region.send(
            "UpdateItem",
            #"{"TableName":"sized","Key":{"pk":{"S":"\#(key)"}},"UpdateExpression":"\#(charged.expression)"\#(more),"#
                + #""ExpressionAttributeValues":{":pad":{"S":"\#(String(repeating: "x", count: padding))"}\#(charged.values)}}"#
        )
    }

    @Test(arguments: charged)
    func `a lone update is charged for what it says`(_ charged: Charged) throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("sized"))
        let padding = Self.most - charged.charge
        #expect(try update(region, "K", charged, padding: padding).error == nil)
        #expect(try update(region, "L", charged, padding: padding + 1).error == Self.tooLarge)
    }

    @Test func `a finished item is as large as any other, whatever was charged`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("sized"))
        let key = String(repeating: "k", count: 100)
        let plain = Self.charged[0]
        #expect(try update(region, key, plain, padding: Self.most - 103).error == nil)
        #expect(try update(region, key, plain, padding: Self.most - 102).error == Self.tooLarge)
    }

    @Test func `a transaction and AttributeUpdates are measured by the finished item alone`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("sized"))
        func value(_ excess: Int) -> String { #"{"S":"\#(String(repeating: "x", count: Self.most - 4 + excess))"}"# }
        func legacy(_ excess: Int) throws -> Reply {
            try region.send(
                "UpdateItem",
                #"{"TableName":"sized","Key":{"pk":{"S":"A"}},"AttributeUpdates":{"b":{"Value":\#(value(excess))}}}"#)
        }
        func transacted(_ excess: Int) throws -> Reply {
            try region.send(
                "TransactWriteItems",
                #"{"TransactItems":[{"Update":{"TableName":"sized","Key":{"pk":{"S":"T"}},"UpdateExpression":"SET b = :v","#
                    + #""ExpressionAttributeValues":{":v":\#(value(excess))}}}]}"#)
        }
        #expect(try legacy(0).error == nil)
        #expect(try legacy(1).error == Self.tooLarge)
        #expect(try transacted(0).error == nil)
        #expect(try transacted(1).code == "TransactionCanceledException")
    }

    @Test func `the charge is told before the condition, and of what is not written too`() throws {
        let region = try TestRegion()
        try region.makeTable(onDemand("sized"))
        let huge = Charged(
            expression: "SET c = if_not_exists(c, :pad)", charge: 0, seed: #","c":{"S":"x"}"#)
        for condition in ["", #","ConditionExpression":"attribute_exists(nope)""#] {
            #expect(try update(region, "K", huge, padding: Self.most + 100, condition).error == Self.tooLarge)
        }
    }
}

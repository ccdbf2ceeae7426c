import Testing

@testable import DyadEngine

/// Quotas that no request comes near by chance.
struct TableQuotaTests {
    /// `count` indexes that project `each` attributes of their own.
    private func table(_ name: String, indexes count: Int, projecting each: Int, last: Int) -> String {
        let indexes = (0..<count).map { index in
            let attributes = (0..<(index == count - 1 ? last : each)).map { "\"x\(index)_\($0)\"" }
            return """
                {"IndexName":"index\(index)","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
                 "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":[\(attributes.joined(separator: ","))]}}
                """
        }
        return """
            {"TableName":"\(name)","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
             "AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST",
             "GlobalSecondaryIndexes":[\(indexes.joined(separator: ","))]}
            """
    }

    @Test func `all indexes of a table together project a hundred attributes`() throws {
        let region = try TestRegion()
        try region.ok("CreateTable", table("just", indexes: 5, projecting: 20, last: 20))
        let reply = try region.send("CreateTable", table("beyond", indexes: 6, projecting: 20, last: 1))
        #expect(
            reply.error
                == "ValidationException: One or more parameter values were invalid: "
                + "Number of NonKeyAttributes in all indexes exceeds per-table limit of 100")
    }

    @Test func `a region holds 2500 tables`() throws {
        let region = try TestRegion()
        func make(_ number: Int) -> String {
            """
            {"TableName":"t\(number)a","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
             "AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}
            """
        }
        for number in 0..<2500 {
            try region.ok("CreateTable", make(number))
            // AWS lets 500 be CREATING at a time.
            if number % 400 == 399 { try region.advance(by: 1000) }
        }
        #expect(
            try region.send("CreateTable", make(2500)).error
                == "LimitExceededException: Subscriber limit exceeded: There is a limit of 2500 tables per subscriber")
    }
}

import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct TableReferenceTests {
    private func call() throws -> Call {
        let scope = Scope(account: try #require(AccountID("123456789012")), region: RegionName("us-east-1"))
        let world = EngineWorld(clock: SystemClock(), identity: CountingIdentity(), settings: EngineSettings())
        return Call(scope: scope, in: world)
    }

    private func catalog(_ status: TableRecord.Status) -> Catalog {
        var table = TableRecord(
            name: "tlog", id: "1", space: SpaceID(rawValue: 1), createdAt: Timestamp(milliseconds: 0), attributes: [],
            key: KeySchema(partition: [], sort: []))
        table.status = status
        return Catalog(tables: [table])
    }

    @Test func `a table is found by its name and by its ARN`() throws {
        for text in ["tlog", "arn:aws:dynamodb:us-east-1:123456789012:table/tlog"] {
            #expect(try catalog(.active).table(text, call()).name == "tlog")
            #expect(try catalog(.updating).tableForItems(text, call()).name == "tlog")
        }
    }

    @Test(arguments: [TableRecord.Status.creating, .deleting])
    func `items of a table that is coming or going are not found`(_ status: TableRecord.Status) throws {
        #expect(throws: DynamoError.resourceNotFound("Requested resource not found")) {
            try catalog(status).tableForItems("tlog", call())
        }
        #expect(try catalog(status).table("tlog", call()).status == status)
    }

    @Test func `a missing table is named without its ARN`() throws {
        #expect(throws: DynamoError.resourceNotFound("Requested resource not found: Table: x not found")) {
            try catalog(.active).table("arn:aws:dynamodb:us-east-1:123456789012:table/x", call())
        }
    }

    @Test(arguments: [
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/x", "AWS region"),
        ("arn:aws-cn:dynamodb:us-east-1:123456789012:table/x", "AWS partition"),
        ("arn:aws:dynamodb:us-east-1:123456789012:backup/x", "resource type"),
    ])
    func `an ARN of elsewhere is refused`(_ arn: String, _ part: String) throws {
        #expect(throws: DynamoError.validation("1 validation error detected: Invalid \(part) in '\(arn)'")) {
            try catalog(.active).table(arn, call())
        }
    }
}

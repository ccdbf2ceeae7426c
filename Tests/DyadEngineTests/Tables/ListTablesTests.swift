import DyadModel
import DyadStore
import Testing

@testable import DyadEngine

struct ListTablesTests {
    @Test func `names come in the order of their bytes, and a cursor only when more follow`() throws {
        let region = try TestRegion()
        #expect(try region.ok("ListTables").text == #"{"TableNames":[]}"#)
        for name in ["bbb", "Zzz", "aaa"] { try region.ok("CreateTable", onDemand(name)) }
        #expect(try region.ok("ListTables", #"{"Limit":3}"#).text == #"{"TableNames":["Zzz","aaa","bbb"]}"#)
        #expect(
            try region.ok("ListTables", #"{"Limit":2}"#).text
                == #"{"TableNames":["Zzz","aaa"],"LastEvaluatedTableName":"aaa"}"#)
        #expect(
            try region.ok("ListTables", #"{"ExclusiveStartTableName":"aab"}"#).text == #"{"TableNames":["bbb"]}"#)
    }

    @Test func `a bad cursor breaks two rules at once`() throws {
        let region = try TestRegion()
        #expect(
            try region.send("ListTables", #"{"ExclusiveStartTableName":"a;"}"#).error
                == "ValidationException: 2 validation errors detected: Value 'a;' at 'exclusiveStartTableName' failed to "
                + "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at "
                + "'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater than or equal to 3"
        )
        #expect(
            try region.send("ListTables", #"{"Limit":101}"#).error
                == "ValidationException: 1 validation error detected: Value '101' at 'limit' failed to satisfy "
                + "constraint: Member must have value less than or equal to 100")
    }

    @Test func `limits and endpoints are AWS's own, or this server's`() throws {
        let region = try TestRegion("cn-north-1")
        #expect(
            try region.ok("DescribeLimits").text == """
                {"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,\
                "TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}
                """)
        #expect(
            try region.ok("DescribeEndpoints").text == """
                {"Endpoints":[{"Address":"dynamodb.cn-north-1.amazonaws.com.cn","CachePeriodInMinutes":1440}]}
                """)
        var settings = EngineSettings()
        settings.advertisedEndpoint = "127.0.0.1:8000"
        let own = try TestRegion(settings: settings)
        #expect(try own.ok("DescribeEndpoints").string("Endpoints.0.Address") == "127.0.0.1:8000")
    }
}

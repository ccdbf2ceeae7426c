import DyadModel
import Testing

@testable import DyadEngine

struct TagTests {
    let region: TestRegion
    private let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/things"

    init() throws {
        region = try TestRegion()
        try region.makeTable(onDemand("things", #", "Tags": [{"Key": "a", "Value": "1"}]"#))
    }

    private func tag(_ tags: String, _ resource: String? = nil) throws -> Reply {
        try region.send("TagResource", #"{"ResourceArn":"\#(resource ?? arn)","Tags":\#(tags)}"#)
    }

    /// An answer that has no body.
    private func bare(_ operation: String, _ members: String) throws -> Answer {
        try region.emulatorAnswer(operation, #"{"ResourceArn":"\#(arn)",\#(members)}"#)
    }

    private func untag(_ keys: String) throws -> Reply {
        try region.send("UntagResource", #"{"ResourceArn":"\#(arn)","TagKeys":\#(keys)}"#)
    }

    private func tags() throws -> String? {
        try region.ok("ListTagsOfResource", #"{"ResourceArn":"\#(arn)"}"#).json("Tags")
    }

    @Test func `tags are given, changed, listed and taken away`() throws {
        #expect(try tags() == #"[{"Key":"a","Value":"1"}]"#)
        let answer = try bare("TagResource", #""Tags":[{"Key":"b","Value":""},{"Key":"a","Value":"2"}]"#)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(try tags() == #"[{"Key":"a","Value":"2"},{"Key":"b","Value":""}]"#)
        #expect(try bare("UntagResource", #""TagKeys":["a","zzz"]"#).status == 200)
        #expect(try tags() == #"[{"Key":"b","Value":""}]"#)
    }

    @Test(arguments: [
        ("[]", "Atleast one Tag needs to be provided as Input."),
        (#"[{"Key":"","Value":"x"}]"#, "The Tag Key provided is invalid, Key: "),
        (#"[{"Value":"x"}]"#, "The Tag Key provided is invalid, Key: null"),
        (#"[{"Key":"x"}]"#, "The Tag Value provided is invalid, Value: null"),
        (#"[{"Key":"x","Value":"100%"}]"#, "The Tag Value provided is invalid, Value: 100%"),
        (#"[{"Key":"a,b","Value":"x"}]"#, "The Tag Key provided is invalid, Key: a,b"),
        (
            #"[{"Key":"ok","Value":"x"},{"Key":"aws:x","Value":"x"}]"#,
            "Tag Key cannot be prefixed with aws:, Key: aws:x"
        ),
        (
            #"[{"Key":"x","Value":"1"},{"Key":"x","Value":"2"}]"#,
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found x"
        ),
    ])
    func `tags are refused in AWS's words, and none of them is kept`(given: String, words: String) throws {
        #expect(try tag(given).error == "ValidationException: \(words)")
        #expect(try tags() == #"[{"Key":"a","Value":"1"}]"#)
    }

    @Test func `letters of any script are legal, 128 of them in a key and 256 in a value`() throws {
        let key = String(repeating: "ж", count: 128)
        let value = String(repeating: "表", count: 256)
        #expect(try bare("TagResource", #""Tags":[{"Key":"\#(key)","Value":"\#(value)"}]"#).status == 200)
        #expect(try tags()?.contains(value) == true)
        #expect(try tag(#"[{"Key":"x\#(key)","Value":""}]"#).message == "The Tag Key provided is invalid, Key: x\(key)")
        #expect(
            try tag(#"[{"Key":"x","Value":"x\#(value)"}]"#).message
                == "The Tag Value provided is invalid, Value: x\(value)")
    }

    @Test func `a table has 50 tags at most`() throws {
        let many = (0..<50).map { #"{"Key":"k\#($0)","Value":""}"# }.joined(separator: ",")
        let words = "Number of Tags exceed the current limit for the provided ResourceArn"
        #expect(try tag("[\(many)]").message == words)
        #expect(try tags() == #"[{"Key":"a","Value":"1"}]"#)
        let keys = (0..<51).map { #""k\#($0)""# }.joined(separator: ",")
        #expect(try untag("[\(keys)]").message == words)
        #expect(try untag("[]").message == "Atleast one Tag Key needs to be provided as Input.")
    }

    @Test(arguments: [
        ("", "ValidationException: Invalid TableArn"),
        (
            "a:b:c:d:e:f/g",
            "ValidationException: One or more parameter values were invalid: ARNs must start with 'arn:': a:b:c:d:e:f/g"
        ),
        (
            "arn:aws:dynamodb:us-west-2:123456789012:table/things",
            "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input arn:aws:dynamodb:us-west-2:123456789012:table/things"
        ),
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/things", "AccessDeniedException: Access is denied"
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/things/stream/2026-01-01T00:00:00.000",
            "ResourceNotFoundException: Requested resource not found: ResourceArn: arn:aws:dynamodb:us-east-1:123456789012:table/things/stream/2026-01-01T00:00:00.000 not found"
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/things/backup/0170",
            "ValidationException: One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: arn:aws:dynamodb:us-east-1:123456789012:table/things/backup/0170"
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/none",
            "ResourceNotFoundException: Requested resource not found: ResourceArn: arn:aws:dynamodb:us-east-1:123456789012:table/none not found"
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/things/index/x",
            "ValidationException: One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. Provided resource arn: arn:aws:dynamodb:us-east-1:123456789012:table/things/index/x"
        ),
    ])
    func `what is no table's ARN is refused, as ack-api-quirks 070, 071 and 101 tell`(resource: String, error: String)
        throws
    {
        #expect(try tag(#"[{"Key":"x","Value":"y"}]"#, resource).error == error)
    }

    @Test(arguments: [
        "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "DescribeContributorInsights",
    ])
    func `another account's tables are not to be asked for`(_ operation: String) throws {
        let other = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
        #expect(
            try region.send(operation, #"{"TableName":"\#(other)"}"#).error
                == "AccessDeniedException: Access is denied",
            "ack-api-quirks 011")
    }

    @Test func `tables are managed by names of three characters and more`() throws {
        let fault = "Value '' at 'tableName' failed to satisfy constraint: Member must "
        #expect(
            try region.send("DescribeTable", #"{"TableName":""}"#).error
                == "ValidationException: 2 validation errors detected: \(fault)have length greater than or equal to 3; "
                + "\(fault)satisfy regular expression pattern: [a-zA-Z0-9_.-]+", "ack-api-quirks 446")
        #expect(
            try region.send("UpdateTable", #"{"TableName":"ab","DeletionProtectionEnabled":true}"#).error
                == "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy "
                + "constraint: Member must have length greater than or equal to 3", "ack-api-quirks")
    }

    @Test func `backups and insights are off, and say so`() throws {
        let backups = try region.ok("DescribeContinuousBackups", #"{"TableName":"things"}"#)
        #expect(
            backups.json("ContinuousBackupsDescription")
                == #"{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}"#
        )
        #expect(
            try region.send("DescribeContinuousBackups", #"{"TableName":"none"}"#).error
                == "TableNotFoundException: Table not found: none")
        let insights = try region.ok("DescribeContributorInsights", #"{"TableName":"things"}"#)
        #expect(insights.text == #"{"TableName":"things","ContributorInsightsStatus":"DISABLED"}"#)
        #expect(
            try region.send("DescribeContributorInsights", #"{"TableName":"things","IndexName":""}"#).error
                == "ValidationException: IndexName must be at least 3 characters long and at most 255 characters long",
            "ack-api-quirks 446")
    }
}

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
        ("a:b:c:d:e:f/g", "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input a:b:c:d:e:f/g"),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/none",
            "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:123456789012:table/none not found"
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/things/index/x",
            "ValidationException: One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. Provided resource arn: arn:aws:dynamodb:us-east-1:123456789012:table/things/index/x"
        ),
    ])
    func `what is no table's ARN is refused`(resource: String, error: String) throws {
        #expect(try tag(#"[{"Key":"x","Value":"y"}]"#, resource).error == error)
    }

    @Test func `another account's tables are not to be asked for`() throws {
        let other = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
        #expect(try region.send("ListTagsOfResource", #"{"ResourceArn":"\#(other)"}"#).code == "AccessDeniedException")
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
    }
}

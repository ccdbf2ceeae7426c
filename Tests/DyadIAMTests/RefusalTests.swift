import Testing

@testable import DyadIAM

/// A request that AWS refuses, and its words.
struct Refusal: Sendable, CustomTestStringConvertible {
    let form: String
    let error: String
    var testDescription: String { String(form.prefix(100)) }

    init(_ form: String, _ error: String) {
        self.form = form
        self.error = error
    }

    private static let create = "Action=CreateRole&AssumeRolePolicyDocument=\(trust)&RoleName="
    private static let long = String(repeating: "a", count: 129)

    private static func constraint(_ member: String, _ words: String) -> String {
        "ValidationError 400: 1 validation error detected: Value at '\(member)' failed to satisfy constraint: Member must "
            + words
    }

    /// LocalStack's tests/aws/services/iam, recorded from AWS in February 2026, where they have it; what clients report.
    static let all = [
        Refusal("Action=GetRole&RoleName=none", "NoSuchEntity 404: The role with name none cannot be found."),
        Refusal("Action=DeleteRole&RoleName=none", "NoSuchEntity 404: The role with name none cannot be found."),
        Refusal(
            "Action=TagRole&RoleName=none&Tags.member.1.Key=a&Tags.member.1.Value=",
            "NoSuchEntity 404: The role with name none cannot be found."),
        Refusal("Action=Dance", "InvalidAction 400: Could not find operation Dance for version 2010-05-08"),
        Refusal(
            "Action=GetRole&Version=2009-01-01",
            "InvalidAction 400: Could not find operation GetRole for version 2009-01-01"),
        Refusal("RoleName=r", "MissingAction 400: The request must contain the parameter Action."),
        Refusal("Action=GetRole", constraint("roleName", "not be null")),
        Refusal(create, constraint("roleName", "have length greater than or equal to 1")),
        Refusal(create + long.prefix(65), constraint("roleName", "have length less than or equal to 64")),
        Refusal(
            create + "bad%2Fname",
            "ValidationError 400: The specified value for roleName is invalid. It must contain only alphanumeric "
                + "characters and/or the following: +=,.@_-"),
        Refusal("Action=CreateRole&RoleName=r", constraint("assumeRolePolicyDocument", "not be null")),
        Refusal(
            create + "r&Path=bad",
            "ValidationError 400: The specified value for path is invalid. It must begin and end with / and contain only "
                + "alphanumeric characters and/or / characters."),
        Refusal(
            create + "r&Description=%F0%9F%98%80",
            constraint(
                "description",
                #"satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*"#)),
        Refusal(create + "r&MaxSessionDuration=x", "MalformedInput 400: "),
        Refusal(
            create + "r&MaxSessionDuration=3599",
            constraint("maxSessionDuration", "have value greater than or equal to 3600")),
        Refusal(
            create + "r&MaxSessionDuration=43201",
            constraint("maxSessionDuration", "have value less than or equal to 43200")),
        Refusal(
            "Action=CreateRole&RoleName=&MaxSessionDuration=1",
            "ValidationError 400: 3 validation errors detected: Value at 'roleName' failed to satisfy constraint: Member "
                + "must have length greater than or equal to 1; Value at 'assumeRolePolicyDocument' failed to satisfy "
                + "constraint: Member must not be null; Value at 'maxSessionDuration' failed to satisfy constraint: Member "
                + "must have value greater than or equal to 3600"),
        Refusal(
            create + "r&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=A&Tags.member.2.Value=2",
            "InvalidInput 400: Duplicate tag keys found. Please note that Tag keys are case insensitive."),
        Refusal(
            create + "r&Tags.member.1.Key=\(long)&Tags.member.1.Value=",
            constraint("tags.1.member.key", "have length less than or equal to 128")),
        Refusal(
            create + "r&Tags.member.1.Key=a&Tags.member.1.Value=\(long)\(long)",
            constraint("tags.1.member.value", "have length less than or equal to 256")),
        Refusal(
            create + "r&Tags.member.1.Key=a%21&Tags.member.1.Value=",
            constraint("tags.1.member.key", #"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"#)),
        Refusal(
            create + "r" + (1...51).map { "&Tags.member.\($0).Key=k\($0)&Tags.member.\($0).Value=" }.joined(),
            constraint("tags", "have length less than or equal to 50")),
        Refusal(
            "Action=UntagRole&RoleName=r" + (1...51).map { "&TagKeys.member.\($0)=k\($0)" }.joined(),
            constraint("tagKeys", "have length less than or equal to 50")),
        Refusal("Action=ListRoles&MaxItems=0", constraint("maxItems", "have value greater than or equal to 1")),
        Refusal("Action=ListRoles&MaxItems=1001", constraint("maxItems", "have value less than or equal to 1000")),
        Refusal("Action=ListRoles&Marker=%21", "ValidationError 400: Invalid Marker."),
        Refusal(
            "Action=AttachRolePolicy&RoleName=r&PolicyArn=longpolicynamebutnoarn",
            "ValidationError 400: ARN longpolicynamebutnoarn is not valid."),
        Refusal(
            "Action=ListPolicies&Scope=None",
            constraint("scope", "satisfy enum value set: [All, AWS, Local]")),
        Refusal(
            "Action=GetPolicyVersion&VersionId=1&PolicyArn=arn:aws:iam::123456789012:policy/p",
            constraint("versionId", #"satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"#)),
        Refusal(
            "Action=GetPolicy&PolicyArn=arn:aws:iam::123456789012:policy/p",
            "NoSuchEntity 404: Policy arn:aws:iam::123456789012:policy/p was not found."),
    ]
}

@Suite struct RefusalTests {
    @Test(arguments: Refusal.all) func `what AWS refuses is refused in its words`(refusal: Refusal) async throws {
        let reply = try await TestIdentity().send(refusal.form)
        #expect(reply.error == refusal.error)
    }

    @Test func `a refusal has the form of the Query protocol`() async throws {
        let reply = try await TestIdentity().send("Action=GetRole&RoleName=a%3Cb%26c")
        #expect(reply.status == 400)
        let missing = try await TestIdentity().send("Action=GetRole&RoleName=r")
        #expect(
            missing.text
                == #"<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>"#
                + "<Code>NoSuchEntity</Code><Message>The role with name r cannot be found.</Message></Error>"
                + "<RequestId>the-id</RequestId></ErrorResponse>")
    }

    @Test func `what a client sends is escaped where it is answered`() async throws {
        let reply = try await TestIdentity().send("Action=%3Cb%3E%26%0D%01")
        #expect(
            reply["Message"]
                == "Could not find operation &lt;b&gt;&amp;&#13;\u{FFFD} for version 2010-05-08")
    }
}

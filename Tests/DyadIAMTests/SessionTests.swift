import DyadModel
import Testing

@testable import DyadIAM

@Suite struct SessionTests {
    private let identity = TestIdentity()
    private let assume = "Action=AssumeRole&RoleSessionName=s-1&RoleArn="
    private let role = "arn:aws:iam::123456789012:role/a/r"

    private func makeRole(_ rest: String = "") async throws { try await identity.makeRole("r", "&Path=%2Fa%2F\(rest)") }

    @Test func `whoever has the port calls as the account's root`() async throws {
        let reply = try await identity.send(
            "Action=GetCallerIdentity", region: "cn-north-1", account: "111122223333", key: "111122223333")
        #expect(
            reply.text == """
                <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>\
                <Arn>arn:aws-cn:iam::111122223333:root</Arn><UserId>111122223333</UserId>\
                <Account>111122223333</Account></GetCallerIdentityResult>\
                <ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></GetCallerIdentityResponse>
                """)
    }

    @Test func `a role is assumed, and its key is known again until it expires`() async throws {
        try await makeRole()
        let reply = try await identity.ok(assume + role)
        #expect(reply["Arn"] == "arn:aws:sts::123456789012:assumed-role/r/s-1")
        #expect(reply["Expiration"] == "2019-02-13T06:45:58Z")
        #expect(reply["SecretAccessKey"]?.utf8.count == 40)
        #expect(reply["SessionToken"]?.isEmpty == false)
        let id = try #require(reply["AssumedRoleId"])
        #expect(id.hasPrefix("AROA") && id.hasSuffix(":s-1"))
        let key = try #require(reply["AccessKeyId"])
        #expect(AccountID(accessKeyID: key)?.rawValue == "123456789012")

        identity.clock.advance(by: 3_599_999)
        let caller = try await identity.send("Action=GetCallerIdentity", region: "eu-west-1", key: key)
        #expect(caller["Arn"] == "arn:aws:sts::123456789012:assumed-role/r/s-1")
        #expect(caller["UserId"] == id)
        identity.clock.advance(by: 1)
        #expect(
            try await identity.send("Action=GetCallerIdentity", key: key).error
                == "ExpiredToken 403: The security token included in the request is expired")
    }

    @Test func `a key of another partition is not known`() async throws {
        try await makeRole()
        let key = try #require(try await identity.ok(assume + role)["AccessKeyId"])
        #expect(
            try await identity.send("Action=GetCallerIdentity", region: "cn-north-1", key: key).error
                == "InvalidClientTokenId 403: The security token included in the request is invalid.")
    }

    @Test func `a role of another account is assumed there`() async throws {
        try await makeRole()
        let reply = try await identity.send(assume + role, account: "111122223333")
        let key = try #require(reply["AccessKeyId"])
        #expect(AccountID(accessKeyID: key)?.rawValue == "123456789012")
        let caller = try await identity.send("Action=GetCallerIdentity", key: key)
        #expect(caller["Account"] == "123456789012")
    }

    @Test func `no session's key is another's, and those that ended are forgotten`() async throws {
        try await makeRole()
        var keys: Set<String> = []
        for _ in 0..<200 { keys.insert(try #require(try await identity.ok(assume + role)["AccessKeyId"])) }
        #expect(keys.count == 200)
        identity.clock.advance(by: 3_600_000)
        try await identity.ok(assume + role)
        let scope = Scope(account: try #require(AccountID("123456789012")), region: RegionName("aws-global"))
        let left = try await identity.documents.transact(in: scope) { (documents) throws(DynamoError) in
            try documents.documents(SessionRecord.kind).count
        }
        #expect(left == 1)
    }

    @Test func `a session lasts as long as the role lets it`() async throws {
        try await makeRole("&MaxSessionDuration=7200")
        let reply = try await identity.ok("\(assume)\(role)&DurationSeconds=7200")
        #expect(reply["Expiration"] == "2019-02-13T07:45:58Z")
        #expect(
            try await identity.send("\(assume)\(role)&DurationSeconds=7201").error
                == "ValidationError 400: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
        let key = try #require(reply["AccessKeyId"])
        #expect(
            try await identity.send("\(assume)\(role)&DurationSeconds=3601", key: key).error
                == "ValidationError 400: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                + "by role chaining")
    }

    /// LocalStack's tests/aws/services/sts/test_sts.py, recorded from AWS.
    @Test(arguments: [
        ("RoleArn=nothing-valid-in-here&RoleSessionName=abc", "nothing-valid-in-here is invalid"),
        ("RoleArn=arn::b:::something%2Ftest-role&RoleSessionName=abc", "arn::b:::something/test-role is invalid"),
        (
            "RoleArn=arn:aws:iam::123456789012:role%2Fr&RoleSessionName=Session1:2",
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member "
                + #"must satisfy regular expression pattern: [\w+=,.@-]*"#
        ),
        (
            "RoleArn=arn:aws:iam::123456789012:role%2Fr&RoleSessionName=s",
            "1 validation error detected: Value 's' at 'roleSessionName' failed to satisfy constraint: Member must have "
                + "length greater than or equal to 2"
        ),
        (
            "RoleArn=arn:aws:iam::123456789012:role%2Fr&RoleSessionName=abc&DurationSeconds=899",
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have "
                + "value greater than or equal to 900"
        ),
        (
            "RoleSessionName=abc",
            "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
        ),
    ])
    func `what cannot be assumed is refused in AWS's words`(form: String, message: String) async throws {
        let reply = try await identity.send("Action=AssumeRole&\(form)")
        #expect(reply.error == "ValidationError 400: \(message)")
    }

    @Test func `a role that is not there cannot be assumed`() async throws {
        try await makeRole()
        for arn in ["arn:aws:iam::123456789012:role/r", "arn:aws-cn:iam::123456789012:role/a/r"] {
            #expect(
                try await identity.send(assume + arn).error
                    == "AccessDenied 403: User: arn:aws:iam::123456789012:root is not authorized to perform: "
                    + "sts:AssumeRole on resource: \(arn)")
        }
    }

    @Test func `whoever has a provider's token assumes a role without a key`() async throws {
        try await identity.makeRole("r", region: "cn-north-1")
        var payload: [UInt8] = []
        Base64.encode(
            Array(#"{"sub":"me?","iss":"https://id.example.com/","aud":["sts.amazonaws.com"]}"#.utf8), into: &payload)
        let claims = String(decoding: payload.filter { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        let form = "Action=AssumeRoleWithWebIdentity&RoleSessionName=abc&RoleArn=arn:aws-cn:iam::123456789012:role%2Fr"
        let reply = try await identity.send("\(form)&WebIdentityToken=e30.\(claims).x", key: "")
        #expect(reply.error == nil)
        #expect(reply["SubjectFromWebIdentityToken"] == "me?")
        #expect(reply["Provider"] == "id.example.com/")
        #expect(reply["Audience"] == "sts.amazonaws.com")
        let key = try #require(reply["AccessKeyId"])
        let caller = try await identity.send("Action=GetCallerIdentity", region: "cn-north-1", key: key)
        #expect(caller["Arn"] == "arn:aws-cn:sts::123456789012:assumed-role/r/abc")
        #expect(
            try await identity.send("\(form)&WebIdentityToken=e30.x", key: "").error?.hasPrefix(
                "InvalidIdentityToken 400")
                == true)
    }
}

import DyadModel
import Testing

@testable import DyadIAM

@Suite struct RoleTests {
    private let identity = TestIdentity()

    @Test func `a role is answered as AWS does when it is made`() async throws {
        let reply = try await identity.ok(
            "Action=CreateRole&RoleName=r&Path=%2Fservice-role%2F&Description=d+1&MaxSessionDuration=7200"
                + "&AssumeRolePolicyDocument=\(trust)&Tags.member.1.Key=k&Tags.member.1.Value=a%3Ab",
            region: "cn-north-1")
        let id = try #require(reply["RoleId"])
        #expect(id.hasPrefix("AROA") && id.utf8.count == 21)
        #expect(
            reply.text == """
                <CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role>\
                <Path>/service-role/</Path><RoleName>r</RoleName><RoleId>\(id)</RoleId>\
                <Arn>arn:aws-cn:iam::123456789012:role/service-role/r</Arn><CreateDate>2019-02-13T05:45:58Z</CreateDate>\
                <AssumeRolePolicyDocument>\(trust)</AssumeRolePolicyDocument>\
                <Tags><member><Key>k</Key><Value>a:b</Value></member></Tags></Role></CreateRoleResult>\
                <ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></CreateRoleResponse>
                """)
        let read = try await identity.ok("Action=GetRole&RoleName=r", region: "cn-northwest-1")
        #expect(read["Description"] == "d 1")
        #expect(read["MaxSessionDuration"] == "7200")
        #expect(read["RoleLastUsed"] == "")
        #expect(read.text.hasPrefix("<GetRoleResponse xmlns="))
    }

    @Test func `partitions and accounts have roles of their own, regions have not`() async throws {
        try await identity.makeRole("r", region: "eu-west-1")
        #expect(try await identity.ok("Action=GetRole&RoleName=r", region: "us-west-2")["RoleName"] == "r")
        for (region, account) in [
            ("cn-north-1", "123456789012"), ("us-gov-west-1", "123456789012"), ("us-east-1", "111122223333"),
        ] {
            let reply = try await identity.send("Action=GetRole&RoleName=r", region: region, account: account)
            #expect(reply.error == "NoSuchEntity 404: The role with name r cannot be found.")
        }
    }

    @Test func `an action that answers nothing has no result`() async throws {
        try await identity.makeRole("r")
        let reply = try await identity.ok("Action=DeleteRole&RoleName=r")
        #expect(
            reply.text
                == #"<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>"#
                + "<RequestId>the-id</RequestId></ResponseMetadata></DeleteRoleResponse>")
        #expect(try await identity.send("Action=GetRole&RoleName=r").status == 404)
    }

    @Test func `a role that is there is not made again, in whatever case its name is written`() async throws {
        try await identity.makeRole("Role")
        let form = "Action=CreateRole&AssumeRolePolicyDocument=\(trust)&RoleName="
        for name in ["Role", "rOLE"] {
            let reply = try await identity.send(form + name)
            #expect(reply.error == "EntityAlreadyExists 409: Role with name \(name) already exists.")
        }
        #expect(try await identity.send("Action=GetRole&RoleName=role").status == 404)
    }

    @Test func `a role goes only when its policies are gone`() async throws {
        try await identity.makeRole("r")
        let named = "&RoleName=r&PolicyName=p"
        try await identity.ok("Action=PutRolePolicy\(named)&PolicyDocument=\(policy)")
        let managed = encoded("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        try await identity.ok("Action=AttachRolePolicy&RoleName=r&PolicyArn=\(managed)")
        #expect(
            try await identity.send("Action=DeleteRole&RoleName=r").error
                == "DeleteConflict 409: Cannot delete entity, must detach all policies first.")
        try await identity.ok("Action=DetachRolePolicy&RoleName=r&PolicyArn=\(managed)")
        #expect(
            try await identity.send("Action=DeleteRole&RoleName=r").error
                == "DeleteConflict 409: Cannot delete entity, must delete policies first.")
        try await identity.ok("Action=DeleteRolePolicy\(named)")
        try await identity.ok("Action=DeleteRole&RoleName=r")
    }

    @Test func `what an update does not name stays`() async throws {
        try await identity.makeRole("r", "&Description=first")
        try await identity.ok("Action=UpdateRole&RoleName=r&MaxSessionDuration=43200")
        var role = try await identity.ok("Action=GetRole&RoleName=r")
        #expect([role["Description"], role["MaxSessionDuration"]] == ["first", "43200"])
        try await identity.ok("Action=UpdateRole&RoleName=r&Description=second")
        role = try await identity.ok("Action=GetRole&RoleName=r")
        #expect([role["Description"], role["MaxSessionDuration"]] == ["second", "43200"])
        #expect(try await identity.ok("Action=UpdateRoleDescription&RoleName=r&Description=3")["Description"] == "3")
        try await identity.ok("Action=UpdateRole&RoleName=r&Description=")
        #expect(try await identity.ok("Action=GetRole&RoleName=r")["Description"] == nil)
        let everyone = encoded(
            #"{"Statement":{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","sts:TagSession"]}}"#)
        try await identity.ok("Action=UpdateAssumeRolePolicy&RoleName=r&PolicyDocument=\(everyone)")
        #expect(try await identity.ok("Action=GetRole&RoleName=r")["AssumeRolePolicyDocument"] == everyone)
    }

    @Test func `roles are listed in pages, in the order of their names, of a path`() async throws {
        for number in 0..<5 { try await identity.makeRole("r\(number)", number == 3 ? "&Path=%2Fa%2Fb%2F" : "") }
        var names: [[String]] = []
        var marker: String?
        repeat {
            let next = marker.map { "&Marker=\(encoded($0))" } ?? ""
            let page = try await identity.ok("Action=ListRoles&MaxItems=2\(next)")
            names.append(page.all("RoleName"))
            marker = page["Marker"]
            #expect(page["IsTruncated"] == (marker == nil ? "false" : "true"))
        } while marker != nil
        #expect(names == [["r0", "r1"], ["r2", "r3"], ["r4"]])
        #expect(try await identity.ok("Action=ListRoles&PathPrefix=%2Fa").all("RoleName") == ["r3"])
        #expect(try await identity.ok("Action=ListRoles&PathPrefix=%2Fc").all("RoleName") == [])
    }

    @Test func `a boundary is a policy that is there`() async throws {
        try await identity.makeRole("r")
        let own = try #require(
            try await identity.ok("Action=CreatePolicy&PolicyName=p&PolicyDocument=\(policy)")["Arn"])
        let form = "Action=PutRolePermissionsBoundary&RoleName=r&PermissionsBoundary="
        #expect(
            try await identity.send(form + encoded("\(own)x")).error
                == "NoSuchEntity 404: Scope ARN: \(own)x does not exist or is not attachable.")
        #expect(
            try await identity.send(form + "arn:aws:iam::123456789012:not_a_policy/x").error
                == "InvalidInput 400: ARN arn:aws:iam::123456789012:not_a_policy/x is not valid.")
        try await identity.ok(form + encoded(own))
        #expect(try await identity.ok("Action=GetRole&RoleName=r")["PermissionsBoundaryArn"] == own)
        let policies = try await identity.ok("Action=ListPolicies&PolicyUsageFilter=PermissionsBoundary")
        #expect(policies.all("Arn") == [own])
        try await identity.ok("Action=DeleteRolePermissionsBoundary&RoleName=r")
        #expect(try await identity.ok("Action=GetRole&RoleName=r")["PermissionsBoundaryArn"] == nil)
    }

    @Test func `there are no instance profiles`() async throws {
        try await identity.makeRole("r")
        let reply = try await identity.ok("Action=ListInstanceProfilesForRole&RoleName=r")
        #expect(reply["InstanceProfiles"] == "")
        #expect(reply["IsTruncated"] == "false")
    }

    @Test func `a role can be passed to the services that its trust policy names`() async throws {
        try await identity.makeRole("r", "&Path=%2Fa%2F", region: "cn-north-1")
        let scope = Scope(account: try #require(AccountID("123456789012")), region: RegionName("cn-northwest-1"))
        let directory = identity.directory
        let arn = "arn:aws-cn:iam::123456789012:role/a/r"
        #expect(await directory.hasRole(arn, in: scope))
        #expect(await directory.canPass(arn, to: "lambda.amazonaws.com", in: scope) == .passed)
        #expect(await directory.canPass(arn, to: "ec2.amazonaws.com", in: scope) == .refused)
        for other in [
            "arn:aws-cn:iam::123456789012:role/r", "arn:aws-cn:iam::123456789012:role/a/R", "r",
            "arn:aws:iam::123456789012:role/a/r", "arn:aws-cn:iam::111122223333:role/a/r",
        ] {
            #expect(await directory.canPass(other, to: "lambda.amazonaws.com", in: scope) == .absent)
        }
    }
}

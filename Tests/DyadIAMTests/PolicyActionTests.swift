import Testing

@testable import DyadIAM

@Suite struct PolicyActionTests {
    private let identity = TestIdentity()

    @Test func `an inline policy is answered as it was sent`() async throws {
        try await identity.makeRole("r")
        try await identity.ok("Action=PutRolePolicy&RoleName=r&PolicyName=b&PolicyDocument=\(policy)")
        try await identity.ok("Action=PutRolePolicy&RoleName=r&PolicyName=a&PolicyDocument=\(policy)")
        let other = encoded(#"{"Statement":{"Effect":"Deny","Action":"a:b","Resource":"*"}}"#)
        try await identity.ok("Action=PutRolePolicy&RoleName=r&PolicyName=b&PolicyDocument=\(other)")
        let found = try await identity.ok("Action=GetRolePolicy&RoleName=r&PolicyName=b")
        #expect(found["PolicyDocument"] == other)
        #expect([found["RoleName"], found["PolicyName"]] == ["r", "b"])
        let page = try await identity.ok("Action=ListRolePolicies&RoleName=r&MaxItems=1")
        #expect(page.all("member") == ["a"])
        let next = try await identity.ok("Action=ListRolePolicies&RoleName=r&Marker=\(encoded(page["Marker"] ?? ""))")
        #expect(next.all("member") == ["b"])
        #expect(next["IsTruncated"] == "false")
        try await identity.ok("Action=DeleteRolePolicy&RoleName=r&PolicyName=b")
        for action in ["GetRolePolicy", "DeleteRolePolicy"] {
            #expect(
                try await identity.send("Action=\(action)&RoleName=r&PolicyName=b").error
                    == "NoSuchEntity 404: The role policy with name b cannot be found.")
        }
    }

    @Test func `quotas count no white space`() async throws {
        try await identity.makeRole("r")
        func document(_ size: Int) -> String {
            let fixed =
                #"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"a:b","Resource":"*"}]}"#
            let id = String(repeating: "x", count: size - fixed.utf8.count)
            return encoded(fixed.replacing(#""Sid":"""#, with: "\"Sid\":\t \n\"\(id)\""))
        }
        let put = "Action=PutRolePolicy&RoleName=r&PolicyName="
        try await identity.ok("\(put)a&PolicyDocument=\(document(6000))")
        try await identity.ok("\(put)b&PolicyDocument=\(document(4240))")
        #expect(
            try await identity.send("\(put)b&PolicyDocument=\(document(4241))").error
                == "LimitExceeded 409: Maximum policy size of 10240 bytes exceeded for role r")
        let create = "Action=CreatePolicy&PolicyName=p&PolicyDocument="
        #expect(
            try await identity.send(create + document(6145)).error
                == "LimitExceeded 409: Cannot exceed quota for PolicySize: 6144")
        try await identity.ok(create + document(6144))
        let long = encoded(
            #"{"Statement":{"Sid":"\#(String(repeating: "x", count: 2000))","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#
        )
        #expect(
            try await identity.send("Action=UpdateAssumeRolePolicy&RoleName=r&PolicyDocument=\(long)").error
                == "LimitExceeded 409: Cannot exceed quota for ACLSizePerRole: 2048")
    }

    @Test func `managed policies are attached once, listed and detached`() async throws {
        try await identity.makeRole("r")
        let own = try #require(
            try await identity.ok("Action=CreatePolicy&PolicyName=p&Path=%2Fx%2F&PolicyDocument=\(policy)")["Arn"])
        #expect(own == "arn:aws:iam::123456789012:policy/x/p")
        let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        for arn in [own, basic, basic] {
            try await identity.ok("Action=AttachRolePolicy&RoleName=r&PolicyArn=\(encoded(arn))")
        }
        let list = "Action=ListAttachedRolePolicies&RoleName=r"
        #expect(try await identity.ok(list).all("PolicyArn") == [own, basic])
        #expect(
            try await identity.ok("\(list)&PathPrefix=%2Fservice-role%2F").all("PolicyName") == [
                "AWSLambdaBasicExecutionRole"
            ])
        #expect(try await identity.ok("Action=GetPolicy&PolicyArn=\(encoded(own))")["AttachmentCount"] == "1")
        #expect(try await identity.ok("Action=ListPolicies&OnlyAttached=true").all("Arn") == [own])
        #expect(try await identity.ok("Action=ListPolicies&Scope=AWS").all("Arn") == [])
        let entities = try await identity.ok("Action=ListEntitiesForPolicy&PolicyArn=\(encoded(own))")
        #expect(entities.all("RoleName") == ["r"])
        #expect(
            try await identity.send("Action=DeletePolicy&PolicyArn=\(encoded(own))").error
                == "DeleteConflict 409: Cannot delete a policy attached to entities.")
        try await identity.ok("Action=DetachRolePolicy&RoleName=r&PolicyArn=\(encoded(own))")
        #expect(
            try await identity.send("Action=DetachRolePolicy&RoleName=r&PolicyArn=\(encoded(own))").error
                == "NoSuchEntity 404: Policy \(own) was not found.")
        try await identity.ok("Action=DeletePolicy&PolicyArn=\(encoded(own))")
        for arn in [own, "arn:aws-cn:iam::aws:policy/x", "arn:aws:iam::111122223333:policy/p"] {
            #expect(
                try await identity.send("Action=AttachRolePolicy&RoleName=r&PolicyArn=\(encoded(arn))").error
                    == "NoSuchEntity 404: Policy \(arn) does not exist or is not attachable.")
        }
    }

    @Test func `a role has ten managed policies at most`() async throws {
        try await identity.makeRole("r")
        let attach = "Action=AttachRolePolicy&RoleName=r&PolicyArn=arn:aws:iam::aws:policy/p"
        for number in 0..<10 { try await identity.ok("\(attach)\(number)") }
        #expect(
            try await identity.send("\(attach)10").error
                == "LimitExceeded 409: Cannot exceed quota for PoliciesPerRole: 10")
    }

    @Test func `a policy has versions, of which one counts`() async throws {
        let arn = try #require(
            try await identity.ok("Action=CreatePolicy&PolicyName=p&PolicyDocument=\(policy)")["Arn"])
        let named = "&PolicyArn=\(encoded(arn))"
        #expect(
            try await identity.send("Action=CreatePolicy&PolicyName=P&PolicyDocument=\(policy)").error
                == "EntityAlreadyExists 409: A policy called P already exists. Duplicate names are not allowed.")
        let create = "Action=CreatePolicyVersion\(named)&PolicyDocument=\(policy)"
        let second = try await identity.ok("\(create)&SetAsDefault=true")
        #expect([second["VersionId"], second["IsDefaultVersion"], second["Document"]] == ["v2", "true", nil])
        for _ in 3...5 { try await identity.ok(create) }
        #expect(
            try await identity.send(create).error
                == "LimitExceeded 409: A managed policy can have up to 5 versions. Before you create a new version, you "
                + "must delete an existing version.")
        #expect(
            try await identity.send("Action=DeletePolicyVersion\(named)&VersionId=v2").error
                == "DeleteConflict 409: Cannot delete the default version of a policy.")
        #expect(
            try await identity.send("Action=DeletePolicy\(named)").error?.hasPrefix(
                "DeleteConflict 409: This policy has more than one version.") == true)
        try await identity.ok("Action=DeletePolicyVersion\(named)&VersionId=v5")
        #expect(try await identity.ok(create)["VersionId"] == "v6")
        try await identity.ok("Action=SetDefaultPolicyVersion\(named)&VersionId=v1")
        let versions = try await identity.ok("Action=ListPolicyVersions\(named)")
        #expect(versions.all("VersionId") == ["v6", "v4", "v3", "v2", "v1"])
        #expect(versions.all("IsDefaultVersion") == ["false", "false", "false", "false", "true"])
        #expect(try await identity.ok("Action=GetPolicyVersion\(named)&VersionId=v1")["Document"] == policy)
        #expect(
            try await identity.send("Action=GetPolicyVersion\(named)&VersionId=v9").error
                == "NoSuchEntity 404: Policy \(arn) version v9 does not exist or is not attachable.")
    }

    @Test func `tags are added, replaced, listed in order and taken away`() async throws {
        try await identity.makeRole("r", "&Tags.member.1.Key=b&Tags.member.1.Value=1")
        try await identity.ok(
            "Action=TagRole&RoleName=r&Tags.member.1.Key=B&Tags.member.1.Value=&Tags.member.2.Key=a&Tags.member.2.Value=2"
        )
        let first = try await identity.ok("Action=ListRoleTags&RoleName=r&MaxItems=1")
        #expect(first.all("Key") == ["B"])
        let rest = try await identity.ok("Action=ListRoleTags&RoleName=r&Marker=\(encoded(first["Marker"] ?? ""))")
        #expect(rest.all("Key") == ["a"])
        try await identity.ok("Action=UntagRole&RoleName=r&TagKeys.member.1=b&TagKeys.member.2=none")
        #expect(try await identity.ok("Action=ListRoleTags&RoleName=r").all("Key") == ["a"])
        let many = (1...50).map { "&Tags.member.\($0).Key=k\($0)&Tags.member.\($0).Value=" }.joined()
        #expect(
            try await identity.send("Action=TagRole&RoleName=r\(many)").error?.hasPrefix("LimitExceeded 409") == true)
    }

    @Test func `keys of a policy's tags differ by case`() async throws {
        let tags = "&Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=A&Tags.member.2.Value=2"
        let arn = try #require(
            try await identity.ok("Action=CreatePolicy&PolicyName=p&PolicyDocument=\(policy)\(tags)")["Arn"])
        let named = "&PolicyArn=\(encoded(arn))"
        #expect(try await identity.ok("Action=ListPolicyTags\(named)").all("Key") == ["A", "a"])
        try await identity.ok("Action=UntagPolicy\(named)&TagKeys.member.1=a")
        try await identity.ok("Action=TagPolicy\(named)&Tags.member.1.Key=c&Tags.member.1.Value=3")
        #expect(try await identity.ok("Action=GetPolicy\(named)").all("Key") == ["A", "c"])
    }
}

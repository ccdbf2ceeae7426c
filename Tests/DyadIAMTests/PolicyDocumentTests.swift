import Testing

@testable import DyadIAM

/// A document that AWS refuses, and its words: recorded by LocalStack's tests/aws/services/iam/test_iam_policies.py and
/// test_iam_roles.py in February 2026, the documents by moto's tests/test_iam/test_iam_policies.py.
struct BadDocument: Sendable, CustomTestStringConvertible {
    let document: String
    let message: String
    var testDescription: String { String(document.prefix(120)) }

    init(_ document: String, _ message: String) {
        self.document = document
        self.message = message
    }

    /// A statement alone, in a document of the newest version.
    fileprivate static func of(_ statement: String, _ message: String) -> BadDocument {
        BadDocument(#"{"Version":"2012-10-17","Statement":\#(statement)}"#, message)
    }

    private static let syntax = "Syntax errors in policy."
    private static let version = "Policy document must be version 2012-10-17 or greater."
    private static let legacy = "The policy failed legacy parsing"
    private static let actions = "Policy statement must contain actions."
    private static let resources = "Policy statement must contain resources."
    private static let good = #"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}"#

    private static func resource(_ resource: String, _ message: String) -> BadDocument {
        of(#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":\#(resource)}"#, message)
    }

    private static func action(_ action: String, _ message: String) -> BadDocument {
        of(#"{"Effect":"Allow","Action":"\#(action)","Resource":"*"}"#, message)
    }

    private static func condition(_ condition: String, _ message: String) -> BadDocument {
        of(#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":\#(condition)}"#, message)
    }

    static let managed = [
        BadDocument("This is not a json document", syntax),
        BadDocument(#"{"Statement":\#(good)}"#, version),
        BadDocument(#"{"Version":"2008-10-17","Statement":\#(good)}"#, version),
        BadDocument(#"{"Version":"2013-10-17","Statement":\#(good)}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17"}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17","Statement":["afd"]}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17","Statement":[]}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17","Statement":\#(good),"Extra field":"value"}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17","Id":["x"],"Statement":\#(good)}"#, syntax),
        BadDocument(#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":\#(good)}"#, syntax),
        of(#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Extra field":"value"}"#, syntax),
        of(#"{"Effect":"invalid","Action":"s3:ListBucket","Resource":"*"}"#, syntax),
        of(#"{"Action":"s3:ListBucket","Resource":"*"}"#, syntax),
        of(#"{"Effect":"Allow","NotAction":"s3s:ListBucket","Action":[],"Resource":"*"}"#, syntax),
        of(#"{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":[]}"#, syntax),
        of(#"{"Effect":"Allow","Action":{},"Resource":"*"}"#, syntax),
        of(#"{"Effect":"Deny","Action":[[]],"Resource":"*"}"#, syntax),
        of(#"{"Effect":"Allow","Action":"a:b","Resource":"*","Sid":{}}"#, syntax),
        of(
            #"{"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"}"#,
            "Policy document should not specify a principal."),
        of(#"{"Effect":"allow","Action":"s3:ListBucket","Resource":"*"}"#, legacy),
        action("invalid", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        action("", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        action("a a:ListBucket", "Vendor a a is not valid"),
        action("s3:List:Bucket", "Actions/Condition can contain only one colon."),
        of(#"{"Effect":"Allow","Resource":"*"}"#, actions),
        of(#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, actions),
        of(#"[{"Effect":"Deny"},\#(good)]"#, actions),
        of(#"{"Effect":"Allow","Action":"s3:ListBucket"}"#, resources),
        of(#"{"Effect":"Allow","Action":"invalid"}"#, resources),
        resource("[]", resources),
        resource(#""invalid resource""#, #"Resource invalid resource must be in ARN format or "*"."#),
        resource(#""""#, #"Resource  must be in ARN format or "*"."#),
        resource(#"["adf"]"#, #"Resource adf must be in ARN format or "*"."#),
        resource(#""a:bsdfdsafsad""#, #"Partition "bsdfdsafsad" is not valid for resource "arn:bsdfdsafsad:*:*:*:*"."#),
        resource(#""a:b:cadfsdf""#, #"Partition "b" is not valid for resource "arn:b:cadfsdf:*:*:*"."#),
        resource(#""a:b:c:d:e:f:g:h""#, #"Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h"."#),
        resource(
            #""aws:s3:::example_bucket""#, #"Partition "s3" is not valid for resource "arn:s3:::example_bucket:*"."#),
        resource(
            #"["arn:error:s3:::example_bucket","arn:error:s3::example_bucket"]"#,
            #"Partition "error" is not valid for resource "arn:error:s3:::example_bucket"."#),
        resource(#""arn:aws:s3::example_bucket""#, legacy),
        resource(#""arn:aws""#, "Resource vendor must be fully qualified and cannot contain regexes."),
        resource(
            #""arn:aws:iam:::example_bucket""#,
            "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, "
                + "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
                + "report/, access-report/."),
        resource(
            #""arn:aws:iam:us-east-1::example_bucket""#,
            "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information."),
        resource(
            #""arn:aws:s3:us-east-1::example_bucket""#,
            "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information."),
        condition("[]", syntax), condition(#""a""#, syntax), condition(#"{"a":"b"}"#, syntax),
        condition(#"{"DateGreaterThan":"b"}"#, syntax), condition(#"{"a":{"b":"c"}}"#, syntax),
        condition(#"{"DateGreaterThan":{"a":"01T"}}"#, legacy), condition(#"{"DateGreaterThan":{"a":"1x"}}"#, legacy),
        condition(#"{"DateLessThanIfExists":{"a":"2018-13-01"}}"#, legacy),
        of(
            #"[{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"a:b","Resource":"*"}]"#,
            "Statement IDs (SID) in a single policy must be unique."),
    ]

    static let trust = [
        BadDocument("{invalid", "This policy contains invalid Json"),
        BadDocument("[]", "This policy contains invalid Json"),
        BadDocument("{}", "Missing required field Statement"),
        of("[]", "Could not parse the policy: Statement is empty!"),
        of(#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal"),
        of(
            #"{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}"#,
            "Missing required field Principal cannot be empty!"),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":[]},"Action":"sts:AssumeRole"}"#,
            "Missing required field Principal cannot be empty!"),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:AssumeRole"}"#,
            #"Invalid principal in policy: "AWS":"x""#),
        of(
            #"{"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"}"#,
            #"Invalid principal in policy: "SERVICE":"lambda""#),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions."),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","ec2:Run"]}"#,
            "AssumeRole policy may only specify STS AssumeRole actions."),
        of(#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#, "Missing required field Action"),
        of(#"{"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#, "Missing required field Effect"),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}"#,
            "Has prohibited field Resource"),
        of(
            #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","NotResource":"*"}"#,
            "AssumeRole policy must not contain resources."),
        of(
            #"{"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#,
            "Allow with NotPrincipal is not allowed."),
    ]
}

@Suite struct PolicyDocumentTests {
    @Test(arguments: BadDocument.managed) func `a policy is refused in AWS's words`(bad: BadDocument) {
        #expect(throws: QueryError.malformedPolicy(bad.message)) { try IdentityPolicy.check(bad.document, .managed) }
    }

    @Test(arguments: BadDocument.trust) func `a trust policy is refused in AWS's words`(bad: BadDocument) {
        #expect(throws: QueryError.malformedPolicy(bad.message)) { _ = try TrustPolicy(checking: bad.document) }
    }

    @Test(arguments: [
        #"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::example_bucket"}"#,
        #"{"Effect":"Allow","Action":["*"],"NotResource":["*"]}"#,
        #"[{"Sid":"","Effect":"Allow","NotAction":"iam:*","Resource":"*"},{"Sid":"","Effect":"Deny","Action":"*","Resource":"*"}]"#,
        #"{"Effect":"Allow","Action":"iam:PassRole","Resource":["arn:aws:iam::123456789012:role/x","arn:aws:iam::*:*"]}"#,
        #"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws-cn:dynamodb:cn-north-1:123456789012:table/t"}"#,
        #"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateGreaterThan":{"a":["2026-11-28T02:41:00Z","1795833660"]},"Bool":{"b":true},"ForAnyValue:StringLikeIfExists":{"c":["x*"]},"Nothing":{}}}"#,
    ])
    func `a policy that AWS takes is taken`(statement: String) throws {
        try IdentityPolicy.check(#"{"Version":"2012-10-17","Id":"x","Statement":\#(statement)}"#, .managed)
    }

    @Test func `an inline policy may be of the first version, or of none`() throws {
        let statement = #"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}"#
        for version in ["", #""Version":"2008-10-17","#] {
            try IdentityPolicy.check("{\(version)\"Statement\":\(statement)}", .inline)
        }
    }

    @Test(arguments: [
        #"{"AWS":["123456789012","arn:aws-cn:iam::123456789012:root","arn:aws:sts::123456789012:assumed-role/r/s"]}"#,
        #""*""#, #"{"Service":["lambda.amazonaws.com","ec2.amazonaws.com.cn"]}"#,
        #"{"Federated":"arn:aws:iam::123456789012:oidc-provider/x"}"#,
    ])
    func `a principal that AWS takes is taken`(principal: String) throws {
        _ = try TrustPolicy(
            checking: #"""
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(principal),
                "Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:TagSession"],
                "Condition":{"StringEquals":{"a":"b"}}}]}
                """#)
    }

    @Test func `a trust policy admits the services that it names and does not deny`() throws {
        func admits(_ service: String, _ statements: String) throws -> Bool {
            try TrustPolicy(checking: "{\"Statement\":[\(statements)]}").admits(service: service)
        }
        func statement(_ effect: String, _ principal: String) -> String {
            #"{"Effect":"\#(effect)","Principal":\#(principal),"Action":"sts:AssumeRole"}"#
        }
        let lambda = statement("Allow", #"{"Service":["lambda.amazonaws.com"]}"#)
        #expect(try admits("lambda.amazonaws.com", lambda))
        #expect(try admits("lambda.amazonaws.com", statement("Allow", #"{"Service":"lambda.amazonaws.com.cn"}"#)))
        #expect(try admits("lambda.amazonaws.com", statement("Allow", #""*""#)))
        #expect(try !admits("ec2.amazonaws.com", lambda))
        #expect(
            try !admits(
                "lambda.amazonaws.com", lambda + "," + statement("Deny", #"{"Service":"lambda.amazonaws.com"}"#)))
    }
}

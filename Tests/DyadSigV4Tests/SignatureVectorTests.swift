import DyadSigV4
import Testing

/// AWS's published vectors (aws-sig-v4-test-suite): requests of one moment, one key and a service named "service".
struct SignatureVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var target = "/"
        var headers: [(String, String)] = []
        var body = ""
        var signedHeaders = "host;x-amz-date"
        let signature: String
        var testDescription: String { name }
    }

    static let vectors = [
        Vector(name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "get-vanilla-query-order-key-case", target: "/?Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Vector(
            name: "get-vanilla-query-order-value", target: "/?Param1=value2&Param1=value1",
            signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
        Vector(
            name: "get-vanilla-utf8-query", target: "/?\u{1234}=bar",
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        Vector(
            name: "get-unreserved", target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        Vector(
            name: "get-slashes", target: "//example//",
            signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
        Vector(
            name: "get-relative", target: "/example/..",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "get-header-key-duplicate",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            signedHeaders: "host;my-header1;x-amz-date",
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        Vector(
            name: "get-header-value-order",
            headers: [
                ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"), ("My-Header1", "value2"),
            ], signedHeaders: "host;my-header1;x-amz-date",
            signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
        Vector(
            name: "get-header-value-trim", headers: [("My-Header1", " value1"), ("My-Header2", "\"a   b   c\"")],
            signedHeaders: "host;my-header1;my-header2;x-amz-date",
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Vector(
            name: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Vector(
            name: "post-x-www-form-urlencoded", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "Param1=value1",
            signedHeaders: "content-type;host;x-amz-date",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ]

    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// 2015-08-30T12:36:00Z
    static let moment: Int64 = 1_440_938_160

    @Test(arguments: vectors)
    func `a published request gets its published signature`(_ vector: Vector) {
        let headers =
            [(name: "Host", value: "example.amazonaws.com")] + vector.headers.map { (name: $0.0, value: $0.1) }
        let added = Signer(region: "us-east-1", service: "service").headers(
            signing: vector.method, target: vector.target, headers: headers, body: Array(vector.body.utf8),
            with: Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret), at: Self.moment)
        #expect(
            added.first { $0.name == "Authorization" }?.value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=\(vector.signedHeaders), Signature=\(vector.signature)")
        #expect(added.first { $0.name == "x-amz-date" }?.value == "20150830T123600Z")
    }

    @Test(arguments: vectors)
    func `a published request is verified`(_ vector: Vector) throws {
        let authorization =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            + "SignedHeaders=\(vector.signedHeaders), Signature=\(vector.signature)"
        let headers =
            [
                (name: "Host", value: "example.amazonaws.com"), (name: "X-Amz-Date", value: "20150830T123600Z"),
                (name: "Authorization", value: authorization),
            ] + vector.headers.map { (name: $0.0, value: $0.1) }
        let scope = try Verifier(service: "service").verify(
            method: vector.method, target: vector.target, headers: headers, body: Array(vector.body.utf8),
            at: Self.moment + 60, region: "us-east-1", secret: { $0 == "AKIDEXAMPLE" ? Self.secret : nil })
        #expect(scope.region == "us-east-1")
    }

    /// Expected values: botocore 1.43 (`SigV4Auth`), the same inputs.
    @Test(arguments: [
        (
            "dynamodb.cn-north-1.amazonaws.com.cn", String?.none,
            "content-type;host;x-amz-date;x-amz-target",
            "cce4bed60bf1cb460acd748d60a02f3f64577a4475d3092872dfdc042a008128"
        ),
        (
            "127.0.0.1:8000", "FQoGZXIvYXdzEXAMPLE//token=",
            "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
            "cb55a4f005723d4d78497b181b881a2100ff16d5d68df8776b6f4d59736f08b3"
        ),
    ])
    func `a PutItem is signed as botocore signs it`(host: String, token: String?, signed: String, signature: String) {
        let body = #"{"TableName":"tlog","Item":{"requestid":{"N":"1"},"host":{"S":"66.249.67.3 北京"}}}"#
        let added = Signer(region: "cn-north-1", service: "dynamodb").headers(
            signing: "POST", target: "/",
            headers: [
                ("host", host), ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", "DynamoDB_20120810.PutItem"),
            ], body: Array(body.utf8),
            with: Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Self.secret, sessionToken: token),
            at: 1_795_367_289)
        #expect(
            added.first { $0.name == "Authorization" }?.value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/cn-north-1/dynamodb/aws4_request, "
                + "SignedHeaders=\(signed), Signature=\(signature)")
        #expect(added.first { $0.name == "x-amz-security-token" }?.value == token)
    }

    @Test func `the body's hash is sent and signed when asked for`() {
        let added = Signer(region: "us-east-1", service: "s3").headers(
            signing: "GET", target: "/", headers: [("host", "a")], body: [],
            with: Credentials(accessKeyID: "A", secretAccessKey: "B"), at: 0, withContentHash: true)
        #expect(
            added.first { $0.name == "x-amz-content-sha256" }?.value
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(added.last?.value.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date") == true)
    }
}

import DyadSigV4
import Testing

/// What a request claims, and AWS's words where the claim is not whole.
struct AuthorizationTests {
    static let whole =
        "AWS4-HMAC-SHA256 Credential=AKID/20261122/cn-north-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, "
        + "Signature=abc"

    @Test func `the scope is read from the header`() throws {
        let authorization = try Authorization(header: Self.whole, date: "20261122T000000Z", target: "/")
        #expect(
            authorization.scope
                == CredentialScope(accessKeyID: "AKID", date: "20261122", region: "cn-north-1", service: "dynamodb"))
        #expect(authorization.signedHeaders == "host;x-amz-date")
        #expect(authorization.signature == "abc")
        #expect(authorization.place == .header)
    }

    @Test(arguments: [
        "AWS4-HMAC-SHA256 Signature=abc,SignedHeaders=host;x-amz-date,"
            + "Credential=AKID/20261122/cn-north-1/dynamodb/aws4_request",
        "  AWS4-HMAC-SHA256   Credential=AKID/20261122/cn-north-1/dynamodb/aws4_request/  SignedHeaders=host Signature=a",
    ])
    func `order, blanks and trailing slashes do not matter`(_ header: String) throws {
        #expect(try Authorization(header: header, date: "d", target: "/").scope.region == "cn-north-1")
    }

    @Test(arguments: [nil, "", "AWS3 Credential=a", "Basic YTpi"])
    func `without an AWS4 header the token is missing`(_ header: String?) {
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(header: header, date: "d", target: "/")
        }
        #expect(failure?.kind.rawValue == "MissingAuthenticationTokenException")
        #expect(failure?.message == "Request is missing Authentication Token")
    }

    @Test func `every lacking parameter is named in AWS's order`() {
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(header: "AWS4-", date: nil, target: "/")
        }
        #expect(failure?.kind == .incompleteSignature)
        #expect(
            failure?.message
                == "Authorization header requires 'Credential' parameter. "
                + "Authorization header requires 'Signature' parameter. "
                + "Authorization header requires 'SignedHeaders' parameter. "
                + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                + "Authorization=AWS4-")
    }

    @Test func `one lacking parameter is named alone`() {
        let header = "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host"
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(header: header, date: "d", target: "/")
        }
        #expect(
            failure?.message == "Authorization header requires 'Signature' parameter. Authorization=\(header)")
    }

    @Test func `a credential has five elements`() {
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(
                header: "AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=a", date: "d", target: "/")
        }
        #expect(
            failure?.message
                == "Credential must have exactly 5 slash-delimited elements, "
                + "e.g. keyid/date/region/service/term, got 'a/b/c/d'")
    }

    @Test func `a presigned query carries the scope, percent-encoded`() throws {
        let authorization = try Authorization(
            header: nil, date: nil,
            target: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKID%2F20261122%2Fcn-north-1%2Fdynamodb%2Faws4_request"
                + "&X-Amz-Date=20261122T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=abc")
        #expect(authorization.scope.region == "cn-north-1")
        #expect(authorization.place == .query)
    }

    @Test func `a presigned query that lacks parameters names them`() {
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(header: nil, date: nil, target: "/?X-Amz-Algorithm&X-Amz-Date=a")
        }
        #expect(failure?.kind == .incompleteSignature)
        #expect(
            failure?.message
                == "AWS query-string parameters must include 'X-Amz-Algorithm'. "
                + "AWS query-string parameters must include 'X-Amz-Credential'. "
                + "AWS query-string parameters must include 'X-Amz-Signature'. "
                + "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
                + "Re-examine the query-string parameters.")
    }

    @Test func `a signature belongs in one place`() {
        let failure = #expect(throws: AuthenticationFailure.self) {
            try Authorization(header: Self.whole, date: "d", target: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
        }
        #expect(
            failure?.message
                == "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
    }
}

import DyadSigV4
import Testing

/// Each step of AWS's check, refused in its turn.
struct VerifierTests {
    static let moment: Int64 = 1_795_367_289
    static let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: "secret")

    struct Request {
        var target = "/"
        var headers: [(name: String, value: String)] = [
            ("host", "127.0.0.1:8000"), ("x-amz-target", "DynamoDB_20120810.ListTables"),
        ]
        var body = Array("{}".utf8)

        func signed(region: String = "cn-north-1", service: String = "dynamodb", at: Int64 = moment) -> Request {
            var copy = self
            copy.headers += Signer(region: region, service: service).headers(
                signing: "POST", target: target, headers: headers, body: body, with: credentials, at: at)
            return copy
        }
    }

    func verify(_ request: Request, at: Int64 = moment, region: String? = nil) -> AuthenticationFailure? {
        do {
            _ = try Verifier(service: "dynamodb").verify(
                method: "POST", target: request.target, headers: request.headers, body: request.body, at: at,
                region: region, secret: { $0 == "AKID" ? "secret" : nil })
            return nil
        } catch {
            return error
        }
    }

    @Test func `what was signed is accepted`() {
        #expect(verify(Request().signed(), region: "cn-north-1") == nil)
    }

    @Test func `a changed body does not match, and the answer shows what should have been signed`() {
        var request = Request().signed()
        request.body = Array("{ }".utf8)
        let failure = verify(request)
        #expect(failure?.kind == .invalidSignature)
        #expect(failure?.message.hasPrefix("The request signature we calculated does not match") == true)
        #expect(failure?.message.contains("'POST\n/\n\nhost:127.0.0.1:8000\n") == true)
    }

    @Test func `a changed signed header does not match`() {
        var request = Request().signed()
        request.headers[1].value = "DynamoDB_20120810.DeleteTable"
        #expect(verify(request)?.kind == .invalidSignature)
    }

    @Test func `an unsigned header may change`() {
        var request = Request().signed()
        request.headers.append(("user-agent", "x"))
        #expect(verify(request) == nil)
    }

    @Test func `a signature lasts fifteen minutes`() {
        let request = Request().signed()
        #expect(verify(request, at: Self.moment + 900) == nil)
        #expect(
            verify(request, at: Self.moment + 901)?.message
                == "Signature expired: 20261122T170809Z is now earlier than 20261122T170810Z "
                + "(20261122T172310Z - 15 min.)")
        #expect(verify(request, at: Self.moment - 900) == nil)
        #expect(verify(request, at: Self.moment - 901)?.message.hasPrefix("Signature not yet current: ") == true)
    }

    @Test func `a date that is none is refused before all else`() {
        var request = Request().signed()
        request.headers = request.headers.map { $0.name == "x-amz-date" ? ($0.name, "201") : $0 }
        #expect(
            verify(request)?.message
                == "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601")
    }

    @Test func `the host must be signed`() {
        var request = Request()
        request.headers.removeFirst()
        #expect(verify(request.signed())?.message == "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    }

    @Test func `every complaint about the scope is made at once`() {
        let request = Request().signed(region: "c", service: "d")
        #expect(
            verify(request, region: "cn-north-1")?.message
                == "Credential should be scoped to a valid region, not 'c'. "
                + "Credential should be scoped to correct service: 'dynamodb'.")
    }

    @Test func `an unknown key is an invalid token`() {
        var request = Request().signed()
        request.headers = request.headers.map { header in
            guard header.name == "Authorization" else { return header }
            return (header.name, header.value.replacing("Credential=AKID/", with: "Credential=OTHER/"))
        }
        #expect(verify(request)?.kind == .unrecognizedClient)
    }

    /// Signed by botocore 1.43's `SigV4QueryAuth` for ten minutes.
    @Test func `a presigned request is accepted for as long as it says`() throws {
        let target =
            "/?Action=ListTables&X-Extra=a%20b&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fdynamodb%2Faws4_request"
            + "&X-Amz-Date=20261122T170809Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host"
            + "&X-Amz-Security-Token=tok%2Fen%3D"
            + "&X-Amz-Signature=a81617cd2f493cb11cf2717a0740c5d82c697d767806bcceb9354a16486a8060"
        func verify(at: Int64) throws -> CredentialScope {
            try Verifier(service: "dynamodb").verify(
                method: "GET", target: target, headers: [("Host", "dynamodb.us-east-1.amazonaws.com")], body: [],
                at: at, secret: { _ in SignatureVectorTests.secret })
        }
        #expect(try verify(at: Self.moment + 600).accessKeyID == "AKIDEXAMPLE")
        #expect(throws: AuthenticationFailure.self) { try verify(at: Self.moment + 601) }
    }

    @Test func `keys are kept by all that makes them`() {
        let keys = SigningKeys()
        let key = keys.key(secret: "s", day: "20261122", region: "r", service: "dynamodb")
        #expect(keys.key(secret: "s", day: "20261122", region: "r", service: "dynamodb") == key)
        #expect(keys.key(secret: "s", day: "20261123", region: "r", service: "dynamodb") != key)
        #expect(keys.key(secret: "s", day: "20261122", region: "q", service: "dynamodb") != key)
        #expect(keys.key(secret: "t", day: "20261122", region: "r", service: "dynamodb") != key)
    }
}

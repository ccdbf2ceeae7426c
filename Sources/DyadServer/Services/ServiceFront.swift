package import DyadEngine
package import DyadModel
import DyadSigV4
import NIOHTTP1

/// Sends what is signed for a service beside DynamoDB to that service, and all the rest on.
///
/// A request whose `X-Amz-Target` names DynamoDB is passed on unseen.
package final class ServiceFront: Responder {
    private let services: [String: any EmulatedService]
    private let account: AccountID
    private let identity: any IdentitySource
    private let next: any Responder

    private static let executor = ThreadPoolExecutor()
    /// The name in the credential scopes of DynamoDB and of its streams.
    private static let dynamoDB = "dynamodb"

    /// - Parameters:
    ///   - account: whose data a request means whose access key names no account.
    ///   - identity: where identifiers of requests come from.
    ///   - next: answers all that is not signed, or is signed for DynamoDB.
    package init(
        _ services: [any EmulatedService], account: AccountID, identity: any IdentitySource = RandomIdentity(),
        before next: any Responder
    ) {
        var byName: [String: any EmulatedService] = [:]
        for service in services {
            for name in type(of: service).signingNames { byName[name] = service }
        }
        self.services = byName
        self.account = account
        self.identity = identity
        self.next = next
    }

    package func respond(to request: Request, through slot: ReplySlot) {
        guard !request.fields.namesDynamoDB, let credential = credential(of: request),
            credential.service != Self.dynamoDB
        else { return next.respond(to: request, through: slot) }
        guard let service = services[credential.service] else {
            let known = ([Self.dynamoDB] + services.keys.sorted()).joined(separator: ", ")
            return slot.send(
                .refusal(
                    request, code: "UnknownService",
                    "This server answers for \(known), not for '\(credential.service)'."))
        }
        guard RegionName.isName(credential.region) else {
            return slot.send(
                .refusal(
                    request, code: "SignatureDoesNotMatch",
                    "Credential should be scoped to a valid region, not '\(credential.region)'."))
        }
        guard !request.isBodyBroken else {
            return slot.send(
                .refusal(request, code: "MalformedInput", "The body is not what its Content-Encoding says."))
        }
        let call = ServiceRequest(request, credential, account: account, id: identity.uuid())
        Task(executorPreference: Self.executor) {
            slot.send(Reply(await service.respond(to: call), id: call.id))
        }
    }

    private func credential(of request: Request) -> CredentialScope? {
        if let credential = request.fields.credentialScope(target: request.target) { return credential }
        guard request.isUnsignedAssumption else { return nil }
        return CredentialScope(accessKeyID: "", date: "", region: "us-east-1", service: "sts")
    }
}

extension RequestFields {
    /// Whom and what the request is signed for, in its header or its query; nil when that cannot be read.
    func credentialScope(target: String) -> CredentialScope? {
        guard authorization != nil || target.utf8.contains(UInt8(ascii: "?")) else { return nil }
        return try? Authorization(header: authorization, date: date, target: target).scope
    }
}

extension Request {
    /// Whoever has a token of an identity provider asks for a role without a signature.
    fileprivate var isUnsignedAssumption: Bool {
        guard fields.authorization == nil, fields.contentType.map({ Front.bareType($0) }) == formType else {
            return false
        }
        return body.split(separator: UInt8(ascii: "&")).contains {
            $0.elementsEqual("Action=AssumeRoleWithWebIdentity".utf8)
        }
    }

    fileprivate var wantsJSON: Bool {
        fields.contentType.map { Front.bareType($0) }.map { $0.hasSuffix("json") || $0.contains("amz-json") } ?? false
    }
}

private let formType = "application/x-www-form-urlencoded"

extension ServiceRequest {
    fileprivate init(_ request: Request, _ credential: CredentialScope, account: AccountID, id: String) {
        self.init(
            method: request.method.rawValue, target: request.target,
            headers: request.headers.map { (name: $0.name, value: $0.value) }, body: request.body,
            scope: Scope(
                account: AccountID(accessKeyID: credential.accessKeyID) ?? account,
                region: RegionName(credential.region)),
            service: credential.service, accessKeyID: credential.accessKeyID, id: id)
    }
}

extension Reply {
    fileprivate init(_ reply: ServiceReply, id: String) {
        // What cannot stand in a header is left out, so that no text of a client's becomes a header of its own.
        let headers = reply.headers.map { name, value in
            (name, String(decoding: value.utf8.filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }, as: UTF8.self))
        }
        self.init(
            HTTPResponseStatus(statusCode: reply.status), contentType: nil, body: reply.body, headers: headers)
        requestID = id
    }

    /// What is told to whoever asks for something that is not here, in the form that their protocol has.
    fileprivate static func refusal(_ request: Request, code: String, _ message: String) -> Reply {
        if request.wantsJSON {
            var json = JSONWriter()
            json.object {
                $0.member("__type", code)
                $0.member("message", message)
            }
            return Reply(.badRequest, contentType: Front.json, body: json.bytes)
        }
        let xml =
            "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(xmlEscaped(message))</Message>"
            + "</Error></ErrorResponse>"
        return Reply(.badRequest, contentType: "text/xml", body: Array(xml.utf8))
    }
}

private func xmlEscaped(_ text: String) -> String {
    // Scalars: a mark that combines would hide the letter before it.
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case _ where scalar.value < 0x20: break
        default: escaped.unicodeScalars.append(scalar)
        }
    }
}

package import DyadEngine
package import DyadModel
package import NIOCore
import NIOHTTP1

/// What stands before DynamoDB at AWS: which requests reach an operation, and how the others are answered.
///
/// The order of the checks and the bodies are those that dynalite's test/connection.js recorded from AWS: method and
/// content type, JSON, operation, authorization, region. Signatures are not verified: any secret is right, and so is any
/// date, since who can reach this port may do everything.
package final class Front: Responder {
    private let emulator: Emulator
    private let eventLoop: any EventLoop
    private let readers = Readers()
    private var scopes: ScopeReader
    private var owesRelease = false

    /// On `eventLoop`, where the front stays.
    ///
    /// - Parameter account: whose data a request means whose access key is not itself an account's number.
    package init(_ emulator: Emulator, account: AccountID, on eventLoop: any EventLoop) {
        self.emulator = emulator
        self.eventLoop = eventLoop
        scopes = ScopeReader(account: account)
    }

    package func respond(to request: Request, through slot: ReplySlot) {
        let origin = request.fields.origin != nil
        guard let contentType = Self.contentType(of: request) else {
            return slot.send(Self.odd(request))
        }
        do throws(DynamoError) {
            guard !request.isBodyBroken else { throw DynamoError(.internalServerError, "Internal server error") }
            // A request without a body is told of its missing operation or signature first, then of its body.
            let document = request.body.isEmpty ? nil : try Self.parse(request.body)
            guard let target = request.fields.target, let route = Catalogue.route(for: target) else {
                throw DynamoError(.unknownOperation, nil)
            }
            let scope = try scopes.scope(of: request)
            guard let document else { throw DynamoError(.serialization, nil) }
            emulator.answer(route, document, in: scope, on: readers) { answer in
                slot.send(Reply(answer, contentType: contentType, origin: origin))
            }
            releaseAtEndOfTick()
        } catch {
            slot.send(Reply(Answer(error), contentType: contentType, origin: origin))
        }
    }

    /// All reads of a tick share a snapshot: it is let go behind the last of them.
    private func releaseAtEndOfTick() {
        guard readers.isHolding, !owesRelease else { return }
        owesRelease = true
        eventLoop.assumeIsolated().execute {
            self.owesRelease = false
            self.readers.release()
        }
    }

    private static func parse(_ body: [UInt8]) throws(DynamoError) -> JSONDocument {
        guard let document = try? JSONDocument(parsing: body), document.root.kind == .object else {
            throw DynamoError(.serialization, nil)
        }
        return document
    }

    // MARK: Requests that are no calls

    /// The type that the answer has too; nil when the request is no call.
    private static func contentType(of request: Request) -> String? {
        guard request.method == .POST else { return nil }
        guard let sent = request.fields.contentType else {
            return request.body.isEmpty ? json : nil
        }
        // Literals: each answer would hold the request's text otherwise.
        if sent == amzJSON { return amzJSON }
        if sent == json { return json }
        switch bareType(sent) {
        case amzJSON: return amzJSON
        case json: return json
        default: return request.body.isEmpty ? json : nil
        }
    }

    /// `; charset=…` and letters in capitals mean no other type.
    static func bareType(_ contentType: String) -> String {
        contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    }

    private static let amzJSON = "application/x-amz-json-1.0"
    static let json = "application/json"
    /// The type of AWS's services that came later, which some clients send to all.
    private static let laterJSON = "application/x-amz-json-1.1"

    private static func odd(_ request: Request) -> Reply {
        if request.method == .OPTIONS, request.fields.origin != nil { return preflight(request.fields) }
        let allowed = request.fields.origin == nil ? [] : Reply.allowed
        if request.method == .GET || request.method == .HEAD, isHealthCheck(request.target) {
            let healthy = Array("healthy: dynamodb.us-east-1.amazonaws.com ".utf8)
            return Reply(.ok, contentType: nil, body: healthy, headers: allowed)
        }
        // AWS answers the page to other types now and then, and to this one each time that was seen: rusoto issue 215
        // (2016), api-gateway-aws issue 14 (2016), taws issue 165 (2026).
        let isLater = request.method == .POST && request.fields.contentType.map { bareType($0) } == laterJSON
        return Reply(.notFound, contentType: nil, body: isLater ? notFoundPage : unknownOperation, headers: allowed)
    }

    /// The root, and since 2025 `/health`, are there; other paths are not (ScyllaDB's test/alternator/test_health.py and
    /// issue 26079).
    private static func isHealthCheck(_ target: String) -> Bool {
        let path = target.prefix { $0 != "?" }
        return path == "/" || path == "/health" || !path.hasPrefix("/")
    }

    private static let unknownOperation = Array("<UnknownOperationException/>\n".utf8)
    private static let notFoundPage = Array(
        """
        <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" \
        "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
        <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
        <head>
          <title>Page Not Found</title>
        </head>
        <body>Page Not Found</body>
        </html>
        """.utf8)

    /// What browsers ask before they send a request to another origin.
    private static func preflight(_ fields: RequestFields) -> Reply {
        var headers = Reply.allowed + [("access-control-max-age", "172800")]
        if let asked = fields.requestedHeaders, isLegal(asked) {
            headers.append(("access-control-allow-headers", asked))
        }
        if let asked = fields.requestedMethod, isLegal(asked) {
            headers.append(("access-control-allow-methods", asked))
        }
        return Reply(.ok, contentType: nil, body: [], headers: headers)
    }

    /// Text that can be echoed in a header: printable ASCII.
    private static func isLegal(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
}

extension Reply {
    /// Any page may read any answer. The list of what it may read besides the body is DynamoDB's own: ScyllaDB's
    /// alternator/server.cc.
    fileprivate static let allowed = [
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"),
    ]

    fileprivate init(_ answer: Answer, contentType: String, origin: Bool) {
        self.init(
            HTTPResponseStatus(statusCode: answer.status), contentType: contentType, body: answer.body,
            headers: origin ? Self.allowed : [])
    }
}

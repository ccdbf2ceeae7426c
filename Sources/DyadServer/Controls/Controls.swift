package import DyadEngine
package import DyadModel
import NIOHTTP1

/// What a server can be told beside DynamoDB's own path: a path of each control, under `/_dyad/`.
///
/// For whoever tests, not for pages: a browser's request names its origin and is refused, none is allowed by CORS, and the
/// type that is asked for cannot be sent without asking for that first.
package final class Controls: Responder {
    private let controls: [any Control]
    private let next: any Responder

    private static let root = "/_dyad/"

    /// - Parameters:
    ///   - hook: the one that the emulator asks.
    ///   - account: the one that is meant where none is named.
    ///   - next: answers all that is not under `/_dyad/`.
    package init(
        _ clock: MovableClock, _ hook: TransactionHook, of emulator: Emulator, account: AccountID,
        before next: any Responder
    ) {
        controls = [
            ClockControl(clock, of: emulator), StreamControl(emulator, account: account),
            TransactionControl(hook, account: account),
        ]
        self.next = next
    }

    package func respond(to request: Request, through slot: ReplySlot) {
        // Nearly all calls are to `/`.
        guard request.target.utf8.count >= Self.root.utf8.count, request.target.utf8.starts(with: Self.root.utf8) else {
            return next.respond(to: request, through: slot)
        }
        guard request.fields.origin == nil else {
            return slot.send(.refusal(.forbidden, "pages of a browser cannot do this"))
        }
        let path = request.target.prefix { $0 != "?" }
        guard let control = controls.first(where: { type(of: $0).path == path }) else {
            let paths = controls.map { type(of: $0).path }.joined(separator: ", ")
            return slot.send(.refusal(.notFound, "there are \(paths) alone"))
        }
        respond(to: request, by: control, through: slot)
    }

    private func respond(to request: Request, by control: any Control, through slot: ReplySlot) {
        switch (request.method, control.state) {
        case (.GET, let state?), (.HEAD, let state?): slot.send(state)
        case (.POST, _):
            guard request.fields.contentType.map({ Front.bareType($0) }) == Front.json else {
                return slot.send(.refusal(.unsupportedMediaType, "use Content-Type: \(Front.json)"))
            }
            do throws(OrderMistake) {
                try control.perform(request.isBodyBroken ? [] : request.body, through: slot)
            } catch {
                slot.send(.refusal(.badRequest, error.message))
            }
        case (_, let state):
            var refusal = Reply.refusal(.methodNotAllowed, state == nil ? "use POST" : "use GET or POST")
            refusal.headers.append(("Allow", state == nil ? "POST" : "GET, HEAD, POST"))
            slot.send(refusal)
        }
    }
}

/// One thing that a server can be told, at a path of its own.
protocol Control: Sendable {
    static var path: String { get }

    /// What GET answers; nil when there is nothing to read.
    var state: Reply? { get }

    /// Carries out what a POST asks for, and answers when it is done.
    ///
    /// - Parameter body: JSON, as it was sent.
    func perform(_ body: [UInt8], through slot: ReplySlot) throws(OrderMistake)
}

/// Why an order cannot be read or done: one line for whoever wrote the body, answered with 400.
struct OrderMistake: Error, Equatable { let message: String }

extension Reply {
    static func refusal(_ status: HTTPResponseStatus, _ message: String) -> Reply {
        var json = JSONWriter()
        json.object { $0.member("message", message) }
        return Reply(status, contentType: Front.json, body: json.bytes)
    }
}

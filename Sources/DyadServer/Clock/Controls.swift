package import DyadEngine
import DyadModel
import NIOHTTP1

/// What a server can be told beside DynamoDB's own path: `/_dyad/clock` reads and moves its time.
///
/// For whoever tests, not for pages: a browser's request names its origin and is refused, none is allowed by CORS, and the
/// type that is asked for cannot be sent without asking for that first.
package final class Controls: Responder {
    private let clock: MovableClock
    private let emulator: Emulator
    private let next: any Responder

    private static let root = "/_dyad/"
    private static let clockPath = "/_dyad/clock"

    /// - Parameter next: answers all that is not under `/_dyad/`.
    package init(_ clock: MovableClock, of emulator: Emulator, before next: any Responder) {
        self.clock = clock
        self.emulator = emulator
        self.next = next
    }

    package func respond(to request: Request, through slot: ReplySlot) {
        // Nearly all calls are to `/`.
        guard request.target.utf8.count >= Self.root.utf8.count, request.target.utf8.starts(with: Self.root.utf8) else {
            return next.respond(to: request, through: slot)
        }
        guard request.fields.origin == nil else {
            return slot.send(Self.refusal(.forbidden, "pages of a browser cannot do this"))
        }
        guard request.target.prefix(while: { $0 != "?" }) == Self.clockPath else {
            return slot.send(Self.refusal(.notFound, "there is \(Self.clockPath) alone"))
        }
        switch request.method {
        case .GET, .HEAD: slot.send(Self.reply(clock.reading))
        case .POST: move(as: request, slot)
        default:
            var refusal = Self.refusal(.methodNotAllowed, "use GET or POST")
            refusal.headers.append(("Allow", "GET, HEAD, POST"))
            slot.send(refusal)
        }
    }

    /// Moves the clock and answers when the chores that became due are done.
    private func move(as request: Request, _ slot: ReplySlot) {
        guard request.fields.contentType.map({ Front.bareType($0) }) == Front.json else {
            return slot.send(Self.refusal(.unsupportedMediaType, "use Content-Type: \(Front.json)"))
        }
        let order: ClockOrder
        do throws(ClockOrder.Mistake) {
            order = try ClockOrder(parsing: request.isBodyBroken ? [] : request.body)
        } catch {
            return slot.send(Self.refusal(.badRequest, error.message))
        }
        do throws(MovableClock.Refusal) {
            try clock.change(order.move, isRunning: order.isRunning)
        } catch {
            return slot.send(Self.refusal(.badRequest, Self.words(error)))
        }
        emulator.settle { [clock] in slot.send(Self.reply(clock.reading)) }
    }

    private static func words(_ refusal: MovableClock.Refusal) -> String {
        switch refusal {
        case .backward(let now): "the clock only moves forward, and it is \(now.label)Z"
        case .beyond(let end): "the clock ends at \(end.label)Z"
        }
    }

    private static func reply(_ reading: MovableClock.Reading) -> Reply {
        var json = JSONWriter()
        json.object {
            $0.member("now", "\(reading.now.label)Z")
            $0.member("epochSeconds") { $0.seconds(milliseconds: reading.now.milliseconds) }
            $0.member("running", reading.isRunning)
        }
        return Reply(.ok, contentType: Front.json, body: json.bytes)
    }

    private static func refusal(_ status: HTTPResponseStatus, _ message: String) -> Reply {
        var json = JSONWriter()
        json.object { $0.member("message", message) }
        return Reply(status, contentType: Front.json, body: json.bytes)
    }
}

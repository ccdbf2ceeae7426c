package import NIOHTTP1

/// A whole request, as far as an answer depends on it.
package struct Request: Sendable {
    package let method: HTTPMethod
    /// The request line's path and query.
    package let target: String
    package let fields: RequestFields
    /// All of them; none where `X-Amz-Target` names DynamoDB, which asks for no others than `fields`.
    package internal(set) var headers = HTTPHeaders()
    /// What the client meant to say: expanded, if it was sent compressed.
    package internal(set) var body: [UInt8]
    /// True when the body is not what its `Content-Encoding` says, or AWS does not know that coding: it is as it came.
    package internal(set) var isBodyBroken = false
}

/// An answer, but for the headers that every answer has.
package struct Reply: Sendable {
    package var status: HTTPResponseStatus
    /// Nil for none: AWS sends none with what is not JSON.
    package var contentType: String?
    package var body: [UInt8]
    /// Headers of this answer alone; their values are legal.
    package var headers: [(String, String)]
    /// Answered as `x-amzn-RequestId`; nil for one that is made up.
    package var requestID: String?

    package init(
        _ status: HTTPResponseStatus, contentType: String?, body: [UInt8], headers: [(String, String)] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }
}

/// Answers requests; one an event loop, on which it stays.
///
/// The seam between HTTP and what is served: the emulator's `Front`, or a fixed answer that HTTP alone is measured with.
package protocol Responder: AnyObject {
    /// Answers `request` through `slot`: once, now or later, from any thread.
    func respond(to request: Request, through slot: ReplySlot)
}

/// Answers every POST with the same body.
package final class FixedResponder: Responder {
    private let body: [UInt8]

    package init(body: [UInt8]) { self.body = body }

    package func respond(to request: Request, through slot: ReplySlot) {
        slot.send(Reply(.ok, contentType: request.fields.contentType, body: body))
    }
}

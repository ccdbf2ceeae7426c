package import NIOHTTP1

/// The headers that an answer depends on, found in one pass over all of them.
package struct RequestFields: Sendable {
    package private(set) var contentType: String?
    package private(set) var target: String?
    /// Whether `X-Amz-Target` names DynamoDB or its streams: then no other service is meant.
    private(set) var namesDynamoDB = false
    package private(set) var authorization: String?
    /// `X-Amz-Date`, or that lacking, `Date`.
    package var date: String? { amzDate ?? plainDate }
    package private(set) var origin: String?
    package private(set) var requestedHeaders: String?
    package private(set) var requestedMethod: String?
    private(set) var acceptEncoding: String?
    private(set) var contentEncoding: String?
    private(set) var contentLength: Int?
    private(set) var expectsContinue = false
    private var amzDate: String?
    private var plainDate: String?

    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            // Lengths tell nearly all names apart; only then are letters compared. The first of a name counts.
            switch name.utf8.count {
            case 4 where plainDate == nil && Self.equal(name, "date"): plainDate = value
            case 6 where origin == nil && Self.equal(name, "origin"): origin = value
            case 6 where Self.equal(name, "expect"): expectsContinue = Self.equal(value, "100-continue")
            case 10 where amzDate == nil && Self.equal(name, "x-amz-date"): amzDate = value
            case 12 where target == nil && Self.equal(name, "x-amz-target"):
                target = value
                namesDynamoDB = value.utf8.starts(with: "DynamoDB".utf8)
            case 12 where contentType == nil && Self.equal(name, "content-type"): contentType = value
            case 13 where authorization == nil && Self.equal(name, "authorization"): authorization = value
            case 14 where contentLength == nil && Self.equal(name, "content-length"): contentLength = Int(value)
            case 15 where acceptEncoding == nil && Self.equal(name, "accept-encoding"): acceptEncoding = value
            case 16 where contentEncoding == nil && Self.equal(name, "content-encoding"): contentEncoding = value
            case 29 where requestedMethod == nil && Self.equal(name, "access-control-request-method"):
                requestedMethod = value
            case 30 where requestedHeaders == nil && Self.equal(name, "access-control-request-headers"):
                requestedHeaders = value
            default: continue
            }
        }
    }

    /// Compares as HTTP compares names. `lowercase` holds lowercase ASCII alone.
    private static func equal(_ text: String, _ lowercase: StaticString) -> Bool {
        guard text.utf8.count == lowercase.utf8CodeUnitCount else { return false }
        var expected = lowercase.utf8Start
        for byte in text.utf8 {
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard folded == expected.pointee else { return false }
            expected += 1
        }
        return true
    }
}

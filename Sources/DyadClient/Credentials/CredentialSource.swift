import DyadModel
import DyadSigV4

/// Fetches credentials once, from wherever; keeping and renewing them is `CachedCredentials`'s.
protocol CredentialSource: Sendable {
    /// - Parameter now: seconds since 1970, UTC.
    /// - Throws: what may pass is retryable as with any call; nothing is tried again here.
    func fetch(at now: Int64) async throws(ClientError) -> FetchedCredentials
}

/// Credentials and when they end.
struct FetchedCredentials: Sendable, Equatable {
    let credentials: Credentials
    /// Seconds since 1970, UTC; nil when they stay.
    let expiration: Int64?

    init(_ credentials: Credentials, expiration: Int64?) {
        self.credentials = credentials
        self.expiration = expiration
    }

    /// From the object that metadata services and processes answer with.
    ///
    /// - Parameter tokenMember: `Token` in the former, `SessionToken` in the latter.
    init(json: [UInt8], tokenMember: String) throws(ClientError) {
        let root: JSONNode
        do { root = try JSONDocument(parsing: json).root } catch {
            throw .malformedAnswer("credentials that are no JSON from byte \(error.offset) on")
        }
        guard root.kind == .object else { throw .malformedAnswer("credentials that are no JSON object") }
        guard let key = root["AccessKeyId"]?.string, let secret = root["SecretAccessKey"]?.string else {
            // The metadata service answers 200 with a code when the role cannot be used.
            let said = [root["Code"]?.string, root["Message"]?.string].compactMap { $0 }.joined(separator: ": ")
            throw .malformedAnswer("no AccessKeyId and SecretAccessKey in it\(said.isEmpty ? "" : " (\(said))")")
        }
        var expiration: Int64?
        if let text = root["Expiration"]?.string {
            guard let time = ISO8601.epochSeconds(text) else {
                throw .malformedAnswer("credentials that expire at '\(text)', which is no time")
            }
            expiration = time
        }
        self.init(
            Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: root[tokenMember]?.string),
            expiration: expiration)
    }
}

extension TransportAnswer {
    /// Itself when its status is 200.
    func accepted(from place: String) throws(ClientError) -> TransportAnswer {
        guard status != 200 else { return self }
        let said = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline)
        throw .service(
            ServiceError(
                code: "Unknown", message: "\(place) answers HTTP \(status) \(said.joined(separator: " "))",
                httpStatus: status))
    }
}

/// Times as AWS writes them outside signatures: `2026-11-22T17:08:09Z`, with fractions or an offset too.
enum ISO8601 {
    /// Seconds since 1970, UTC, fractions dropped; nil for anything else.
    static func epochSeconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] | 0x20 == 116, bytes[13] == 58,
            bytes[16] == 58,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            let local = AmzDate(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var place = 19
        if bytes[place] == UInt8(ascii: ".") {
            place += 1
            while place < bytes.count, (48...57).contains(bytes[place]) { place += 1 }
        }
        let zone = bytes[place...]
        if zone == [UInt8(ascii: "Z")] || zone == [UInt8(ascii: "z")] { return local.epochSeconds }
        guard zone.count == 6, zone.first == 43 || zone.first == 45, bytes[place + 3] == 58,
            let hours = number(place + 1..<place + 3), let minutes = number(place + 4..<place + 6)
        else { return nil }
        let offset = hours * 3_600 + minutes * 60
        return local.epochSeconds - (zone.first == 43 ? offset : -offset)
    }
}

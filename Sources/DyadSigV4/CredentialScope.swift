/// Whom a request says it is from and where it is meant for: `AKID/20261122/cn-north-1/dynamodb/aws4_request`.
package struct CredentialScope: Sendable, Hashable {
    static let terminator = "aws4_request"

    package let accessKeyID: String
    package let date: String
    package let region: String
    package let service: String
    /// The fifth element, `aws4_request` of everyone who means it.
    package let terminator: String

    package init(accessKeyID: String, date: String, region: String, service: String) {
        self.init(
            accessKeyID: accessKeyID, date: date, region: region, service: service, terminator: Self.terminator)
    }

    private init(accessKeyID: String, date: String, region: String, service: String, terminator: String) {
        self.accessKeyID = accessKeyID
        self.date = date
        self.region = region
        self.service = service
        self.terminator = terminator
    }

    /// The scope without the key: what is signed.
    var path: String { "\(date)/\(region)/\(service)/\(terminator)" }

    /// From the text of a credential. Trailing slashes are ignored, as AWS does.
    package init(credential: String) throws(AuthenticationFailure) {
        guard let scope = credential.withBytes(Self.init(bytes:)) else { throw .malformedCredential(credential) }
        self = scope
    }

    private init?(bytes: UnsafeBufferPointer<UInt8>) {
        let slash = UInt8(ascii: "/")
        guard let end = bytes.lastIndex(where: { $0 != slash }) else { return nil }
        // An empty element is one only while there are too few: trailing slashes close the fifth.
        var start = 0
        func element() -> String? {
            guard start <= bytes.count else { return nil }
            let stop = bytes[min(start, bytes.count)...].firstIndex(of: slash) ?? bytes.count
            defer { start = stop + 1 }
            return String(decoding: bytes[start..<stop], as: UTF8.self)
        }
        guard let accessKeyID = element(), let date = element(), let region = element(), let service = element(),
            let terminator = element(), start > end
        else { return nil }
        self.init(accessKeyID: accessKeyID, date: date, region: region, service: service, terminator: terminator)
    }
}

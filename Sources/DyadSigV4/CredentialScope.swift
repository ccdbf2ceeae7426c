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
    package init(credential: some StringProtocol) throws(AuthenticationFailure) {
        var parts = credential.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        while parts.count > 5, parts.last?.isEmpty == true { parts.removeLast() }
        guard parts.count == 5 else { throw .malformedCredential(credential) }
        func text(_ index: Int) -> String { String(decoding: parts[index], as: UTF8.self) }
        self.init(
            accessKeyID: text(0), date: text(1), region: text(2), service: text(3), terminator: text(4))
    }
}

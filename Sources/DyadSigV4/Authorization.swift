/// What a request claims about its signature, from its `Authorization` header or its presigned query.
///
/// Only read, not believed: `Verifier` decides. A server that trusts everyone needs no more than `scope`.
package struct Authorization: Sendable, Equatable {
    package enum Place: Sendable { case header, query }

    package let place: Place
    package let algorithm: String
    package let scope: CredentialScope
    /// As written, separated by semicolons.
    package let signedHeaders: String
    package let signature: String
    /// The claimed instant, as written in `X-Amz-Date` or `Date`.
    package let timestamp: String

    /// Looks in both places a signature may be.
    ///
    /// - Parameters:
    ///   - header: the `Authorization` header's value.
    ///   - date: the value of `X-Amz-Date` or, that lacking, of `Date`.
    ///   - target: the request line's path and query.
    package init(header: String?, date: String?, target: String) throws(AuthenticationFailure) {
        let query = CanonicalRequest.split(target).query
        let isPresigned = !query.isEmpty && Self.parameter("X-Amz-Algorithm", of: query) != nil
        switch (header, isPresigned) {
        case (_?, true): throw .bothPlaces
        case (let header?, false): try self.init(header: header, date: date)
        case (nil, true): try self.init(query: query)
        case (nil, false): throw .missing
        }
    }

    /// From `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. Commas or blanks separate the parameters,
    /// which may stand in any order; the last of a name counts.
    package init(header: String, date: String?) throws(AuthenticationFailure) {
        guard let parts = header.withBytes(Parts.init) else { throw .missing }
        guard let credential = parts.credential, let signature = parts.signature,
            let signedHeaders = parts.signedHeaders, let date
        else {
            let lacking = [
                ("Credential", parts.credential), ("Signature", parts.signature),
                ("SignedHeaders", parts.signedHeaders),
            ]
            throw .incomplete(header: header, lacks: lacking.filter { $0.1 == nil }.map(\.0), date: date == nil)
        }
        place = .header
        algorithm = parts.algorithm
        scope = try CredentialScope(credential: credential)
        self.signedHeaders = signedHeaders
        self.signature = signature
        timestamp = date
    }

    /// The header taken apart. An empty parameter counts as lacking.
    private struct Parts {
        let algorithm: String
        private(set) var credential: String?
        private(set) var signedHeaders: String?
        private(set) var signature: String?

        /// Nil unless the text begins with `AWS4-`.
        init?(_ header: UnsafeBufferPointer<UInt8>) {
            let isSeparator = { (byte: UInt8) in byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") }
            var index = header.firstIndex { $0 != UInt8(ascii: " ") } ?? header.endIndex
            guard header[index...].starts(with: "AWS4-".utf8) else { return nil }
            func text(_ range: Range<Int>) -> String { String(decoding: header[range], as: UTF8.self) }
            let algorithmEnd = header[index...].firstIndex(of: UInt8(ascii: " ")) ?? header.endIndex
            algorithm = text(index..<algorithmEnd)
            index = algorithmEnd
            while index < header.endIndex {
                while index < header.endIndex, isSeparator(header[index]) { index += 1 }
                let start = index
                var equals: Int?
                while index < header.endIndex, !isSeparator(header[index]) {
                    if equals == nil, header[index] == UInt8(ascii: "=") { equals = index }
                    index += 1
                }
                guard let equals, equals + 1 < index else { continue }
                let name = header[start..<equals]
                let value = equals + 1..<index
                if name.elementsEqual("Credential".utf8) {
                    credential = text(value)
                } else if name.elementsEqual("SignedHeaders".utf8) {
                    signedHeaders = text(value)
                } else if name.elementsEqual("Signature".utf8) {
                    signature = text(value)
                }
            }
        }
    }

    /// From the parameters of a presigned URL.
    package init(query: some StringProtocol) throws(AuthenticationFailure) {
        let names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]
        let values = names.map { Self.parameter($0, of: query) ?? "" }
        let lacking = zip(names, values).filter(\.1.isEmpty).map(\.0)
        guard lacking.isEmpty else { throw .incomplete(queryLacks: lacking) }
        place = .query
        algorithm = values[0]
        scope = try CredentialScope(credential: values[1])
        signature = values[2]
        signedHeaders = values[3]
        timestamp = values[4]
    }

    /// A query parameter's decoded value; empty when only its name is there, nil when not even that.
    static func parameter(_ name: String, of query: some StringProtocol) -> String? {
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard pair[..<equals].elementsEqual(name.utf8) else { continue }
            return String(decoding: Percent.decode(pair[equals...].dropFirst()), as: UTF8.self)
        }
        return nil
    }
}

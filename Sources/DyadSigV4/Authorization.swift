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
        let text = header.utf8.drop { $0 == UInt8(ascii: " ") }
        guard text.starts(with: "AWS4-".utf8) else { throw .missing }
        let algorithmEnd = text.firstIndex(of: UInt8(ascii: " ")) ?? text.endIndex
        var credential: Substring?
        var signedHeaders: Substring?
        var signature: Substring?
        for part in text[algorithmEnd...].split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") })
        {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = Substring(part[part.index(after: equals)...])
            switch Substring(part[..<equals]) {
            case "Credential": credential = value
            case "SignedHeaders": signedHeaders = value
            case "Signature": signature = value
            default: continue
            }
        }
        guard let credential, !credential.isEmpty, let signature, !signature.isEmpty, let signedHeaders,
            !signedHeaders.isEmpty, let date
        else {
            let lacking = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signedHeaders)]
                .filter { $0.1?.isEmpty ?? true }.map(\.0)
            throw .incomplete(header: header, lacks: lacking, date: date == nil)
        }
        place = .header
        algorithm = String(Substring(text[..<algorithmEnd]))
        scope = try CredentialScope(credential: credential)
        self.signedHeaders = String(signedHeaders)
        self.signature = String(signature)
        timestamp = date
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

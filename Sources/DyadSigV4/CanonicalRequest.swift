/// The text whose hash is signed: a request with every freedom of spelling taken away.
///
/// Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, "Create a canonical
/// request".
struct CanonicalRequest {
    let text: String

    /// - Parameters:
    ///   - target: path and query as they stand in the request line, `/?a=b`.
    ///   - headers: all headers; those not among `signed` are passed over.
    ///   - signed: lowercase names in order.
    ///   - withoutSignature: a presigned query does not sign its own signature.
    init(
        method: String, target: String, headers: some Sequence<(name: String, value: String)>, signed: [String],
        payloadHash: String, withoutSignature: Bool = false
    ) {
        let (path, query) = Self.split(target)
        var output = Array(method.utf8)
        output.append(Self.newline)
        Self.appendPath(path, to: &output)
        output.append(Self.newline)
        Self.appendQuery(query, withoutSignature: withoutSignature, to: &output)
        output.append(Self.newline)
        Self.appendHeaders(headers, signed: signed, to: &output)
        output.append(Self.newline)
        output += signed.joined(separator: ";").utf8
        output.append(Self.newline)
        output += payloadHash.utf8
        text = String(decoding: output, as: UTF8.self)
    }

    static func split(_ target: String) -> (path: Substring, query: Substring) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.utf8.index(after: mark)...])
    }

    /// Repeated slashes and dot segments are resolved, the rest is encoded once more than it already is
    /// (every service but S3).
    private static func appendPath(_ path: Substring, to output: inout [UInt8]) {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        output.append(UInt8(ascii: "/"))
        Percent.encode(segments.joined(separator: "/").utf8, keeping: UInt8(ascii: "/"), into: &output)
        if !segments.isEmpty, path.hasSuffix("/") { output.append(UInt8(ascii: "/")) }
    }

    /// Sorted by encoded name, then by encoded value; a name alone gets an empty value.
    private static func appendQuery(_ query: Substring, withoutSignature: Bool, to output: inout [UInt8]) {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            var name: [UInt8] = []
            var value: [UInt8] = []
            Percent.encode(Percent.decode(pair[..<(equals ?? pair.endIndex)]), into: &name)
            if let equals { Percent.encode(Percent.decode(pair[pair.index(after: equals)...]), into: &value) }
            if withoutSignature, name.elementsEqual("X-Amz-Signature".utf8) { continue }
            pairs.append((name, value))
        }
        pairs.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { output.append(UInt8(ascii: "&")) }
            output += pair.name
            output.append(UInt8(ascii: "="))
            output += pair.value
        }
    }

    /// One line a name; values of one name are joined by commas in their order.
    private static func appendHeaders(
        _ headers: some Sequence<(name: String, value: String)>, signed: [String], to output: inout [UInt8]
    ) {
        var values = [[UInt8]?](repeating: nil, count: signed.count)
        for header in headers {
            guard let index = signed.firstIndex(where: { equalsIgnoringCase($0, header.name) }) else { continue }
            if values[index] != nil { values[index]?.append(UInt8(ascii: ",")) }
            values[index, default: []] += trimmed(header.value)
        }
        for (name, value) in zip(signed, values) {
            output += name.utf8
            output.append(UInt8(ascii: ":"))
            output += value ?? []
            output.append(newline)
        }
    }

    static func equalsIgnoringCase(_ lowercase: some StringProtocol, _ name: some StringProtocol) -> Bool {
        lowercase.utf8.count == name.utf8.count
            && zip(lowercase.utf8, name.utf8).allSatisfy { $0 == lowercased($1) }
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Without white space at the ends, and one space for each run of it inside.
    private static func trimmed(_ value: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(value.utf8.count)
        for word in value.utf8.split(whereSeparator: { $0 == 0x20 || (0x09...0x0D).contains($0) }) {
            if !output.isEmpty { output.append(0x20) }
            output += word
        }
        return output
    }

    private static let newline = UInt8(ascii: "\n")
}

extension [[UInt8]?] {
    fileprivate subscript(index: Int, default value: [UInt8]) -> [UInt8] {
        get { self[index] ?? value }
        set { self[index] = newValue }
    }
}

/// What the key signs: the algorithm, the instant, the scope and the canonical request's hash.
struct StringToSign {
    static let algorithm = "AWS4-HMAC-SHA256"
    let text: String

    init(timestamp: some StringProtocol, scope: CredentialScope, request: CanonicalRequest) {
        let hash = Digest.hex(Digest.sha256(Array(request.text.utf8)))
        text = "\(Self.algorithm)\n\(timestamp)\n\(scope.path)\n\(hash)"
    }

    func signature(key: [UInt8]) -> String { Digest.hex(Digest.hmac(key: key, Array(text.utf8))) }
}

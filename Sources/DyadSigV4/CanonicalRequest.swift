/// The text whose hash is signed: a request with every freedom of spelling taken away.
///
/// Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, "Create a canonical
/// request".
struct CanonicalRequest {
    let bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }

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
        var output: [UInt8] = []
        output.reserveCapacity(512)
        output += method.utf8
        output.append(Self.newline)
        Self.appendPath(path, to: &output)
        output.append(Self.newline)
        Self.appendQuery(query, withoutSignature: withoutSignature, to: &output)
        output.append(Self.newline)
        Self.appendHeaders(headers, signed: signed, to: &output)
        output.append(Self.newline)
        for (index, name) in signed.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ";")) }
            output += name.utf8
        }
        output.append(Self.newline)
        output += payloadHash.utf8
        bytes = output
    }

    static func split(_ target: String) -> (path: Substring, query: Substring) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.utf8.index(after: mark)...])
    }

    /// Repeated slashes and dot segments are resolved, the rest is encoded once more than it already is
    /// (every service but S3).
    private static func appendPath(_ path: Substring, to output: inout [UInt8]) {
        // DynamoDB's, always.
        if path.utf8.elementsEqual(CollectionOfOne(UInt8(ascii: "/"))) { return output.append(UInt8(ascii: "/")) }
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
        if query.utf8.isEmpty { return }
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
        var values = [[String]](repeating: [], count: signed.count)
        for header in headers {
            guard let index = signed.firstIndex(where: { equalsIgnoringCase($0, header.name) }) else { continue }
            values[index].append(header.value)
        }
        for (name, values) in zip(signed, values) {
            output += name.utf8
            output.append(UInt8(ascii: ":"))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                appendTrimmed(value, to: &output)
            }
            output.append(newline)
        }
    }

    /// - Parameter lowercase: a name that is in lowercase already.
    static func equalsIgnoringCase(_ lowercase: String, _ name: String) -> Bool {
        lowercase.withBytes { lowercase in
            name.withBytes { name in
                guard lowercase.count == name.count else { return false }
                for index in lowercase.indices {
                    let byte = name[index]
                    let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                    if (isUpper ? byte | 0x20 : byte) != lowercase[index] { return false }
                }
                return true
            }
        }
    }

    /// Without white space at the ends, and with one space for each run of it inside.
    private static func appendTrimmed(_ value: String, to output: inout [UInt8]) {
        value.withBytes { value in
            var hasBegun = false
            var isAfterBlank = false
            for byte in value {
                if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) {
                    isAfterBlank = true
                    continue
                }
                if isAfterBlank && hasBegun { output.append(0x20) }
                output.append(byte)
                isAfterBlank = false
                hasBegun = true
            }
        }
    }

    private static let newline = UInt8(ascii: "\n")
}

extension String {
    /// The text's UTF-8, not copied where the string holds it in one piece, as all of Swift's own do.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}

/// What the key signs: the algorithm, the instant, the scope and the canonical request's hash.
struct StringToSign {
    static let algorithm = "AWS4-HMAC-SHA256"
    let text: String

    init(timestamp: String, scope: CredentialScope, request: CanonicalRequest) {
        let hash = Digest.hex(Digest.sha256(request.bytes))
        text = "\(Self.algorithm)\n\(timestamp)\n\(scope.path)\n\(hash)"
    }

    func signature(key: [UInt8]) -> String { Digest.hex(Digest.hmac(key: key, Array(text.utf8))) }
}

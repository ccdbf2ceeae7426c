extension Request {
    /// The request as it would have come plain; nil when that is too large.
    func expanded() -> Request? {
        guard let name = fields.contentEncoding, !name.isEmpty, name.lowercased() != "identity" else { return self }
        var expanded = self
        do throws(ContentCoding.Fault) {
            guard let coding = ContentCoding(contentEncoding: name) else { throw .broken }
            expanded.body = try coding.decode(body, limit: Limits.expandedBytesMax)
        } catch {
            guard error == .broken else { return nil }
            expanded.isBodyBroken = true
        }
        return expanded
    }
}

extension Reply {
    /// The reply compressed; as it is when that cannot be done.
    func encoded(in coding: ContentCoding) -> Reply {
        guard let bytes = coding.encode(body) else { return self }
        var encoded = self
        encoded.body = bytes
        encoded.headers.append(("Content-Encoding", coding.rawValue))
        return encoded
    }
}

import DyadModel

/// Which part of a list a request asks for: `MaxItems` after what `Marker` names.
struct Page: Sendable {
    private let count: Int
    private let after: Text?

    static let itemsMax = 1000
    private static let itemsUsually = 100

    init(_ parameters: QueryParameters, _ constraints: inout Constraints) throws(QueryError) {
        count =
            try constraints.number("maxItems", parameters["MaxItems"], 1...Self.itemsMax) ?? Self.itemsUsually
        guard let marker = parameters["Marker"] else {
            after = nil
            return
        }
        guard let bytes = Base64.decode(marker.utf8), !bytes.isEmpty else {
            throw .validation("Invalid Marker.")
        }
        after = Text(String(decoding: bytes, as: UTF8.self))
    }

    /// A page of values that are in the order of their keys, and what follows it.
    func take<Value>(_ values: [Value], key: (Value) -> String) -> (values: [Value], marker: String?) {
        let rest = after.map { after in values.filter { Text(key($0)) > after } } ?? values
        let page = Array(rest.prefix(count))
        guard page.count < rest.count, let last = page.last else { return (page, nil) }
        var marker: [UInt8] = []
        Base64.encode(Array(key(last).utf8), into: &marker)
        return (page, String(decoding: marker, as: UTF8.self))
    }
}

extension XMLWriter {
    /// How every list ends.
    mutating func truncation(_ marker: String?) {
        element("IsTruncated", marker == nil ? "false" : "true")
        element("Marker", marker)
    }
}

import DyadModel

/// `/2015-03-31/event-source-mappings/` with or without an identifier, and the query behind it.
struct MappingPath: Equatable {
    /// Nil for all of them.
    var id: String?
    private var query: [String: String] = [:]

    /// Nil for what is no path of mappings.
    init?(_ target: String) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = (halves.first ?? "").split(separator: "/").map { Self.decoded($0) }
        guard parts.count == 2 || parts.count == 3, parts[0] == "2015-03-31", parts[1] == "event-source-mappings" else {
            return nil
        }
        id = parts.count == 3 ? parts[2] : nil
        for pair in (halves.count == 2 ? halves[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[Self.decoded(sides[0])] = sides.count == 2 ? Self.decoded(sides[1]) : ""
        }
    }

    subscript(name: String) -> String? { query[name] }

    /// `%41` is A. What is no escape stays as it is.
    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

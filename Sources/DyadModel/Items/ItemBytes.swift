/// An item as canonical DynamoDB JSON: the bytes that are stored and the bytes that leave on the wire.
///
/// Canonical means: no white space, attribute names and set members sorted by bytes (numbers by value), numbers in
/// normal form, strings with the fewest escapes. Two items are equal exactly when their bytes are.
package struct ItemBytes: Sendable, Hashable {
    package let utf8: [UInt8]

    /// - Precondition: `utf8` is canonical; nothing checks it again.
    package init(canonical utf8: [UInt8]) { self.utf8 = utf8 }

    /// Any item in DynamoDB JSON, made canonical.
    ///
    /// - Throws: what AWS throws for an item that is none.
    package init(parsing node: JSONNode) throws(DynamoError) {
        self = try WireItem(reading: node).checked().bytes
    }

    package init(_ item: Item) {
        var bytes: [UInt8] = []
        item.write(to: &bytes)
        utf8 = bytes
    }

    package static func == (left: ItemBytes, right: ItemBytes) -> Bool {
        left.utf8.withUnsafeBytes { left in right.utf8.withUnsafeBytes { left.isSame(as: $0) } }
    }

    package static let empty = ItemBytes(canonical: Array("{}".utf8))

    package var isEmpty: Bool { utf8.count == 2 }

    package func decoded() -> Item {
        var at = 0
        return CanonicalReader.map(utf8[...], &at)
    }

    /// The attributes of those names, decoded.
    package func decoded(only names: [Text]) -> Item {
        var part: Item = [:]
        for name in names { part[name] = attribute(named: name) }
        return part
    }

    /// The item with `part` in place of its attributes of those names, which `part` has or has not.
    ///
    /// - Parameter names: each once.
    /// - Precondition: `part` has no attributes of other names.
    package func replacing(_ names: [Text], with part: Item) -> ItemBytes {
        var written = Members(capacity: utf8.count + 64)
        var rest = names.sorted()[...]
        // What stands between two of the names stays, and is copied at once.
        var kept: Range<Int>?
        var attributes = CanonicalReader.Attributes()
        while let (name, value) = attributes.next(in: utf8.span) {
            var order = CanonicalReader.Order.behind
            while let next = rest.first {
                order = CanonicalReader.order(of: next, beside: utf8[name])
                guard order != .behind else { break }
                if let members = kept.take() { written.copy(members, of: utf8) }
                if let value = part[next] { written.append(next, value) }
                rest.removeFirst()
                if order == .same { break }
            }
            if order != .same { kept = (kept?.lowerBound ?? name.lowerBound - 1)..<value.upperBound }
        }
        if let members = kept.take() { written.copy(members, of: utf8) }
        for name in rest {
            if let value = part[name] { written.append(name, value) }
        }
        return ItemBytes(canonical: written.closed())
    }

    /// An item's members in the making.
    private struct Members {
        private var bytes: [UInt8] = []

        init(capacity: Int = 64) {
            bytes.reserveCapacity(capacity)
            bytes.append(UInt8(ascii: "{"))
        }

        private mutating func begin() {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        }

        /// Copies what lies there of another item: members and the commas between them.
        mutating func copy(_ members: Range<Int>, of other: [UInt8]) {
            begin()
            bytes += other[members]
        }

        mutating func append(_ name: Text, _ value: AttributeValue) {
            begin()
            bytes.append(UInt8(ascii: "\""))
            JSONEscapes.encode(name.utf8, into: &bytes)
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: ":"))
            value.write(to: &bytes)
        }

        consuming func closed() -> [UInt8] {
            bytes.append(UInt8(ascii: "}"))
            return bytes
        }
    }

    /// The bytes of the value of the attribute `name`: `{"S":"…"}`. Nil when absent.
    package func rawValue(named name: Text) -> ArraySlice<UInt8>? {
        let needsEscapes = name.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        guard needsEscapes else { return rawValue(spelled: name) }
        var escaped: [UInt8] = []
        JSONEscapes.encode(name.utf8, into: &escaped)
        return rawValue(spelled: Text(String(decoding: escaped, as: UTF8.self)))
    }

    /// - Parameter spelling: the name as it stands in the bytes, with its escapes.
    private func rawValue(spelled spelling: Text) -> ArraySlice<UInt8>? {
        var attributes = CanonicalReader.Attributes()
        while let (name, value) = attributes.next(in: utf8.span) {
            if spelling.consists(of: utf8[name]) { return utf8[value] }
        }
        return nil
    }

    /// The item with only those attributes, and its size.
    package func picking(_ isWanted: (Text) -> Bool) -> ItemBytes {
        var picked = Members()
        var attributes = CanonicalReader.Attributes()
        while let (name, value) = attributes.next(in: utf8.span) {
            guard isWanted(CanonicalReader.unescaped(utf8[name])) else { continue }
            picked.copy(name.lowerBound - 1..<value.upperBound, of: utf8)
        }
        return ItemBytes(canonical: picked.closed())
    }

    package var attributeCount: Int {
        var count = 0
        var attributes = CanonicalReader.Attributes()
        while attributes.next(in: utf8.span) != nil { count += 1 }
        return count
    }
}

extension ItemBytes: AttributeSource {
    package func attribute(named name: Text) -> AttributeValue? {
        rawValue(named: name).map(CanonicalReader.value)
    }
}

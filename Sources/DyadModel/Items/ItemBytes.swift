#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

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
        left.utf8.count == right.utf8.count
            && left.utf8.withUnsafeBytes { left in
                right.utf8.withUnsafeBytes { right in
                    guard let one = left.baseAddress, let two = right.baseAddress else { return true }
                    return memcmp(one, two, left.count) == 0
                }
            }
    }

    package static let empty = ItemBytes(canonical: Array("{}".utf8))

    package var isEmpty: Bool { utf8.count == 2 }

    package func decoded() -> Item {
        var at = 0
        return CanonicalReader.map(utf8[...], &at)
    }

    /// The attributes of those names, decoded.
    package func decoded(only names: Set<Text>) -> Item {
        var part: Item = [:]
        for name in names { part[name] = attribute(named: name) }
        return part
    }

    /// The item with `part` in place of its attributes of those names, which `part` has or has not.
    ///
    /// - Precondition: `part` has no attributes of other names.
    package func replacing(_ names: Set<Text>, with part: Item) -> ItemBytes {
        var added = part.sorted { $0.key < $1.key }[...]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count + 64)
        bytes.append(UInt8(ascii: "{"))
        func beginMember() {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        }
        func add(upTo name: Text?) {
            while let (next, value) = added.first, name.map({ !($0 < next) }) ?? true {
                added.removeFirst()
                beginMember()
                bytes.append(UInt8(ascii: "\""))
                JSONEscapes.encode(next.utf8, into: &bytes)
                bytes.append(UInt8(ascii: "\""))
                bytes.append(UInt8(ascii: ":"))
                value.write(to: &bytes)
            }
        }
        CanonicalReader.forEachAttribute(utf8.span) { nameRange, valueRange in
            let name = CanonicalReader.unescaped(utf8[nameRange])
            add(upTo: name)
            guard !names.contains(name) else { return true }
            beginMember()
            bytes += utf8[nameRange.lowerBound - 1..<valueRange.upperBound]
            return true
        }
        add(upTo: nil)
        bytes.append(UInt8(ascii: "}"))
        return ItemBytes(canonical: bytes)
    }

    /// The bytes of the value of the attribute `name`: `{"S":"…"}`. Nil when absent.
    package func rawValue(named name: Text) -> ArraySlice<UInt8>? {
        var escaped = ContiguousArray<UInt8>()
        let plain = name.utf8
        let needsEscapes = plain.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        if needsEscapes {
            var bytes: [UInt8] = []
            JSONEscapes.encode(plain, into: &bytes)
            escaped = ContiguousArray(bytes)
        }
        let span = utf8.span
        let wanted = needsEscapes ? escaped.count : plain.count
        var found: Range<Int>?
        CanonicalReader.forEachAttribute(span) { nameRange, valueRange in
            guard nameRange.count == wanted else { return true }
            let matches = needsEscapes ? utf8[nameRange].elementsEqual(escaped) : utf8[nameRange].elementsEqual(plain)
            if matches { found = valueRange }
            return !matches
        }
        return found.map { utf8[$0] }
    }

    /// The item with only those attributes, and its size.
    package func picking(_ isWanted: (Text) -> Bool) -> ItemBytes {
        var picked: [UInt8] = [UInt8(ascii: "{")]
        CanonicalReader.forEachAttribute(utf8.span) { nameRange, valueRange in
            if isWanted(CanonicalReader.unescaped(utf8[nameRange])) {
                if picked.count > 1 { picked.append(UInt8(ascii: ",")) }
                picked += utf8[nameRange.lowerBound - 1..<valueRange.upperBound]
            }
            return true
        }
        picked.append(UInt8(ascii: "}"))
        return ItemBytes(canonical: picked)
    }

    package var attributeCount: Int {
        var count = 0
        CanonicalReader.forEachAttribute(utf8.span) { _, _ in
            count += 1
            return true
        }
        return count
    }
}

extension ItemBytes: AttributeSource {
    package func attribute(named name: Text) -> AttributeValue? {
        rawValue(named: name).map(CanonicalReader.value)
    }
}

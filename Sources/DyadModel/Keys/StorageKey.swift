import CCrypto

/// Where a row stands: bytes whose memcmp order is DynamoDB's order.
///
/// Layout: space (4 bytes, big-endian; a table or an index) ‖ MD5("Outliers" + partition key bytes) ‖ partition key,
/// each component behind its length ‖ sort key, each component escaped and closed. A row of an index goes on with the
/// key of its item in the table, space left out, so that equal index keys stay apart.
///
/// That AWS orders a Scan by this hash is known from dynalite's reverse engineering and holds for the items that the
/// walkthrough prints: 4666 before 251.
package struct StorageKey: Sendable, Hashable, Comparable {
    package private(set) var bytes: [UInt8]

    package static let spaceCount = 4
    package static let hashCount = 16

    package static func < (left: StorageKey, right: StorageKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// The first key of a space: where its rows begin.
    package init(space: SpaceID) {
        bytes = []
        bytes.reserveCapacity(96)
        withUnsafeBytes(of: space.rawValue.bigEndian) { bytes += $0 }
    }

    /// The key of all rows that share a partition key: a prefix of theirs.
    package init(space: SpaceID, partition: ArraySlice<KeyComponent>) {
        self.init(space: space)
        if partition.count == 1, let only = partition.first {
            appendHash(of: only.bytes)
        } else {
            appendHash(of: partition.flatMap(\.bytes))
        }
        for component in partition {
            let count = component.bytes.count
            precondition(count <= 0xFFFF, "key components are at most 2048 bytes")
            bytes.append(UInt8(count >> 8))
            bytes.append(UInt8(count & 0xFF))
            bytes += component.bytes
        }
    }

    package init(space: SpaceID, partition: ArraySlice<KeyComponent>, sort: ArraySlice<KeyComponent>) {
        self.init(space: space, partition: partition)
        for component in sort { append(sort: component) }
    }

    /// Escapes zeros (00 FF) and closes with 00 00, so that a prefix comes before what it begins.
    package mutating func append(sort component: KeyComponent) {
        appendOpen(sort: component)
        bytes.append(0)
        bytes.append(0)
    }

    /// Without the closing bytes: the common prefix of all that begins with `component`.
    package mutating func appendOpen(sort component: KeyComponent) {
        for byte in component.bytes {
            bytes.append(byte)
            if byte == 0 { bytes.append(0xFF) }
        }
    }

    /// Makes the row of an index from that of an item: `key` is the item's key in its table.
    package mutating func append(tableKey key: StorageKey) {
        bytes += key.bytes[Self.spaceCount...]
    }

    /// The common prefix of all keys of the same partition. For the keys of tables: they have one partition attribute.
    package var partition: StorageKey {
        let lengthAt = Self.spaceCount + Self.hashCount
        let count = Int(bytes[lengthAt]) << 8 | Int(bytes[lengthAt + 1])
        return StorageKey(bytes: Array(bytes[..<(lengthAt + 2 + count)]))
    }

    /// The first eight bytes of the partition key's hash, as a number of the same order.
    package var partitionHash: UInt64 {
        bytes[Self.spaceCount..<Self.spaceCount + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The same key in another space.
    package func moved(to space: SpaceID) -> StorageKey {
        var moved = StorageKey(space: space)
        moved.append(tableKey: self)
        return moved
    }

    private mutating func appendHash(of partition: [UInt8]) {
        let salt: StaticString = "Outliers"
        let isHashed = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.hashCount) { digest in
            guard let out = digest.baseAddress else { return false }
            let done = partition.withUnsafeBytes {
                dyad_md5(salt.utf8Start, salt.utf8CodeUnitCount, $0.baseAddress, $0.count, out)
            }
            bytes += digest
            return done == 1
        }
        // MD5 is missing only from a libcrypto that was configured without it; no row could be found then.
        precondition(isHashed, "libcrypto offers no MD5")
    }

    /// The least key above every key that begins with this one; nil when there is none.
    package var successorOfPrefix: StorageKey? {
        var successor = bytes
        while let last = successor.popLast() {
            if last < 0xFF {
                successor.append(last + 1)
                return StorageKey(bytes: successor)
            }
        }
        return nil
    }
}

/// A table's or an index's rows: a number that is never given twice in a region.
package struct SpaceID: Sendable, Hashable, RawRepresentable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One key attribute's value as bytes in DynamoDB's order.
package struct KeyComponent: Sendable, Hashable {
    package let bytes: [UInt8]

    /// Nil when the value is none that a key may have.
    package init?(_ value: AttributeValue) {
        switch value {
        case .string(let text): bytes = Array(text.utf8)
        case .number(let number): bytes = number.sortableBytes
        case .binary(let binary): bytes = binary
        default: return nil
        }
    }

    /// From a stored value, `{"S":"…"}`; nil when its type is not `type`.
    package init?(canonical value: ArraySlice<UInt8>, type: KeySchema.AttributeType) {
        let first = value.startIndex
        guard value.count >= 7, value[first + 3] == UInt8(ascii: "\""), value[first + 5] == UInt8(ascii: "\""),
            value[first + 2] == type.rawValue.utf8.first
        else { return nil }
        let content = value[first + 6..<value.endIndex - 2]
        switch type {
        case .string:
            guard content.contains(UInt8(ascii: "\\")) else {
                bytes = Array(content)
                return
            }
            var plain: [UInt8] = []
            JSONEscapes.decode(content, into: &plain)
            bytes = plain
        case .number: bytes = CanonicalReader.number(content).sortableBytes
        case .binary: bytes = CanonicalReader.binary(content)
        }
    }
}

extension DynamoNumber {
    /// Bytes whose order is the numbers': an exponent byte and base-100 digits plus one; complemented and closed with
    /// 102 when negative.
    ///
    /// The form of Oracle's NUMBER, whose range DynamoDB's numbers have (1E-130 to 9.99E+125).
    package var sortableBytes: [UInt8] {
        guard !isZero else { return [0x80] }
        let digits = digits
        let first = exponent + digits.count - 1
        let power = first >> 1
        var encoded: [UInt8] = []
        encoded.reserveCapacity(digits.count / 2 + 3)
        encoded.append(UInt8(isNegative ? 62 - power : 193 + power))
        // Pairs are aligned to even powers of ten: a number whose first power is even starts with half a pair.
        var at = 0
        var pair = first & 1 == 0 ? 0 : Int(digits[0] - 48) * 10
        if first & 1 == 1 { at = 1 }
        while true {
            if at < digits.count { pair += Int(digits[at] - 48) }
            encoded.append(UInt8(isNegative ? 101 - pair : pair + 1))
            at += 1
            guard at < digits.count else { break }
            pair = Int(digits[at] - 48) * 10
            at += 1
        }
        if isNegative { encoded.append(102) }
        return encoded
    }
}

/// A string that is its UTF-8 bytes, as DynamoDB's are: equality, hashing and order go by bytes.
///
/// Swift's `String` calls canonically equivalent spellings equal ("é" as one scalar and as two) and orders by scalars;
/// DynamoDB tells them apart (docs: "DynamoDB collates and compares strings using the bytes of the underlying UTF-8
/// string encoding"). Attribute names and string values are therefore `Text`.
package struct Text: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let string: String

    package init(_ string: String) { self.string = string }
    package init(stringLiteral value: String) { self.string = value }

    package var description: String { string }
    package var utf8: String.UTF8View { string.utf8 }
    package var isEmpty: Bool { string.utf8.isEmpty }
}

extension Text: Hashable {
    package static func == (left: Text, right: Text) -> Bool {
        right.string.utf8.withContiguousStorageIfAvailable { left.consists(of: $0) }
            ?? left.string.utf8.elementsEqual(right.string.utf8)
    }

    /// Whether these are its bytes.
    func consists(of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard string.utf8.count == bytes.count else { return false }
        // Native strings are contiguous UTF-8, and going through their indices takes ten times as long.
        return string.utf8.withContiguousStorageIfAvailable { text in
            UnsafeRawBufferPointer(text).isSame(as: UnsafeRawBufferPointer(bytes))
        }
            ?? string.utf8.elementsEqual(bytes)
    }

    func consists(of bytes: ArraySlice<UInt8>) -> Bool { bytes.withUnsafeBufferPointer { consists(of: $0) } }

    package func hash(into hasher: inout Hasher) {
        var copy = string
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}

extension Text: Comparable {
    package static func < (left: Text, right: Text) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}

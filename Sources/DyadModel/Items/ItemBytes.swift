/// An item as canonical DynamoDB JSON: the bytes that are stored and the bytes that leave on the wire.
///
/// Canonical means: no white space, attribute names and set members sorted by bytes (numbers by value), numbers in
/// normal form, strings with the fewest escapes. Two items are equal exactly when their bytes are.
package struct ItemBytes: Sendable, Hashable {
    package let utf8: [UInt8]

    /// - Precondition: `utf8` is canonical; nothing checks it again.
    package init(canonical utf8: [UInt8]) { self.utf8 = utf8 }
}

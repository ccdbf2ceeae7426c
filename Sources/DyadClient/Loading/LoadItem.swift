/// A row as an item, ready to be put.
package struct LoadItem: Sendable, Equatable {
    /// What stands around an item among a BatchWriteItem's requests.
    static let opening = Array(#"{"PutRequest":{"Item":"#.utf8)
    static let closing = Array("}}".utf8)

    /// One of a BatchWriteItem's requests, as JSON.
    package let request: [UInt8]
    /// Equal for rows that mean the same item, however they spell a number.
    package let key: LoadKey
    /// Where the row begins.
    package let position: TextPosition

    package init(request: [UInt8], key: LoadKey, position: TextPosition) {
        self.request = request
        self.key = key
        self.position = position
    }

    /// The item's JSON.
    package var json: ArraySlice<UInt8> { request.dropFirst(Self.opening.count).dropLast(Self.closing.count) }
}

/// An item's key as bytes. It is looked up in several sets on its way, so its hash is kept.
package struct LoadKey: Sendable, Hashable {
    private let bytes: [UInt8]
    private let hash: Int

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hash = hasher.finalize()
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
